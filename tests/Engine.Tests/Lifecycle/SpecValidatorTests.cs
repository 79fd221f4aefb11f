using Containers.Engine.Cgroups;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Tests.Launch;
using Xunit;

namespace Containers.Engine.Tests.Lifecycle;

public class SpecValidatorTests
{
    private static readonly ContainerSpec s_spec = new() { Image = "busybox" };

    private static ImageRecord Image(string architecture = "", string os = "", string[]? command = null) => new()
    {
        Id = "sha256:0",
        LayerDirectories = [],
        Config = new ImageConfig { Architecture = architecture, Os = os, Config = new ImageDefaults { Cmd = command ?? ["sh"] } },
    };

    [Fact]
    public void A_plain_spec_is_valid() => SpecValidator.Validate(s_spec, Image(HostInformation.OciArchitecture, "linux"), PlanInput.Host);

    [Theory]
    [InlineData("s390x", "linux")]
    [InlineData("", "windows")]
    public void An_image_for_another_platform_is_refused(string architecture, string os) => Assert.Equal(
        "PlatformMismatch", Assert.Throws<EngineException>(() => SpecValidator.Validate(s_spec, Image(architecture, os), PlanInput.Host)).ErrorId);

    [Fact]
    public void Without_any_command_it_is_refused() => Assert.Equal(
        "NoCommand", Assert.Throws<EngineException>(() => SpecValidator.Validate(s_spec, Image(command: []), PlanInput.Host)).ErrorId);

    private static ContainerSpec With(ProcessSpec process) => s_spec with { Process = process };

    private static ContainerSpec With(NamespaceSpec namespaces) => s_spec with { Namespaces = namespaces };

    private static ContainerSpec Sysctl(string name) =>
        With(new NamespaceSpec { Sysctls = new Dictionary<string, string> { [name] = "1" } });

    private static ContainerSpec Ulimit(string name, long soft, long hard) =>
        With(new ProcessSpec { Ulimits = new Dictionary<string, UlimitSpec> { [name] = new(soft, hard) } });

    private static ContainerSpec Tmpfs(string target, long? size = null) =>
        s_spec with { Storage = new StorageSpec { Mounts = [MountSpec.Tmpfs(target) with { Size = size }] } };

    private static ContainerSpec Variable(string name, string value) =>
        With(new ProcessSpec { Environment = new Dictionary<string, string> { [name] = value } });

    public static TheoryData<string, ContainerSpec> Bad => new()
    {
        { "NoCommand", With(new ProcessSpec { Command = [""] }) },
        { "NoCommand", With(new ProcessSpec { Entrypoint = [] }) },
        { "InvalidEnvironment", Variable("", "x") },
        { "InvalidEnvironment", Variable("A=B", "x") },
        { "InvalidEnvironment", Variable("A", "x\0") },
        { "InvalidWorkingDirectory", With(new ProcessSpec { WorkingDirectory = "tmp" }) },
        { "InvalidWorkingDirectory", With(new ProcessSpec { WorkingDirectory = "/tmp\0" }) },
        { "InvalidSignal", With(new ProcessSpec { StopSignal = "SIGNOPE" }) },
        { "InvalidStopTimeout", With(new ProcessSpec { StopTimeout = TimeSpan.FromSeconds(-1) }) },
        { "InvalidStopTimeout", With(new ProcessSpec { StopTimeout = TimeSpan.FromDays(2) }) },
        { "InvalidUmask", With(new ProcessSpec { Umask = "8" }) },
        { "InvalidUmask", With(new ProcessSpec { Umask = "00222" }) },
        { "InvalidUmask", With(new ProcessSpec { Umask = "028" }) },
        { "InvalidOomScore", With(new ProcessSpec { OomScoreAdjustment = 1001 }) },
        { "InvalidUlimit", Ulimit("nope", 1, 1) },
        { "InvalidUlimit", Ulimit("nofile", 10, 5) },
        { "InvalidUlimit", Ulimit("nofile", -1, 5) },
        { "InvalidUser", With(new ProcessSpec { User = "a b" }) },
        { "InvalidUser", With(new ProcessSpec { User = "a\nb" }) },
        { "InvalidNamespaceMode", With(new NamespaceSpec { Pid = "shared" }) },
        { "InvalidNamespaceMode", With(new NamespaceSpec { Ipc = "container:" }) },
        { "InvalidNamespaceMode", With(new NamespaceSpec { Cgroup = "container:a" }) },
        { "NetworkNotFound", s_spec with { Network = new NetworkSpec { Mode = "bridge9" } } },
        { "InvalidHostName", With(new NamespaceSpec { HostName = "" }) },
        { "InvalidHostName", With(new NamespaceSpec { HostName = "-a" }) },
        { "InvalidHostName", With(new NamespaceSpec { HostName = new string('a', 64) }) },
        { "InvalidHostName", With(new NamespaceSpec { DomainName = "a b" }) },
        { "HostNameConflict", With(new NamespaceSpec { HostName = "a", Uts = "host" }) },
        { "InvalidSysctl", Sysctl("kernel.core_pattern") },
        { "InvalidSysctl", Sysctl("net.core.somaxconn") with { Network = new NetworkSpec { Mode = "host" } } },
        { "InvalidShmSize", s_spec with { Storage = new StorageSpec { ShmSize = 100 } } },
        { "InvalidTmpfs", Tmpfs("tmp") },
        { "InvalidTmpfs", Tmpfs("/") },
        { "InvalidTmpfs", Tmpfs("//") },
        { "InvalidTmpfs", Tmpfs("/proc") },
        { "InvalidTmpfs", Tmpfs("/proc/self") },
        { "InvalidTmpfs", Tmpfs("/x/../proc") },
        { "InvalidTmpfs", Tmpfs("//proc") },
        { "InvalidTmpfs", Tmpfs("/./proc/") },
        { "InvalidTmpfs", Tmpfs("/t", 0) },
        { "InvalidMemoryLimit", s_spec with { Limits = new ResourceLimits { Memory = 1000 } } },
        { "InvalidPidsLimit", s_spec with { Limits = new ResourceLimits { PidsLimit = -2 } } },
        { "RestartConflict", s_spec with { RemoveOnExit = true, Restart = new RestartSpec { Policy = RestartKind.Always } } },
        { "InvalidRestartMaximum", s_spec with { Restart = new RestartSpec { Policy = RestartKind.Always, Maximum = 3 } } },
        { "InvalidRestartMaximum", s_spec with { Restart = new RestartSpec { Policy = RestartKind.OnFailure, Maximum = -1 } } },
        { "InvalidLogLimit", s_spec with { Log = new LogSpec { MaximumBytes = 1000 } } },
        { "InvalidLogLimit", s_spec with { Log = new LogSpec { MaximumFiles = 0 } } },
        { "InvalidPath", s_spec with { Security = new SecuritySpec { Mask = ["proc"] } } },
        { "InvalidPath", s_spec with { Security = new SecuritySpec { Devices = [new DeviceSpec("/dev/null", "null", "rwm")] } } },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_cannot_be_is_refused_by_its_id_with_its_target(string errorId, ContainerSpec spec)
    {
        EngineException e = Assert.Throws<EngineException>(() => SpecValidator.Validate(spec, Image(), PlanInput.Host));
        Assert.Equal(errorId, e.ErrorId);
        Assert.NotNull(e.ErrorTarget);
    }

    [Theory]
    [InlineData("NOPE")]
    [InlineData("CAP_")]
    public void An_unknown_capability_is_refused(string name) => Assert.Throws<EngineException>(
        () => SpecValidator.Validate(s_spec with { Security = new SecuritySpec { AddCapabilities = [name] } }, Image(), PlanInput.Host));

    [Fact]
    public void A_seccomp_profile_that_cannot_be_read_is_refused() => Assert.Throws<EngineException>(
        () => SpecValidator.Validate(s_spec with { Security = new SecuritySpec { Seccomp = "{ nonsense" } }, Image(), PlanInput.Host));
}
