using Containers.Engine.Launch;
using Xunit;

namespace Containers.Engine.Tests.Launch;

public class KernelParameterTests
{
    [Theory]
    [InlineData("net.core.somaxconn", "1024")]
    [InlineData("net.ipv4.conf.all.rp_filter", "2")]
    [InlineData("kernel.shmmax", "1")]
    [InlineData("kernel.sem", "250 32000 32 128")]
    [InlineData("fs.mqueue.msg_max", "20")]
    [InlineData("kernel.domainname", "example.org")]
    public void What_belongs_to_a_namespace_may_be_set(string name, string value) =>
        KernelParameter.Validate(name, value, true, true, true);

    [Theory]
    [InlineData("kernel.core_pattern", "|/bin/evil")]
    [InlineData("kernel.hostname", "x")]
    [InlineData("vm.overcommit_memory", "1")]
    [InlineData("fs.file-max", "1")]
    [InlineData("kernel.sem.x", "1")]
    [InlineData("kernel.shmmax+kernel.core_pattern", "1")]
    [InlineData("net/../kernel.core_pattern", "1")]
    [InlineData("net..kernel", "1")]
    [InlineData("net.", "1")]
    [InlineData(".net.core", "1")]
    [InlineData("net/core/somaxconn", "1")]
    [InlineData("", "1")]
    [InlineData("net.core.somaxconn", "1\n2")]
    [InlineData("net.core.somaxconn", "1\0")]
    public void What_belongs_to_the_host_is_refused(string name, string value)
    {
        EngineException e = Assert.Throws<EngineException>(() => KernelParameter.Validate(name, value, true, true, true));
        Assert.Equal("InvalidSysctl", e.ErrorId);
        Assert.Equal(name, e.ErrorTarget);
    }

    [Theory]
    [InlineData("kernel.shmmax", false, true, true)]
    [InlineData("fs.mqueue.msg_max", false, true, true)]
    [InlineData("net.core.somaxconn", true, false, true)]
    [InlineData("kernel.domainname", true, true, false)]
    public void A_shared_namespace_keeps_its_parameters(string name, bool ipc, bool network, bool uts) =>
        Assert.Equal("InvalidSysctl", Assert.Throws<EngineException>(() => KernelParameter.Validate(name, "1", ipc, network, uts)).ErrorId);
}
