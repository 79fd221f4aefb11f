using System.Runtime.Versioning;
using Containers.Engine.Images;
using Xunit;

namespace Containers.Engine.Tests.Images;

[SupportedOSPlatform("linux")]
public sealed class ImageDetailsTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ImageStore _store;

    public ImageDetailsTests() => _store = new ImageStore(_folder["data"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void History_tells_the_layer_and_its_size_and_the_image_on_the_newest_step()
    {
        ContainerImage image = Import("12345", "app:1", "how it was made");

        ImageHistoryEntry entry = Assert.Single(_store.History("app:1"));
        Assert.Equal((image.Id, 5, "how it was made", "import"), (entry.ImageId, entry.Size, entry.Comment, entry.CreatedBy));
        ImageLayer layer = Assert.Single(_store.LayersOf("app:1"));
        Assert.Equal(layer.DiffId, entry.LayerId);
        Assert.True(File.Exists(Path.Join(layer.Path, "f")));
        Assert.Equal(["app:1"], layer.Images);
        ContainerImageDetail detail = _store.Detail(image.ShortId);
        Assert.Equal(image.Id, Digest.Of(System.Text.Encoding.UTF8.GetBytes(detail.ConfigJson)).ToString());
        Assert.Null(detail.ManifestJson);
    }

    [Fact]
    public void A_name_is_added_but_taken_from_another_image_only_by_force()
    {
        ContainerImage one = Import("1", "one");
        ContainerImage two = Import("2", "two");

        Assert.Equal(["also:1", "one:latest"], _store.AddReference("one", "also:1", force: false).References);
        Assert.Equal(["also:1", "one:latest"], _store.AddReference("one", "also:1", force: false).References);
        Assert.Equal("ImageTagExists", Fails(() => _store.AddReference("two", "also:1", force: false)));
        Assert.Equal(["also:1", "two:latest"], _store.AddReference(two.Id, "also:1", force: true).References);
        Assert.Equal(["one:latest"], _store.Get(one.Id).References);
        Assert.Equal("ImageNotFound", Fails(() => _store.AddReference("three", "x", force: false)));
        Assert.Equal("InvalidImageReference", Fails(() => _store.AddReference("one", "x@sha256:" + new string('a', 64), force: false)));
        Assert.Equal("InvalidImageReference", Fails(() => _store.AddReference("one", "UPPER", force: false)));
    }

    [Fact]
    public void A_name_is_taken_away_and_the_image_stays()
    {
        ContainerImage image = Import("1", "one");

        Assert.Equal("one:latest", _store.RemoveReference("one").Untagged);
        Assert.Empty(_store.Get(image.Id).References);
        Assert.Equal("ImageTagNotFound", Fails(() => _store.RemoveReference("one")));
    }

    [Fact]
    public void An_unused_layer_is_found_and_removed_and_a_used_one_is_not()
    {
        Import("1", "one");
        ContainerImage two = Import("2", "two");
        string shortId = Assert.Single(_store.LayersOf("two")).DiffId[7..23];
        File.Delete(Path.Join(_folder["data"], "images", two.Id[7..] + ".json"));
        _store.RemoveReference("two");

        (string found, _, long size) = Assert.Single(_store.Layers.Unused(_store.LayersInUse()!));
        Assert.Equal((shortId, 1), (found, size));
        Assert.False(_store.RemoveUnusedLayer(Assert.Single(_store.LayersOf("one")).DiffId[7..23]));
        Assert.True(_store.RemoveUnusedLayer(shortId));
        Assert.Empty(_store.Layers.Unused(_store.LayersInUse()!));
        Assert.Single(_store.Layers.Complete());
    }

    [Fact]
    public void While_an_image_is_damaged_no_layer_counts_as_unused()
    {
        Import("1", "one");
        ContainerImage two = Import("2", "two");
        File.WriteAllText(Path.Join(_folder["data"], "images", two.Id[7..] + ".json"), "{}");

        Assert.Null(_store.LayersInUse());
    }

    private static string Fails(Action action) => Assert.Throws<EngineException>(action).ErrorId;

    private ContainerImage Import(string content, string name, string? message = null)
    {
        using MemoryStream tar = new(new TarBuilder().File("f", content).ToBytes());
        ImageImportOptions options = new() { References = [ImageReference.Parse(name)], Message = message };
        return _store.ImportRootFileSystem(tar, options, null, CancellationToken.None);
    }
}
