using System.Runtime.Versioning;
using Containers.Engine.Images;
using Xunit;
using static Containers.Engine.Tests.Images.Archives.ArchiveForms;

namespace Containers.Engine.Tests.Images.Archives;

/// <summary>Archives into a store and out of it again.</summary>
[SupportedOSPlatform("linux")]
public sealed class ImageArchiveLoaderTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly List<string> _warnings = [];
    private readonly ImageStore _store;

    public ImageArchiveLoaderTests() => _store = new ImageStore(_folder["data"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_and_a_compressed_stream_give_the_same_image()
    {
        byte[] tar = Docker(["app:1"], Layer("a"), Layer("b"));
        File.WriteAllBytes(_folder["a.tar"], tar);

        ContainerImage image = Assert.Single(Loader().Load(_folder["a.tar"], CancellationToken.None));
        Assert.Equal("sha256:" + Hex(Config("amd64", Layer("a"), Layer("b"))), image.Id);
        Assert.Equal(["app:1"], image.References);
        Assert.Equal(2, image.Layers);

        using MemoryStream stream = new(Gzip(tar));
        Assert.Equal(image.Id, Assert.Single(Loader().Load(stream, CancellationToken.None)).Id);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["data/tmp"]));
    }

    [Fact]
    public void A_name_of_another_image_moves_only_when_it_may()
    {
        File.WriteAllBytes(_folder["old.tar"], Docker(["app:1", "app:2"], Layer("old")));
        File.WriteAllBytes(_folder["new.tar"], Docker(["app:1", "app:2", "app:3"], Layer("new")));
        ContainerImage old = Assert.Single(Loader().Load(_folder["old.tar"], CancellationToken.None));
        List<string> asked = [];
        LoadOptions options = new()
        {
            MayMove = reference =>
            {
                asked.Add(reference.ToString());
                return reference.Tag == "2";
            },
        };

        ContainerImage loaded = Assert.Single(Loader(options).Load(_folder["new.tar"], CancellationToken.None));

        Assert.Equal(["app:1", "app:2"], asked);
        Assert.Equal(["app:2", "app:3"], loaded.References);
        Assert.Equal(old.Id, _store.Get("app:1").Id);
        asked.Clear();
        Loader(options).Load(_folder["new.tar"], CancellationToken.None);
        Assert.Equal(["app:1"], asked);
    }

    [Fact]
    public void Names_that_are_none_are_left_out_with_a_warning()
    {
        File.WriteAllBytes(_folder["a.tar"], Docker(["UPPER:1", "a@sha256:" + new string('a', 64), "../x:1", "good:1"], Layer("a")));

        Assert.Equal(["good:1"], Assert.Single(Loader().Load(_folder["a.tar"], CancellationToken.None)).References);
        Assert.Equal(3, _warnings.Count);
    }

    [Fact]
    public void Names_of_the_caller_replace_those_of_one_image_only()
    {
        List<object> manifest = [];
        HashSet<string> seen = [];
        File.WriteAllBytes(_folder["two.tar"], new TarBuilder().AddDocker(manifest, ["a:1"], seen, Layer("a"))
            .AddDocker(manifest, ["b:1"], seen, Layer("b")).Add("manifest.json", Json(manifest)).ToBytes());
        File.WriteAllBytes(_folder["one.tar"], Docker(["a:1"], Layer("a")));
        LoadOptions options = new() { References = [ImageReference.Parse("mine:7")] };

        EngineException e = Assert.Throws<EngineException>(() => Loader(options).Load(_folder["two.tar"], CancellationToken.None));
        Assert.Equal("AmbiguousImageName", e.ErrorId);
        Assert.Empty(_store.List());
        Assert.Equal(["mine:7"], Assert.Single(Loader(options).Load(_folder["one.tar"], CancellationToken.None)).References);
        Assert.Equal(2, Loader().Load(_folder["two.tar"], CancellationToken.None).Count);
    }

    [Fact]
    public void What_cannot_be_loaded_leaves_nothing()
    {
        Assert.Equal("ArchiveNotFound", Refused(_folder["absent"], new LoadOptions()));
        byte[] tar = Docker(["app:1"], Layer("a"));
        File.WriteAllBytes(_folder["cut.gz"], Gzip(tar)[..^20]);
        Assert.Contains(Refused(_folder["cut.gz"], new LoadOptions()), new[] { "TruncatedArchive", "DamagedArchive" });
        File.WriteAllBytes(_folder["big.gz"], Gzip(new byte[4 << 20]));
        LoadOptions limited = new() { Limits = new ImportLimits { RatioAfterBytes = 1 << 20, MaxRatio = 20 } };
        Assert.Equal("ArchiveLimitExceeded", Refused(_folder["big.gz"], limited));
        limited = new() { Limits = new ImportLimits { MaxBytes = 1 << 20 } };
        Assert.Equal("ArchiveLimitExceeded", Refused(_folder["big.gz"], limited));
        limited = new() { Limits = new ImportLimits { MinimumFreeBytes = long.MaxValue } };
        Assert.Equal("DiskFull", Refused(_folder["big.gz"], limited));

        // The content of a layer is not what the configuration says.
        byte[] config = Config("amd64", Layer("b"));
        File.WriteAllBytes(_folder["wrong.tar"], new TarBuilder().Add("c", config).Add("l", Layer("a"))
            .Add("manifest.json", Json(new[] { new { Config = "c", RepoTags = new[] { "x:1" }, Layers = new[] { "l" } } })).ToBytes());
        Assert.Equal("LayerMismatch", Refused(_folder["wrong.tar"], new LoadOptions()));
        Assert.Empty(_store.List());
        Assert.Empty(Directory.EnumerateFiles(_folder["data/tmp"]));
    }

    [Fact]
    public void A_source_that_sends_nothing_does_not_keep_a_cancel_waiting()
    {
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(100));
        using SilentStream silent = new();

        Assert.ThrowsAny<OperationCanceledException>(() => Loader().Load(silent, stop.Token));
    }

    [SkippableTheory]
    [InlineData(ImageArchiveFormat.DockerArchive, LayerCompression.None, "saved.tar")]
    [InlineData(ImageArchiveFormat.DockerArchive, LayerCompression.None, "saved.tar.gz")]
    [InlineData(ImageArchiveFormat.OciArchive, LayerCompression.Gzip, "saved.tar")]
    [InlineData(ImageArchiveFormat.OciArchive, LayerCompression.Zstd, "saved.tar")]
    [InlineData(ImageArchiveFormat.OciDirectory, LayerCompression.None, "saved")]
    public void Saved_and_loaded_into_another_store_every_file_is_the_same(
        ImageArchiveFormat format, LayerCompression compression, string name)
    {
        ContainerImage image = ImportTree();
        Save(image, format, compression, name);
        ImageStore other = new(_folder["other"]);

        ContainerImage loaded = Assert.Single(
            new ImageArchiveLoader(other, _folder["other"], new LoadOptions()).Load(_folder[name], CancellationToken.None));

        Assert.Equal(image.Id, loaded.Id);
        Assert.Equal(image.References, loaded.References);
        Assert.Equal(Tree("data", _store, image), Tree("other", other, loaded));
    }

    [SkippableTheory]
    [InlineData(ImageArchiveFormat.DockerArchive)]
    [InlineData(ImageArchiveFormat.OciArchive)]
    public void Podman_unpacks_what_is_saved_into_the_same_tree(ImageArchiveFormat format)
    {
        Skip.IfNot(Shell.Has("podman"), "podman is not installed.");
        ContainerImage image = ImportTree();
        Save(image, format, LayerCompression.Gzip, "saved.tar");
        const string Podman = "podman --root ./root --runroot ./run --storage-driver vfs";
        string mounted = Shell.Run($"{Podman} load -q -i saved.tar >/dev/null; {Podman} image mount localhost/tree:1", _folder.Path).Trim();
        try
        {
            // Podman's vfs does not restore the time of the root itself.
            Assert.Equal(WithoutRootTime(Tree("data", _store, image)), WithoutRootTime(Shell.Listing(mounted)));
        }
        finally
        {
            Shell.Run($"{Podman} image unmount localhost/tree:1", _folder.Path);
        }
    }

    [SkippableFact]
    public void Umoci_unpacks_what_is_saved_into_the_same_tree()
    {
        Skip.IfNot(Shell.Has("umoci"), "umoci is not installed.");
        ContainerImage image = ImportTree();
        Save(image, ImageArchiveFormat.OciDirectory, LayerCompression.Gzip, "saved");
        Shell.Run("umoci unpack --image saved:1 bundle", _folder.Path);

        Assert.Equal(Tree("data", _store, image), Shell.Listing(_folder["bundle/rootfs"]));
    }

    private ContainerImage ImportTree()
    {
        Skip.IfNot(Shell.IsRoot, "Owners, devices and capabilities need root.");
        Directory.CreateDirectory(_folder["tree"]);
        Shell.Run(
            "mkdir -p a/b empty; echo text > a/file; ln a/file a/hard; ln -s ../a/file a/b/link; ln -s /nowhere dangling; mkfifo fifo; "
            + "cp /bin/true tool; chmod 6755 tool; chown 1000:2000 a/file; truncate -s 3M holes; printf end >> holes; : > zero; "
            + "touch -h -d '2001-02-03 04:05:06' a/b/link a/file tool; mkdir sticky; chmod 1777 sticky; "
            + "setfattr -n user.note -v hello a/file 2>/dev/null || true; setcap cap_net_raw+ep tool 2>/dev/null || true; "
            + "printf x > \"$(printf 'raw\\377')\"; mkdir -p " + string.Join('/', Enumerable.Repeat(new string('d', 60), 5))
            + "; find . -depth -exec touch -h -d '2020-01-01 00:00:00' {} +",
            _folder["tree"]);
        return _store.CreateFromDirectory(
            _folder["tree"], new ImageImportOptions { References = [ImageReference.Parse("localhost/tree:1")], Command = ["/tool"] }, null,
            CancellationToken.None);
    }

    private void Save(ContainerImage image, ImageArchiveFormat format, LayerCompression compression, string name)
    {
        SaveOptions options = new() { Format = format, LayerCompression = compression };
        IReadOnlyList<SavedImage> images = SavedImages.Find(_store, [image.References[0]]);
        new ImageArchiveSaver(new StoredLayers(_store.Layers), options).Save(images, _folder[name], CancellationToken.None);
    }

    private string Tree(string root, ImageStore store, ContainerImage image) =>
        Shell.Listing(Path.Join(_folder[root], store.Open(image.Id).LayerDirectories[0]));

    private static string WithoutRootTime(string listing) =>
        System.Text.RegularExpressions.Regex.Replace(listing, @"(?m)^(\.\|d\|.*\|)\d+$", "$1");

    private string Refused(string path, LoadOptions options) =>
        Assert.Throws<EngineException>(() => Loader(options).Load(path, CancellationToken.None)).ErrorId;

    private ImageArchiveLoader Loader(LoadOptions? options = null) =>
        new(_store, _folder["data"], (options ?? new LoadOptions()) with { Warning = _warnings.Add });

    /// <summary>Sends nothing until it is disposed; then it ends.</summary>
    private sealed class SilentStream : MemoryStream
    {
        private readonly ManualResetEventSlim _end = new();

        public override int Read(Span<byte> buffer)
        {
            _end.Wait();
            return 0;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        protected override void Dispose(bool disposing)
        {
            _end.Set();
            base.Dispose(disposing);
        }
    }
}
