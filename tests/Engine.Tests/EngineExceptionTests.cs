using Containers.Engine.Linux;
using Xunit;

namespace Containers.Engine.Tests;

public class EngineExceptionTests
{
    [Theory]
    [InlineData(Errno.EACCES, EngineErrorKind.PermissionDenied)]
    [InlineData(Errno.ENOENT, EngineErrorKind.ObjectNotFound)]
    [InlineData(Errno.EEXIST, EngineErrorKind.ResourceExists)]
    [InlineData(Errno.EMFILE, EngineErrorKind.LimitsExceeded)]
    [InlineData(Errno.ENOSPC, EngineErrorKind.ResourceUnavailable)]
    [InlineData(Errno.ENOSYS, EngineErrorKind.NotImplemented)]
    [InlineData(Errno.EIO, EngineErrorKind.ResourceUnavailable)]
    public void A_failed_call_nobody_explained_keeps_its_subject_and_gets_a_kind(int errno, EngineErrorKind kind)
    {
        EngineException e = EngineException.From(new LinuxException("openat", "/some/file", errno));

        Assert.Equal(kind, e.Kind);
        Assert.Equal("SystemCallFailed", e.ErrorId);
        Assert.Equal("/some/file", e.ErrorTarget);
        Assert.Contains("openat '/some/file'", e.Message, StringComparison.Ordinal);
    }
}
