using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Containers.Engine.Tests.Images;

public sealed class RootedDirectoryTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly RootedDirectory _root;

    public RootedDirectoryTests()
    {
        Directory.CreateDirectory(_folder["root/etc"]);
        File.WriteAllText(_folder["outside"], "secret");
        _root = RootedDirectory.Open(_folder["root"]);
    }

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Small_files_are_read_and_missing_ones_are_null()
    {
        File.WriteAllText(_folder["root/etc/passwd"], "root:x:0:0::/:/bin/sh\n");

        Assert.Equal(22, _root.ReadSmallFile("/etc/passwd", 1 << 20)?.Length);
        Assert.Null(_root.ReadSmallFile("/etc/group", 1 << 20));
        Assert.Null(_root.ReadSmallFile("/etc/passwd/x", 1 << 20));
    }

    [Fact]
    public void A_hostile_passwd_is_refused()
    {
        File.CreateSymbolicLink(_folder["root/link"], _folder["outside"]);
        File.CreateSymbolicLink(_folder["root/dots"], "../outside");
        Shell.Run("mkfifo root/fifo; truncate -s 4G root/big", _folder.Path);

        Assert.Equal(Errno.ELOOP, Assert.Throws<LinuxException>(() => _root.ReadSmallFile("link", 100)).Errno);
        Assert.Null(_root.ReadSmallFile("link", 100, followLast: true));
        Assert.Null(_root.ReadSmallFile("dots", 100, followLast: true));
        Assert.Null(_root.ReadSmallFile("../outside", 100));
        Assert.Equal(Errno.EINVAL, Assert.Throws<LinuxException>(() => _root.ReadSmallFile("fifo", 100)).Errno);
        Assert.Equal(Errno.EFBIG, Assert.Throws<LinuxException>(() => _root.ReadSmallFile("big", 1 << 20)).Errno);
        Assert.Equal(Errno.EISDIR, Assert.Throws<LinuxException>(() => _root.ReadSmallFile("etc", 100)).Errno);
    }

    [Fact]
    public void Directories_are_made_through_links_inside_the_root()
    {
        Directory.CreateDirectory(_folder["root/run"]);
        Directory.CreateDirectory(_folder["root/var"]);
        File.CreateSymbolicLink(_folder["root/var/run"], "/run");
        using SafeFileHandle made = _root.EnsureDirectory("/var/run/a/b");

        Assert.True(Directory.Exists(_folder["root/run/a/b"]));
        File.CreateSymbolicLink(_folder["root/out"], _folder.Path + "/elsewhere");
        Assert.Throws<LinuxException>(() => _root.EnsureDirectory("out/x").Dispose());
        Assert.False(Directory.Exists(_folder["elsewhere"]));
    }

    [Fact]
    public void A_tree_is_removed_without_following_links()
    {
        Directory.CreateDirectory(_folder["root/t/a/b/c"]);
        File.CreateSymbolicLink(_folder["root/t/a/up"], _folder.Path);
        File.WriteAllText(_folder["root/t/a/b/f"], "x");

        _root.RemoveTree("t");
        _root.RemoveTree("t");

        Assert.False(Path.Exists(_folder["root/t"]));
        Assert.Equal("secret", File.ReadAllText(_folder["outside"]));
        Assert.Throws<LinuxException>(() => _root.RemoveTree("/"));
    }

    [Fact]
    public void A_tree_of_any_depth_is_removed()
    {
        Shell.Run(
            """
            mkdir deep; cd deep; for i in 1 2 3 4; do
              d=$(printf 'd/%.0s' $(seq 400)); mkdir -p "$d"; touch "$d/f" ; mkdir "$d/.cut-00000001"; cd "$d"
            done
            """, _folder.Path);

        FileTree.Remove(_folder["deep"]);

        Assert.False(Directory.Exists(_folder["deep"]));
    }

    [SkippableFact]
    public void Another_mount_in_a_tree_keeps_its_files()
    {
        Skip.IfNot(Shell.IsRoot, "mounting needs root");
        Directory.CreateDirectory(_folder["tree/mnt"]);
        Directory.CreateDirectory(_folder["host"]);
        File.WriteAllText(_folder["host/precious"], "x");
        Shell.Run("touch tree/file; mount --bind host tree/mnt", _folder.Path);
        try
        {
            Assert.Equal(Errno.EBUSY, Assert.Throws<LinuxException>(() => FileTree.Remove(_folder["tree"])).Errno);
            Assert.True(File.Exists(_folder["host/precious"]));
            Assert.False(File.Exists(_folder["tree/file"]));
        }
        finally
        {
            Shell.Run("umount tree/mnt", _folder.Path);
        }
    }

    [Fact]
    public void Wide_trees_are_removed_whole()
    {
        Shell.Run("mkdir wide; cd wide; for i in $(seq 600); do mkdir -p d$i/e; : > d$i/e/f; done; seq 3000 | xargs touch", _folder.Path);

        FileTree.Remove(_folder["wide"]);

        Assert.False(Directory.Exists(_folder["wide"]));
    }
}
