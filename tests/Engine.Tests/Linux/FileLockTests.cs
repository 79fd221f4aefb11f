using Containers.Engine.Linux;
using Containers.Engine.Tests.Images;
using Xunit;

namespace Containers.Engine.Tests.Linux;

public class FileLockTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Who_waited_for_a_file_that_was_replaced_holds_the_new_one()
    {
        using TestFolder folder = new();
        string path = folder["lock"];
        FileLock first = FileLock.TryTake(path, TimeSpan.Zero, CancellationToken.None)!;
        Task<FileLock?> waiting = Task.Run(() => FileLock.TryTake(path, s_patience, CancellationToken.None));
        await Task.Delay(50);
        File.Move(path, path + ".old");
        first.Dispose();
        using FileLock? second = await waiting;
        Assert.NotNull(second);
        using FileLock? third = FileLock.TryTake(path, TimeSpan.Zero, CancellationToken.None);
        Assert.Null(third);
        using FileLock? old = FileLock.TryTake(path + ".old", TimeSpan.Zero, CancellationToken.None);
        Assert.NotNull(old);
    }

    [Fact]
    public async Task Who_waited_in_a_directory_that_was_moved_away_is_told_so()
    {
        using TestFolder folder = new();
        Directory.CreateDirectory(folder["of"]);
        string path = folder["of"] + "/lock";
        FileLock first = FileLock.TryTake(path, TimeSpan.Zero, CancellationToken.None)!;
        Task<FileLock?> waiting = Task.Run(() => FileLock.TryShare(path, s_patience, CancellationToken.None));
        await Task.Delay(50);
        Directory.Move(folder["of"], folder["trash"]);
        first.Dispose();
        LinuxException error = await Assert.ThrowsAsync<LinuxException>(() => waiting);
        Assert.Equal(Errno.ENOENT, error.Errno);
    }

    [Fact]
    public void Shared_and_exclusive_exclude_each_other_and_a_wait_can_be_cancelled()
    {
        using TestFolder folder = new();
        string path = folder["lock"];
        using FileLock one = FileLock.TakeShared(path, CancellationToken.None);
        using FileLock? two = FileLock.TryShare(path, TimeSpan.Zero, CancellationToken.None);
        Assert.NotNull(two);
        Assert.Null(FileLock.TryTake(path, TimeSpan.FromMilliseconds(30), CancellationToken.None));
        using CancellationTokenSource cancel = new(30);
        Assert.Throws<OperationCanceledException>(() => FileLock.TryTake(path, s_patience, cancel.Token));
    }
}
