using Containers.Engine.Linux;
using Containers.Engine.Networking.Names;
using Containers.Engine.Tests.Images;
using Containers.Engine.Tests.Networking.Allocation;
using Xunit;

namespace Containers.Engine.Tests.Networking.Names;

public sealed class InPlaceFileTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "new\n")]
    [InlineData("old\n", "longer than that\n")]
    [InlineData("old and long\n", "new\n")]
    [InlineData("old\n", "")]
    public void The_content_changes_and_the_inode_does_not(string before, string after)
    {
        string path = _folder["hosts"];
        File.WriteAllText(path, before);
        Assert.True(Files.TryIdentify(path, out Files.Identity old));
        InPlaceFile.Replace(path, System.Text.Encoding.ASCII.GetBytes(after));
        Assert.True(Files.TryIdentify(path, out Files.Identity now));
        Assert.Equal(old.Inode, now.Inode);
        Assert.Equal(after, File.ReadAllText(path));
    }

    [Fact]
    public void An_edit_that_changes_nothing_writes_nothing()
    {
        string path = _folder["hosts"];
        File.WriteAllText(path, "a\n");
        Assert.True(Files.TryIdentify(path, out Files.Identity old));
        Assert.False(InPlaceFile.Update(path, content => [.. content]));
        Assert.True(Files.TryIdentify(path, out Files.Identity now));
        Assert.Equal(old, now);
        Assert.True(InPlaceFile.Update(path, content => [.. content, (byte)'b']));
        Assert.Equal("a\nb", File.ReadAllText(path));
    }

    [Fact]
    public void A_reader_never_finds_it_empty_or_with_the_end_of_the_old_content()
    {
        string path = _folder["hosts"];
        byte[] small = "1.1.1.1 a\n"u8.ToArray();
        byte[] large = [.. Enumerable.Repeat("2.2.2.2 b\n"u8.ToArray(), 20).SelectMany(line => line)];
        File.WriteAllBytes(path, large);
        using CancellationTokenSource done = new();
        Thread writer = new(() =>
        {
            for (int i = 0; !done.IsCancellationRequested; i++)
            {
                InPlaceFile.Replace(path, i % 2 == 0 ? small : large);
            }
        });
        writer.Start();
        try
        {
            for (int i = 0; i < 3000; i++)
            {
                string[] lines = File.ReadAllText(path).Split('\n', StringSplitOptions.RemoveEmptyEntries);
                Assert.NotEmpty(lines);
            }
        }
        finally
        {
            done.Cancel();
            writer.Join();
        }
    }

    [Fact]
    public void What_is_no_regular_file_is_not_written_to()
    {
        File.WriteAllText(_folder["target"], "kept");
        File.CreateSymbolicLink(_folder["link"], _folder["target"]);
        Assert.Equal(Errno.ELOOP, Assert.Throws<LinuxException>(() => InPlaceFile.Replace(_folder["link"], "x"u8)).Errno);
        Assert.Equal("kept", File.ReadAllText(_folder["target"]));
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => InPlaceFile.Replace(_folder["none"], "x"u8)).Errno);
        Assert.Equal(Errno.EISDIR, Assert.Throws<LinuxException>(() => InPlaceFile.Replace(_folder.Path, "x"u8)).Errno);
        Assert.Equal(Errno.EINVAL, Assert.Throws<LinuxException>(() => InPlaceFile.Replace("/dev/null", "x"u8)).Errno);
        Assert.Null(InPlaceFile.Read(_folder["none"]));
    }

    [Fact]
    public void A_file_that_a_container_made_huge_is_not_read()
    {
        using (FileStream file = File.Create(_folder["hosts"]))
        {
            file.SetLength(InPlaceFile.MaxBytes + 1);
        }

        Failure.Of("FileTooLarge", () => InPlaceFile.Read(_folder["hosts"]));
        Failure.Of("FileTooLarge", () => InPlaceFile.Replace(_folder["hosts"], new byte[InPlaceFile.MaxBytes + 1]));
        InPlaceFile.Replace(_folder["hosts"], "a\n"u8);
        Assert.Equal("a\n", File.ReadAllText(_folder["hosts"]));
    }
}
