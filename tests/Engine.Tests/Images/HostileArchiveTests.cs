using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.Versioning;
using System.Text;
using Containers.Engine.Images;
using Xunit;

namespace Containers.Engine.Tests.Images;

/// <summary>security.md S19 to S23: what a hostile archive tries, and that nothing is left of a refused one.</summary>
[SupportedOSPlatform("linux")]
public sealed class HostileArchiveTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly string _canary;

    public HostileArchiveTests()
    {
        _canary = _folder["canary"];
        Directory.CreateDirectory(_canary);
        File.WriteAllText(Path.Join(_canary, "file"), "untouched");
        Directory.SetLastWriteTimeUtc(_canary, new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("/../x")]
    [InlineData("./../x")]
    [InlineData("..")]
    [InlineData("a/b/../../../x/")]
    public void A_name_that_leaves_the_root_is_refused(string name) =>
        AssertRefused("UnsafeArchiveEntry", new TarBuilder().File(name).ToBytes());

    [Theory]
    [InlineData("/abs/x", "abs/x")]
    [InlineData("./a//b/./x", "a/b/x")]
    [InlineData("a/../x", "x")]
    [InlineData("...", "...")]
    [InlineData("-rf", "-rf")]
    public void Odd_but_harmless_names_land_inside(string name, string expected)
    {
        string files = Import(new TarBuilder().File(name).ToBytes());

        Assert.True(File.Exists(Path.Join(files, expected)));
    }

    [Fact]
    public void An_empty_name_is_refused() => AssertRefused("UnsafeArchiveEntry", new TarBuilder().Raw("", '0', null, []).ToBytes());

    [Fact]
    public void A_name_with_NUL_is_refused() =>
        AssertRefused("DamagedArchive", new TarBuilder().Pax("path=a\0b").Raw("a", '0', null, []).ToBytes());

    [Fact]
    public void A_name_longer_than_linux_allows_is_refused()
    {
        AssertRefused("UnsafeArchiveEntry", new TarBuilder().File(new string('n', 256)).ToBytes());
        AssertRefused("UnsafeArchiveEntry", new TarBuilder().File(string.Concat(Enumerable.Repeat(new string('d', 200) + "/",
            21)) + "x").ToBytes());
    }

    [Fact]
    public void Writing_through_a_link_stays_inside_the_root()
    {
        // The absolute link means the image's own root: nothing there yet, so the entry is refused and the canary is untouched.
        AssertRefused("UnsafeArchiveEntry", new TarBuilder().Link("out", _canary).File("out/evil").ToBytes());
        AssertRefused("UnsafeArchiveEntry", new TarBuilder().Link("out", "../../../../../../" + _canary).File("out/evil").ToBytes());
        AssertRefused("UnsafeArchiveEntry", new TarBuilder().Link("self", "/proc/self/root").File("self/tmp/evil").ToBytes());

        string files = Import(new TarBuilder().Folder("real").Link("up", "../../../real").File("up/x").ToBytes());
        Assert.True(File.Exists(Path.Join(files, "real/x")));
    }

    [Fact]
    public void A_file_over_a_link_replaces_the_link()
    {
        string target = Path.Join(_canary, "file");
        string files = Import(new TarBuilder().Link("x", target).File("x", "mine").ToBytes());

        Assert.Null(new FileInfo(Path.Join(files, "x")).LinkTarget);
        Assert.Equal("mine", File.ReadAllText(Path.Join(files, "x")));
        AssertCanary();
    }

    [Fact]
    public void A_directory_over_a_link_replaces_the_link_and_keeps_its_mode_off_the_target()
    {
        string files = Import(new TarBuilder().Link("x", _canary).Folder("x", 0x1FF).File("x/y").ToBytes());

        Assert.True(File.Exists(Path.Join(files, "x/y")));
        Assert.Null(new DirectoryInfo(Path.Join(files, "x")).LinkTarget);
        AssertCanary();
    }

    [Fact]
    public void A_link_over_a_full_directory_replaces_it_and_the_directorys_mode_is_not_given_to_the_target()
    {
        string files = Import(new TarBuilder().Folder("t", 0x1C0).Folder("d", 0x1FF).File("d/a/b").Link("d", "t").ToBytes());

        Assert.Equal("t", new FileInfo(Path.Join(files, "d")).LinkTarget);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Join(files,
            "t")));
    }

    [Fact]
    public void Hard_links_reach_nothing_outside()
    {
        AssertRefused("UnsafeArchiveEntry", new TarBuilder().HardLink("x", "../../../../canary/file").ToBytes());
        AssertRefused("UnsafeArchiveEntry", new TarBuilder().HardLink("x", "/etc/shadow").ToBytes());
        AssertRefused("UnsafeArchiveEntry", new TarBuilder().Link("l", _canary).HardLink("x", "l/file").ToBytes());
        AssertRefused("UnsafeArchiveEntry", new TarBuilder().Folder("d").HardLink("x", "d").ToBytes());
    }

    [Fact]
    public void A_hard_link_to_a_link_is_a_second_link_and_writing_to_it_does_not_follow()
    {
        string target = Path.Join(_canary, "file");
        string files = Import(new TarBuilder().Link("l", target).HardLink("h", "l").File("h", "mine").ToBytes());

        Assert.Equal(target, new FileInfo(Path.Join(files, "l")).LinkTarget);
        Assert.Equal("mine", File.ReadAllText(Path.Join(files, "h")));
        AssertCanary();
    }

    [Fact]
    public void A_hard_link_to_itself_keeps_the_file()
    {
        string files = Import(new TarBuilder().File("d/x", "keep").Link("e", "d").HardLink("d/x", "d/x").HardLink("e/x", "d/x").ToBytes());

        Assert.Equal("keep", File.ReadAllText(Path.Join(files, "d/x")));
    }

    [Theory]
    [InlineData(".")]
    [InlineData("/")]
    [InlineData("./")]
    [InlineData("a/..")]
    public void The_root_can_only_be_a_directory(string name)
    {
        AssertRefused("UnsafeArchiveEntry", new TarBuilder().Link(name, "/").ToBytes());
        AssertRefused("UnsafeArchiveEntry", new TarBuilder().Raw(name, '2', null, [], header => header[157] = (byte)'/').ToBytes());
        AssertRefused("UnsafeArchiveEntry", new TarBuilder().Add(TarEntryType.Fifo, name).ToBytes());
    }

    [SkippableFact]
    public void Overlays_attributes_and_whiteout_devices_do_not_get_in()
    {
        Skip.IfNot(Shell.IsRoot, "trusted attributes and devices need root");
        string files = Import(new TarBuilder().Add(
            TarEntryType.File, "f", attributes:
            [("trusted.overlay.metacopy", "y"), ("user.overlay.whiteout", "y"), ("security.selinux", "x"), ("user.keep", "v"),
                ("trusted.other", "x")]).ToBytes());

        string attributes = Shell.Run("getfattr -d -m - f", files);
        Assert.Contains("user.keep=\"v\"", attributes, StringComparison.Ordinal);
        Assert.Single(attributes.Split('\n'), line => line.Contains('=', StringComparison.Ordinal));
        AssertRefused("UnsafeArchiveEntry", new TarBuilder().Add(TarEntryType.CharacterDevice, "w").ToBytes());
        AssertRefused("UnsafeArchiveEntry", new TarBuilder().Add(TarEntryType.File, "f", attributes: ("user.big", new string('x',
            200_000))).ToBytes());
    }

    [Theory]
    [InlineData(".wh.")]
    [InlineData(".wh..")]
    [InlineData(".wh...")]
    [InlineData("d/.wh./")]
    [InlineData(".wh.d/x")]
    public void Malformed_whiteouts_are_refused(string name) => AssertRefused("UnsafeArchiveEntry", new TarBuilder().File(name,
        "").ToBytes());

    [SkippableFact]
    public void Whiteouts_become_overlays_and_spare_what_the_layer_has_itself()
    {
        Skip.IfNot(Shell.IsRoot, "whiteouts need root");
        string files = Import(new TarBuilder().Folder("d").File("d/.wh.gone", "").File("d/mine").File("d/.wh.mine", "")
            .File("o/.wh..wh..opq", "").File(".wh.late", "").Folder("late").Folder("early").File(".wh.early", "")
            .Link("s", "d").File("s/.wh.via", "").File(".wh..wh.plnk/1.2", "").File(".wh..wh.aufs", "").ToBytes());

        Assert.Equal("character special file 0:0\n", Shell.Run("stat -c '%F %t:%T' d/gone", files));
        Assert.Equal("character special file 0:0\n", Shell.Run("stat -c '%F %t:%T' d/via", files));
        Assert.Equal("x", File.ReadAllText(Path.Join(files, "d/mine")));
        Assert.Equal(
            "early\nlate\no\n", Shell.Run("getfattr -R -h -m trusted.overlay.opaque . 2>/dev/null | sed -n 's/^# file: //p' | sort",
                files));
        Assert.False(Path.Exists(Path.Join(files, ".wh..wh.plnk")));
        Assert.False(Path.Exists(Path.Join(files, ".wh..wh.aufs")));
    }

    [Fact]
    public void Sizes_that_no_file_can_have_are_refused()
    {
        byte[] negative = Enumerable.Repeat((byte)0xFF, 12).ToArray();
        byte[] huge = [0x80, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        byte[] overflow = [0x81, .. Enumerable.Repeat((byte)0xFF, 11)];

        AssertRefused("DamagedArchive", new TarBuilder().Raw("x", '0', negative, []).ToBytes());
        AssertRefused("ArchiveLimitExceeded", new TarBuilder().Raw("x", '0', huge, []).ToBytes());
        AssertRefused("DamagedArchive", new TarBuilder().Raw("x", '0', overflow, []).ToBytes());
        AssertRefused("DamagedArchive", new TarBuilder().Pax("size=-1").Raw("x", '0', null, []).ToBytes());
        AssertRefused("ArchiveLimitExceeded", new TarBuilder().Raw("x", 'x', huge, []).ToBytes());
        AssertRefused("ArchiveLimitExceeded", new TarBuilder().Raw("x", 'L', huge, []).ToBytes());
    }

    [Theory]
    [InlineData("5 a=b\n")]
    [InlineData("99 path=x\n")]
    [InlineData("0 a=b\n")]
    [InlineData("-6 a=b\n")]
    [InlineData("path=x\n")]
    [InlineData("6 abcd")]
    [InlineData("5 ab\n")]
    [InlineData("99999999999999999999 a=b\n")]
    public void Malformed_extended_headers_are_refused(string data) =>
        AssertRefused("DamagedArchive", new TarBuilder().Raw("h", 'x', null, Encoding.ASCII.GetBytes(data)).File("x").ToBytes());

    [Theory]
    [InlineData("GNU.sparse.size=10", "GNU.sparse.map=0,5,3,5")]
    [InlineData("GNU.sparse.size=4", "GNU.sparse.map=0,5")]
    [InlineData("GNU.sparse.size=10", "GNU.sparse.map=0,5,6")]
    [InlineData("GNU.sparse.size=10", "GNU.sparse.map=9223372036854775807,5")]
    [InlineData("GNU.sparse.size=10", "GNU.sparse.numbytes=5")]
    [InlineData("GNU.sparse.map=0,5", "comment=no size")]
    public void Malformed_sparse_maps_are_refused(string first, string second) =>
        AssertRefused("DamagedArchive", new TarBuilder().Pax(first, second).Raw("x", '0', null, new byte[5]).ToBytes());

    [Fact]
    public void A_sparse_map_without_end_is_refused()
    {
        StringBuilder map = new("1000000\n");
        for (int i = 0; i < 400_000; i++)
        {
            map.Append(i).Append("\n0\n");
        }

        AssertRefused(
            "ArchiveLimitExceeded",
            new TarBuilder().Pax("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=10")
                .Raw("x", '0', null, Encoding.ASCII.GetBytes(map.ToString())).ToBytes());
    }

    [Fact]
    public void A_sparse_file_larger_than_the_limit_is_refused()
    {
        byte[] tar = new TarBuilder().Pax("GNU.sparse.size=1000000000", "GNU.sparse.map=0,5").Raw("x", '0', null, new byte[5]).ToBytes();

        AssertRefused("ArchiveLimitExceeded", tar, new ImportLimits { MaxBytes = 1_000_000 });
    }

    [Fact]
    public void Limits_of_entries_depth_and_bytes_hold()
    {
        TarBuilder many = new();
        for (int i = 0; i < 50; i++)
        {
            many.File("f" + i, "");
        }

        AssertRefused("ArchiveLimitExceeded", many.ToBytes(), new ImportLimits { MaxEntries = 49 });
        AssertRefused(
            "ArchiveLimitExceeded", new TarBuilder().File(string.Concat(Enumerable.Repeat("d/", 50)) + "x").ToBytes(),
            new ImportLimits { MaxEntries = 49 });
        AssertRefused(
            "ArchiveLimitExceeded", new TarBuilder().Folder(string.Concat(Enumerable.Repeat("d/", 600))).ToBytes());
        AssertRefused("ArchiveLimitExceeded", Compress(new byte[3 << 20]), new ImportLimits { MaxBytes = 1 << 20 });
    }

    [Fact]
    public void A_bomb_of_zeros_is_refused_by_its_ratio()
    {
        byte[] tar = new TarBuilder().Add(TarEntryType.File, "zeros"u8.ToArray(), "", new byte[8 << 20], 0x1A4, 0, 0).ToBytes();

        AssertRefused("ArchiveLimitExceeded", Compress(tar), new ImportLimits { RatioAfterBytes = 1 << 20 });
    }

    [Fact]
    public void An_archive_cut_at_any_block_is_refused_and_leaves_nothing()
    {
        byte[] tar = new TarBuilder().Folder("d").File("d/a", new string('a', 1500)).Pax("path=" + new string('l', 120))
            .Raw("short", '0', null, new byte[700]).Link("l", "d/a").HardLink("h", "d/a").ToBytes();
        int content = tar.Length - 1024;
        ImageStore store = new(_folder["cut"]);

        for (int length = 0; length <= content; length += 512)
        {
            EngineException e = Assert.Throws<EngineException>(() => Import(store, tar.AsSpan(0, length).ToArray(), new ImportLimits()));
            Assert.Contains(e.ErrorId, new[] { "TruncatedArchive", "DamagedArchive" });
            Assert.Equal(EngineErrorKind.InvalidData, e.Kind);
        }

        Assert.Empty(store.List());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["cut/layers"]));
    }

    [Fact]
    public void A_cut_compressed_archive_is_refused()
    {
        byte[] random = new byte[100_000];
        new Random(1).NextBytes(random);
        byte[] whole = Compress(new TarBuilder().Add(TarEntryType.File, "r"u8.ToArray(), "", random, 0x1A4, 0, 0).ToBytes());

        for (int length = 1; length < whole.Length - 1; length += 9973)
        {
            AssertRefused(null, whole.AsSpan(0, length).ToArray());
        }
    }

    [Fact]
    public void Rubbish_is_no_archive()
    {
        byte[] rubbish = new byte[10_000];
        new Random(7).NextBytes(rubbish);
        byte[][] starts = [[], [0x1F, 0x8B], "BZh9"u8.ToArray(), [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], [0x28, 0xB5, 0x2F, 0xFD]];
        foreach (byte[] start in starts)
        {
            AssertRefused(null, [.. start, .. rubbish]);
        }
    }

    [Fact]
    public void A_cancelled_import_ends_soon_and_leaves_nothing()
    {
        using CancellationTokenSource cancel = new(200);
        ImageStore store = new(_folder["cancel"]);
        long start = Stopwatch.GetTimestamp();

        Assert.Throws<OperationCanceledException>(
            () => store.ImportRootFileSystem(new SilentStream(), new ImageImportOptions(), null, cancel.Token));
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(6));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["cancel/layers"]));
    }

    private static byte[] Compress(byte[] content)
    {
        MemoryStream target = new();
        using (GZipStream gzip = new(target, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return target.ToArray();
    }

    private static ContainerImage Import(ImageStore store, byte[] tar, ImportLimits limits) =>
        store.ImportRootFileSystem(new MemoryStream(tar), new ImageImportOptions { Limits = limits }, null, CancellationToken.None);

    /// <summary>Imports into a fresh store and returns the folder of the layer's files.</summary>
    private string Import(byte[] tar)
    {
        string root = _folder["store-" + Guid.NewGuid().ToString("N")];
        ImageStore store = new(root);
        ContainerImage image = Import(store, tar, new ImportLimits());
        AssertCanary();
        return Path.Join(root, store.Open(image.Id).LayerDirectories[0]);
    }

    private void AssertRefused(string? errorId, byte[] tar, ImportLimits? limits = null)
    {
        string root = _folder["refused"];
        ImageStore store = new(root);
        EngineException e = Assert.Throws<EngineException>(() => Import(store, tar, limits ?? new ImportLimits()));
        Assert.True(errorId is null || e.ErrorId == errorId, $"{e.ErrorId}: {e.Message}");
        Assert.Empty(store.List());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Join(root, "layers")));
        AssertCanary();
    }

    private void AssertCanary()
    {
        Assert.Equal("untouched", File.ReadAllText(Path.Join(_canary, "file")));
        Assert.Single(Directory.EnumerateFileSystemEntries(_canary));
        Assert.Equal(2001, Directory.GetLastWriteTimeUtc(_canary).Year);
    }

    /// <summary>A source that gives a few bytes and then hangs.</summary>
    private sealed class SilentStream : MemoryStream
    {
        private int _reads;

        public override int Read(Span<byte> buffer)
        {
            if (_reads++ == 0)
            {
                buffer[..6].Clear();
                return 6;
            }

            Thread.Sleep(4000);
            return 0;
        }
    }
}
