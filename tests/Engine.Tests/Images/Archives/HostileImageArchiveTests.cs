using System.Runtime.Versioning;
using Containers.Engine.Images;
using Xunit;
using static Containers.Engine.Tests.Images.Archives.ArchiveForms;

namespace Containers.Engine.Tests.Images.Archives;

/// <summary>Archives as control input (S23, S24, S28, S29, S33): each is refused before anything is taken in.</summary>
[SupportedOSPlatform("linux")]
public sealed class HostileImageArchiveTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("../../etc/passwd", "UnsafeArchiveEntry")]
    [InlineData("/etc/passwd", "UnsafeArchiveEntry")]
    [InlineData("a/../../layer.tar", "UnsafeArchiveEntry")]
    [InlineData("absent.tar", "DamagedArchive")]
    [InlineData("", "DamagedArchive")]
    [InlineData("outside", "UnsafeArchiveEntry")]
    [InlineData("absolute", "UnsafeArchiveEntry")]
    [InlineData("loop", "UnsafeArchiveEntry")]
    [InlineData("hard", "UnsafeArchiveEntry")]
    [InlineData("fifo", "DamagedArchive")]
    public void A_layer_is_a_member_of_its_archive_or_nothing(string layer, string error)
    {
        byte[] tar = Plain().Add("manifest.json", Json(new[] { new { Config = "c.json", Layers = new[] { layer } } })).ToBytes();

        Assert.Equal(error, Refused(tar));
    }

    [Theory]
    [InlineData("outside")]
    [InlineData("/etc/hostname")]
    public void A_configuration_outside_is_refused(string config) => Assert.Equal(
        "UnsafeArchiveEntry",
        Refused(Plain().Add("manifest.json", Json(new[] { new { Config = config, Layers = new[] { "layer.tar" } } })).ToBytes()));

    [Theory]
    [InlineData("""[{"Config":"c.json","Config":"d.json","Layers":["layer.tar"]}]""", "DamagedArchive")]
    [InlineData("""[{"Config":7,"Layers":["layer.tar"]}]""", "DamagedArchive")]
    [InlineData("""[{"Config":null,"Layers":["layer.tar"]}]""", "DamagedArchive")]
    [InlineData("""[{"Config":"c.json","Layers":"layer.tar"}]""", "DamagedArchive")]
    [InlineData("""[{"Config":"c.json","Layers":["layer.tar","layer.tar"]}]""", "LayerMismatch")]
    [InlineData("""[{"Config":"c.json","Layers":[]}]""", "LayerMismatch")]
    [InlineData("""[{"Config":"c.json"}]""", "LayerMismatch")]
    [InlineData("""[{"Config":"layer.tar","Layers":["layer.tar"]}]""", "InvalidImageConfig")]
    [InlineData("""[""", "DamagedArchive")]
    [InlineData("""[]""", "NotAnImageArchive")]
    [InlineData("""{}""", "NotAnImageArchive")]
    [InlineData("""[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]""", "DamagedArchive")]
    public void A_manifest_has_one_meaning_or_none(string manifest, string error) =>
        Assert.Equal(error, Refused(Plain().File("manifest.json", manifest).ToBytes()));

    [Fact]
    public void A_huge_manifest_is_refused_unread() => Assert.Equal(
        "ArchiveLimitExceeded", Refused(Plain().File("manifest.json", "[" + new string(' ', 5 << 20) + "]").ToBytes()));

    [Fact]
    public void A_blob_that_is_not_its_name_is_refused()
    {
        foreach (bool config in new[] { true, false })
        {
            SortedDictionary<string, byte[]> files = Layout();
            byte[] layer = Layer("a");
            byte[] manifest = OciManifest(files, "amd64", gzip: false, layer);
            files["index.json"] = OciIndex(Blob(files, manifest, MediaTypes.OciManifest));
            files["blobs/sha256/" + (config ? Hex(Config("amd64", layer)) : Hex(manifest))][^2] ^= 1;

            Assert.Equal("DigestMismatch", Refused(Tar(files)));
        }
    }

    [Fact]
    public void A_layout_without_one_of_its_blobs_or_with_a_wrong_size_is_refused()
    {
        SortedDictionary<string, byte[]> files = Layout();
        byte[] layer = Layer("a");
        byte[] manifest = OciManifest(files, "amd64", gzip: false, layer);
        files["index.json"] = OciIndex(Blob(files, manifest, MediaTypes.OciManifest));
        files["blobs/sha256/" + Hex(layer)] = layer[..^512];
        Assert.Equal("DamagedArchive", Refused(Tar(files)));
        files.Remove("blobs/sha256/" + Hex(layer));
        Assert.Equal("DamagedArchive", Refused(Tar(files)));
    }

    [Theory]
    [InlineData("sha256:../../../../etc/passwd")]
    [InlineData("sha256:ABCDEF0000000000000000000000000000000000000000000000000000000000")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    public void A_digest_is_one_by_grammar_before_it_is_a_name(string digest)
    {
        SortedDictionary<string, byte[]> files = Layout();
        files["index.json"] = Utf8(
            $$"""{"schemaVersion":2,"manifests":[{"mediaType":"{{MediaTypes.OciManifest}}","digest":"{{digest}}","size":2}]}""");

        Assert.Equal("InvalidManifest", Refused(Tar(files)));
    }

    [Fact]
    public void A_file_system_is_no_image_archive_and_the_error_says_what_to_do()
    {
        EngineException e = Assert.Throws<EngineException>(() => Read(new TarBuilder().Folder("etc").File("etc/passwd").ToBytes()));

        Assert.Equal("NotAnImageArchive", e.ErrorId);
        Assert.Contains("-AsRootFileSystem", e.Action, StringComparison.Ordinal);
        Assert.Equal("NotAnImageArchive", Refused([.. Enumerable.Repeat((byte)'x', 2000)]));
        Assert.Equal("NotAnImageArchive", Refused([.. Enumerable.Repeat((byte)'x', 100)]));
        Assert.Equal("DamagedArchive", Refused([]));
    }

    [Fact]
    public void An_archive_cut_at_any_block_is_refused()
    {
        byte[] tar = Docker(["a:1"], Layer("a"), Layer("b"));
        int end = tar.Length - 1024;
        for (int length = 0; length < end; length += 512)
        {
            Assert.Contains(Refused(tar[..length]), new[] { "TruncatedArchive", "DamagedArchive" });
            if (length > 512)
            {
                Assert.Equal("TruncatedArchive", Refused(tar[..(length - 100)]));
            }
        }
    }

    [Fact]
    public void Directories_are_read_without_leaving_them_and_without_waiting_for_fifos()
    {
        string directory = _folder["layout"];
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Join(directory, "c.json"), "{}");
        foreach ((string script, string error) in new[]
        {
            ("ln -s /etc/hostname outside; printf '%s' '[{\"Config\":\"outside\",\"Layers\":[]}]' > manifest.json", "DamagedArchive"),
            ("rm -f outside; mkfifo outside", "UnsafeArchiveEntry"),
            ("rm -f outside; mkdir outside", "UnsafeArchiveEntry"),
            ("rmdir outside; ln -s outside outside", "ArchiveReadFailed"),
        })
        {
            Shell.Run(script, directory);
            using DirectoryMembers members = new(directory);
            Assert.Equal(error, Assert.Throws<EngineException>(
                () => ImageArchiveReader.Read(members, new LoadOptions(), CancellationToken.None)).ErrorId);
        }
    }

    private static TarBuilder Plain() => new TarBuilder().Add("layer.tar", Layer("a")).Add("c.json", Config("amd64", Layer("a")))
        .Add("d.json", Config("amd64", Layer("b"))).Link("outside", "../../../etc/passwd").Link("absolute", "/etc/passwd")
        .Link("loop", "loop")
        .HardLink("hard", "../../etc/passwd").Add(TarEntryType.Fifo, "fifo");

    private string Refused(byte[] tar) => Assert.Throws<EngineException>(() => Read(tar)).ErrorId;

    private IReadOnlyList<ArchivedImage> Read(byte[] tar)
    {
        string path = _folder["archive.tar"];
        File.WriteAllBytes(path, tar);
        using TarMembers members = new(File.OpenHandle(path), path, CancellationToken.None);
        return ImageArchiveReader.Read(members, new LoadOptions(), CancellationToken.None);
    }
}
