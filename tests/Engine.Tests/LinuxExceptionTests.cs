using Containers.Engine.Linux;
using Xunit;

namespace Containers.Engine.Tests;

public class LinuxExceptionTests
{
    [Fact]
    public void The_message_names_the_call_the_subject_and_the_reason()
    {
        LinuxException e = new("mount", "/proc", Errno.EPERM);

        Assert.Equal("mount '/proc': Operation not permitted", e.Message);
        Assert.Equal(Errno.EPERM, e.Errno);
    }
}
