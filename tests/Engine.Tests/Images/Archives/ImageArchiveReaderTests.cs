using System.Runtime.Versioning;
using System.Text.Json;
using Containers.Engine.Images;
using Xunit;
using static Containers.Engine.Tests.Images.Archives.ArchiveForms;

namespace Containers.Engine.Tests.Images.Archives;

[SupportedOSPlatform("linux")]
public sealed class ImageArchiveReaderTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly List<ArchiveMembers> _open = [];
    private readonly List<string> _warnings = [];

    public void Dispose()
    {
        _open.ForEach(members => members.Dispose());
        _folder.Dispose();
    }

    [Fact]
    public void Docker_archives_are_read_with_their_names_and_linked_layers()
    {
        byte[] shared = Layer("shared");
        List<object> manifest = [];
        HashSet<string> seen = [];
        byte[] tar = new TarBuilder()
            .AddDocker(manifest, ["a:1", "a:2"], seen, shared, Layer("a"))
            .AddDocker(manifest, ["b:1"], seen, shared, Layer("b"))
            .Add("manifest.json", Json(manifest)).ToBytes();

        IReadOnlyList<ArchivedImage> images = Read(tar);

        Assert.Equal([["a:1", "a:2"], ["b:1"]], images.Select(image => image.Names));
        AssertWhole(images);
    }

    [Fact]
    public void Layers_may_be_hard_links_or_compressed_and_names_may_begin_with_a_dot()
    {
        byte[] first = Layer("a");
        byte[] second = Layer("b");
        byte[] config = Config("amd64", first, second, first);
        byte[] tar = new TarBuilder().Folder("./").Add("./one.tar", Gzip(first)).Add("./two.tar", second)
            .HardLink("./three.tar", "./one.tar")
            .Add("./c.json", config)
            .Add("./manifest.json", Json(new[] { new { Config = "c.json", Layers = new[] { "one.tar", "two.tar", "./three.tar" } } }))
            .ToBytes();

        AssertWhole(Read(tar));
    }

    [Fact]
    public void Of_two_members_with_one_name_the_last_counts()
    {
        byte[] layer = Layer("a");
        byte[] config = Config("amd64", layer);
        byte[] tar = new TarBuilder().Add("layer.tar", Layer("other")).Add("manifest.json", Utf8("[]")).Add("c.json", config)
            .Add("layer.tar", layer)
            .Add("manifest.json", Json(new[] { new { Config = "c.json", Layers = new[] { "layer.tar" } } })).ToBytes();

        AssertWhole(Read(tar));
    }

    [Fact]
    public void The_names_of_dockers_own_manifest_win_over_those_of_the_layout_beside_it()
    {
        SortedDictionary<string, byte[]> files = Layout();
        byte[] layer = Layer("a");
        byte[] manifest = OciManifest(files, "amd64", gzip: false, layer);
        files["index.json"] = OciIndex(
            Blob(files, manifest, MediaTypes.OciManifest, annotations: new() { [LayoutReader.ImageName] = "x/y:z" }));
        files["manifest.json"] = Json(new[]
        {
            new
            {
                Config = "blobs/sha256/" + Hex(Config("amd64", layer)), RepoTags = new[] { "app:1" },
                Layers = new[] { "blobs/sha256/" + Hex(layer) },
            },
        });

        ArchivedImage image = Assert.Single(Read(Tar(files)));

        Assert.Equal(["app:1"], image.Names);
        Assert.Equal("sha256:" + Hex(layer), image.Incoming.Layers[0].Digest?.ToString());
        AssertWhole([image]);
    }

    [Fact]
    public void Archives_of_docker_1_9_become_images_of_today()
    {
        string[] ids = [new('a', 64), new('b', 64)];
        byte[][] layers = [Layer("a"), Gzip(Layer("b"))];
        TarBuilder tar = new TarBuilder()
            .Add("repositories", Utf8($$"""{"busybox":{"latest":"{{ids[1]}}","1":"{{ids[1]}}"} }"""))
            .Add(ids[0] + "/json", Utf8(
                $$"""{"id":"{{ids[0]}}","created":"2015-01-01T00:00:00Z","container_config":{"Cmd":["/bin/sh","-c","#(nop) ADD"]} }"""))
            .Add(ids[0] + "/layer.tar", layers[0])
            .Add(ids[1] + "/json", Utf8(
                $$"""{"id":"{{ids[1]}}","parent":"{{ids[0]}}","Size":7,"architecture":"amd64","os":"linux","config":{"Cmd":["sh"]} }"""))
            .Add(ids[1] + "/layer.tar", layers[1]);

        ArchivedImage image = Assert.Single(Read(tar.ToBytes()));

        Assert.Equal(["busybox:latest", "busybox:1"], image.Names);
        Assert.Equal("/bin/sh -c #(nop) ADD", image.Config.History[0].CreatedBy);
        Assert.Equal(["sh"], image.Config.Config.Cmd);
        Assert.Equal(["architecture", "config", "history", "os", "rootfs"],
            JsonDocument.Parse(image.Incoming.Config).RootElement.EnumerateObject().Select(property => property.Name).Order());
        AssertWhole([image]);
    }

    [Fact]
    public void Without_repositories_the_image_that_is_nobodys_parent_is_loaded_without_a_name()
    {
        string[] ids = [new('a', 64), new('b', 64)];
        byte[] tar = new TarBuilder()
            .Add(ids[1] + "/json", Utf8($$"""{"id":"{{ids[1]}}"}""")).Add(ids[1] + "/layer.tar", Layer("a"))
            .Add(ids[0] + "/json", Utf8($$"""{"id":"{{ids[0]}}","parent":"{{ids[1]}}"}"""))
            .Add(ids[0] + "/layer.tar", Layer("b")).ToBytes();

        ArchivedImage image = Assert.Single(Read(tar));

        Assert.Empty(image.Names);
        Assert.Equal(2, image.Incoming.Layers.Count);
    }

    [Fact]
    public void An_old_image_that_is_its_own_parent_is_refused()
    {
        string id = new('a', 64);
        byte[] tar = new TarBuilder().Add("repositories", Utf8($$"""{"x":{"y":"{{id}}"} }"""))
            .Add(id + "/json", Utf8($$"""{"id":"{{id}}","parent":"{{id}}"}""")).Add(id + "/layer.tar", Layer("a")).ToBytes();

        Assert.Equal("DamagedArchive", Assert.Throws<EngineException>(() => Read(tar)).ErrorId);
    }

    [Theory]
    [InlineData(LayoutReader.ImageName, "docker.io/library/app:1", new[] { "docker.io/library/app:1" }, 0)]
    [InlineData(LayoutReader.RefName, "quay.io/x/app:1", new[] { "quay.io/x/app:1" }, 0)]
    [InlineData(LayoutReader.RefName, "latest", new string[0], 1)]
    public void Layouts_are_read_packed_and_unpacked(string annotation, string value, string[] names, int warnings)
    {
        SortedDictionary<string, byte[]> files = Layout();
        byte[] manifest = OciManifest(files, "amd64", gzip: true, Layer("a"), Layer("b"));
        files["index.json"] = OciIndex(Blob(files, manifest, MediaTypes.OciManifest, annotations: new() { [annotation] = value }));

        foreach (IReadOnlyList<ArchivedImage> images in new[] { Read(Tar(files)), ReadDirectory(files) })
        {
            ArchivedImage image = Assert.Single(images);
            Assert.Equal(names, image.Names);
            Assert.Equal("sha256:" + Hex(manifest), image.Incoming.Manifest?.Digest.ToString());
            AssertWhole(images);
        }

        Assert.Equal(2 * warnings, _warnings.Count);
    }

    [Fact]
    public void Of_an_index_the_image_for_the_platform_is_read()
    {
        SortedDictionary<string, byte[]> files = Layout();
        byte[] amd = OciManifest(files, "amd64", gzip: true, Layer("amd"));
        byte[] arm = OciManifest(files, "arm64", gzip: true, Layer("arm"));
        object[] both =
        [
            Blob(files, arm, MediaTypes.OciManifest, new { os = "linux", architecture = "arm64", variant = "v8" }),
            Blob(files, amd, MediaTypes.OciManifest, new { os = "linux", architecture = "amd64" }),
            Blob(files, Utf8("{}"), MediaTypes.OciManifest, new { os = "unknown", architecture = "unknown" }),
        ];
        byte[] nested = OciIndex(both);
        foreach (byte[] index in new[]
        {
            OciIndex(both), OciIndex(Blob(files, nested, MediaTypes.OciIndex, annotations: new() { [LayoutReader.ImageName] = "a/b:c" })),
        })
        {
            files["index.json"] = index;
            foreach (string architecture in new[] { "amd64", "arm64" })
            {
                LoadOptions wanted = new() { Platform = ImagePlatform.Parse("linux/" + architecture) };
                ArchivedImage image = Assert.Single(Read(Tar(files), wanted));
                Assert.Equal(architecture, image.Config.Architecture);
            }

            LoadOptions other = new() { Platform = ImagePlatform.Parse("linux/riscv64") };
            Assert.Equal("PlatformNotFound", Assert.Throws<EngineException>(() => Read(Tar(files), other)).ErrorId);
        }
    }

    [Fact]
    public void An_image_with_several_names_comes_once_and_different_images_side_by_side()
    {
        SortedDictionary<string, byte[]> files = Layout();
        byte[] one = OciManifest(files, "amd64", gzip: true, Layer("1"));
        byte[] two = OciManifest(files, "amd64", gzip: true, Layer("2"));
        files["index.json"] = OciIndex(
            Blob(files, one, MediaTypes.OciManifest, annotations: new() { [LayoutReader.ImageName] = "x/one:a" }),
            Blob(files, one, MediaTypes.OciManifest, annotations: new() { [LayoutReader.ImageName] = "x/one:b" }),
            Blob(files, two, MediaTypes.OciManifest, annotations: new() { [LayoutReader.ImageName] = "x/two:a" }));

        Assert.Equal([["x/one:a", "x/one:b"], ["x/two:a"]], Read(Tar(files)).Select(image => image.Names));
    }

    [Fact]
    public void Skopeos_directory_is_read()
    {
        SortedDictionary<string, byte[]> blobs = [];
        SortedDictionary<string, byte[]> files = new(StringComparer.Ordinal)
        {
            ["version"] = Utf8("Directory Transport Version: 1.1\n"),
            ["manifest.json"] = OciManifest(blobs, "amd64", gzip: true, Layer("a")),
        };
        foreach ((string name, byte[] content) in blobs)
        {
            files[name["blobs/sha256/".Length..]] = content;
        }

        AssertWhole(ReadDirectory(files));
        AssertWhole(Read(Tar(files)));
    }

    private static void AssertWhole(IReadOnlyList<ArchivedImage> images) => Assert.All(images, image =>
    {
        Assert.NotEmpty(image.Incoming.Layers);
        Assert.Equal(
            image.Config.RootFs.DiffIds.Select(id => id.Hex), image.Incoming.Layers.Select(layer => Hex(Unpack(layer))));
    });

    private IReadOnlyList<ArchivedImage> Read(byte[] tar, LoadOptions? options = null)
    {
        string path = _folder[Guid.NewGuid().ToString("N")];
        File.WriteAllBytes(path, tar);
        return Read(new TarMembers(File.OpenHandle(path), path, CancellationToken.None), options);
    }

    private IReadOnlyList<ArchivedImage> ReadDirectory(SortedDictionary<string, byte[]> files)
    {
        string path = _folder[Guid.NewGuid().ToString("N")];
        foreach ((string name, byte[] content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(path, name))!);
            File.WriteAllBytes(Path.Join(path, name), content);
        }

        return Read(new DirectoryMembers(path), null);
    }

    private IReadOnlyList<ArchivedImage> Read(ArchiveMembers members, LoadOptions? options)
    {
        _open.Add(members);
        return ImageArchiveReader.Read(members, (options ?? new LoadOptions()) with { Warning = _warnings.Add }, CancellationToken.None);
    }
}
