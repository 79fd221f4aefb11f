using System.Runtime.Versioning;
using System.Text;
using Containers.Engine.Images;
using Xunit;

namespace Containers.Engine.Tests.Images;

[SupportedOSPlatform("linux")]
public sealed class ManifestJsonTests
{
    private const string A = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string B = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    private const string Config = $$"""{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{A}}","size":2}""";
    private const string Layer = $$"""{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{{B}}","size":3}""";

    [Theory]
    [InlineData(MediaTypes.OciManifest, MediaTypes.OciManifest)]
    [InlineData(MediaTypes.DockerManifest, MediaTypes.DockerManifest + "; charset=utf-8")]
    [InlineData(null, MediaTypes.OciManifest)]
    [InlineData(MediaTypes.OciManifest, null)]
    [InlineData(MediaTypes.OciManifest, "text/plain")]
    [InlineData(null, "application/json")]
    public void A_manifest_is_read_in_both_dialects(string? stated, string? delivered)
    {
        ImageManifest manifest = Assert.IsType<ImageManifest>(Parse(Manifest(stated), delivered));

        Assert.Equal(stated ?? MediaTypes.OciManifest, manifest.MediaType);
        Assert.True(manifest.IsImage);
        Assert.Equal((A, 2L), (manifest.Config.Digest.ToString(), manifest.Config.Size));
        Assert.Equal((B, 3L), (Assert.Single(manifest.Layers).Digest.ToString(), manifest.Layers[0].Size));
    }

    [Theory]
    [InlineData(MediaTypes.OciManifest, MediaTypes.OciIndex)]
    [InlineData(MediaTypes.OciManifest, MediaTypes.DockerManifest)]
    [InlineData(MediaTypes.OciIndex, null)]
    [InlineData(null, MediaTypes.DockerList)]
    [InlineData("application/json", null)]
    public void A_type_that_contradicts_the_delivery_or_the_content_is_refused(string? stated, string? delivered) =>
        Refused("InvalidManifest", Manifest(stated), delivered);

    [Theory]
    [InlineData($$"""{"schemaVersion":2,"config":{{Config}},"layers":[],"manifests":[]}""")]
    [InlineData($$"""{"schemaVersion":2,"layers":[],"manifests":[]}""")]
    [InlineData($$"""{"schemaVersion":2,"layers":[{{Layer}}]}""")]
    [InlineData($$"""{"schemaVersion":2,"config":{{Config}},"layers":[],"fsLayers":[]}""")]
    [InlineData("""{"schemaVersion":2}""")]
    [InlineData($$"""{"config":{{Config}},"layers":[]}""")]
    [InlineData($$"""{"schemaVersion":3,"config":{{Config}},"layers":[]}""")]
    [InlineData($$"""{"schemaVersion":1e999,"config":{{Config}},"layers":[]}""")]
    [InlineData($$"""{"schemaVersion":"2","config":{{Config}},"layers":[]}""")]
    [InlineData($$"""{"schemaVersion":2,"config":{{Config}},"layers":[],"layers":[{{Layer}}]}""")]
    [InlineData($$"""{"schemaVersion":2,"config":{{Config}},"layers":[],"Layers":[{{Layer}}]}""")]
    [InlineData($$"""{"schemaVersion":2,"layers":{},"config":{{Config}} }""")]
    [InlineData($$"""{"schemaVersion":2,"config":{{Config}},"layers":[null]}""")]
    [InlineData($$"""{"schemaVersion":2,"config":[],"layers":[]}""")]
    [InlineData($$"""{"schemaVersion":2,"config":{{Config}},"layers":[]} x""")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{")]
    public void A_document_has_one_meaning_or_none(string json) => Refused("InvalidManifest", json, null);

    [Theory]
    [InlineData("sha256:../../../../etc/passwd")]
    [InlineData("sha256:aaaa")]
    [InlineData("sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("md5:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("")]
    public void Every_digest_must_be_one(string digest)
    {
        string bad = $$"""{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{digest}}","size":2}""";

        Refused("InvalidManifest", $$"""{"schemaVersion":2,"config":{{bad}},"layers":[]}""", null);
        Refused("InvalidManifest", $$"""{"schemaVersion":2,"config":{{Config}},"layers":[{{Layer}},{{bad}}]}""", null);
        Refused("InvalidManifest", $$"""{"schemaVersion":2,"manifests":[{{bad}}]}""", null);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("99999999999999999999")]
    [InlineData("\"3\"")]
    [InlineData("null")]
    public void Every_size_must_be_a_number_of_bytes(string size) => Refused(
        "InvalidManifest", $$"""{"schemaVersion":2,"manifests":[{"mediaType":"x","size":{{size}},"digest":"{{A}}"}]}""", null);

    [Fact]
    public void Too_much_of_anything_is_refused()
    {
        string many = string.Join(',', Enumerable.Repeat(Layer, ManifestJson.MaxEntries + 1));
        Refused("InvalidManifest", $$"""{"schemaVersion":2,"manifests":[{{many}}]}""", null);
        string layers = string.Join(',', Enumerable.Repeat(Layer, ManifestJson.MaxLayers + 1));
        Refused("InvalidManifest", $$"""{"schemaVersion":2,"config":{{Config}},"layers":[{{layers}}]}""", null);
        Refused("InvalidManifest", new string(' ', ManifestJson.MaxBytes) + "{}", null);
        string deep = string.Concat(Enumerable.Repeat("[", 100)) + string.Concat(Enumerable.Repeat("]", 100));
        Refused("InvalidManifest", $$"""{"x":{{deep}},"schemaVersion":2,"manifests":[]}""", null);
    }

    [Theory]
    [InlineData("""{"schemaVersion":1,"name":"x","tag":"y","fsLayers":[],"history":[]}""", null)]
    [InlineData("{}", "application/vnd.docker.distribution.manifest.v1+prettyjws")]
    public void Schema_1_is_said_to_be_out_of_use(string json, string? delivered) => Refused("UnsupportedManifest", json, delivered);

    [Fact]
    public void An_artifact_is_told_apart_from_an_image()
    {
        string chart = Manifest(MediaTypes.OciManifest).Replace(
            "application/vnd.oci.image.config.v1+json", "application/vnd.cncf.helm.config.v1+json", StringComparison.Ordinal);
        Assert.False(Assert.IsType<ImageManifest>(Parse(chart, null)).IsImage);
        Refused("NotAnImage", """{"mediaType":"application/vnd.oci.artifact.manifest.v1+json","blobs":[]}""", null);
    }

    [Fact]
    public void What_is_written_is_read_again_and_always_the_same()
    {
        ImageDocument index = new ImageIndex
        {
            MediaType = MediaTypes.OciIndex,
            Annotations = new Dictionary<string, string> { ["z"] = "<&>", ["a"] = "b" },
            Manifests =
            [
                new OciDescriptor
                {
                    MediaType = MediaTypes.OciManifest, Digest = Digest.Parse(A), Size = 7, Platform = ImagePlatform.Parse("linux/arm64/v8"),
                    Annotations = new Dictionary<string, string> { ["org.opencontainers.image.ref.name"] = "1" },
                },
            ],
        };
        foreach (ImageDocument document in new[] { index, Parse(Manifest(MediaTypes.DockerManifest), null) })
        {
            StoredManifest written = ManifestJson.Write(document);
            StoredManifest again = ManifestJson.Write(ManifestJson.Parse(written, "x"));

            Assert.Equal(Encoding.UTF8.GetString(written.Content.Span), Encoding.UTF8.GetString(again.Content.Span));
            Assert.Equal(Digest.Of(written.Content.Span), written.Digest);
            Assert.Equal(document.MediaType, written.MediaType);
        }
    }

    [Theory]
    [InlineData("linux/amd64", "linux/amd64", 0)]
    [InlineData("linux/arm64", "linux/arm64/v8", 0)]
    [InlineData("linux/arm64/v8", "linux/aarch64", 0)]
    [InlineData("linux/arm", "linux/arm/v7", 0)]
    [InlineData("linux/arm/v7", "linux/arm/v5", 2)]
    [InlineData("linux/arm/v6", "linux/arm/v7", null)]
    [InlineData("linux/amd64", "linux/amd64/v3", null)]
    [InlineData("linux/amd64/v3", "linux/amd64", 2)]
    [InlineData("linux/amd64", "linux/386", null)]
    [InlineData("linux/amd64", "windows/amd64", null)]
    public void Platforms_fit_as_their_processors_do(string wanted, string offered, int? rank) =>
        Assert.Equal(rank, PlatformChoice.Rank(ImagePlatform.Parse(wanted), ImagePlatform.Parse(offered)));

    [Fact]
    public void The_best_platform_is_chosen_through_nested_indexes_and_attestations_are_none()
    {
        Dictionary<Digest, StoredManifest> documents = [];
        OciDescriptor v6 = Add(documents, Image("v6"), "linux/arm/v6");
        OciDescriptor v7 = Add(documents, Image("v7"), "linux/arm/v7");
        OciDescriptor proof = Add(documents, Image("proof"), "unknown/unknown");
        OciDescriptor inner = Add(documents, Index(v6, v7), null);
        OciDescriptor middle = Add(documents, Index(proof, inner), null);
        StoredManifest top = ManifestJson.Write(Index(proof, middle));

        (StoredManifest stored, _) = PlatformChoice.Choose(top, ImagePlatform.Parse("linux/arm"), entry => documents[entry.Digest], "x");
        Assert.Equal(v7.Digest, stored.Digest);
        EngineException e = Assert.Throws<EngineException>(
            () => PlatformChoice.Choose(top, ImagePlatform.Parse("linux/s390x"), entry => documents[entry.Digest], "x"));
        Assert.Equal("PlatformNotFound", e.ErrorId);
        Assert.Contains("linux/arm/v6, linux/arm/v7", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("unknown", e.Message, StringComparison.Ordinal);

        StoredManifest deeper = ManifestJson.Write(Index(Add(documents, Index(Add(documents, Index(middle), null)), null)));
        Assert.Equal("InvalidManifest", Assert.Throws<EngineException>(
            () => PlatformChoice.Choose(deeper, ImagePlatform.Parse("linux/arm"), entry => documents[entry.Digest], "x")).ErrorId);
    }

    private static ImageManifest Image(string name) => new()
    {
        MediaType = MediaTypes.OciManifest,
        Config = new OciDescriptor { MediaType = MediaTypes.OciConfig, Digest = Digest.Of(Encoding.UTF8.GetBytes(name)), Size = 1 },
        Layers = [],
    };

    private static ImageIndex Index(params OciDescriptor[] entries) => new() { MediaType = MediaTypes.OciIndex, Manifests = entries };

    private static OciDescriptor Add(Dictionary<Digest, StoredManifest> documents, ImageDocument document, string? platform)
    {
        StoredManifest stored = ManifestJson.Write(document);
        documents[stored.Digest] = stored;
        return new OciDescriptor
        {
            MediaType = stored.MediaType, Digest = stored.Digest, Size = stored.Content.Length,
            Platform = platform is null ? null : ImagePlatform.Parse(platform),
        };
    }

    private static string Manifest(string? mediaType) =>
        "{\"schemaVersion\":2," + (mediaType is null ? "" : $"\"mediaType\":\"{mediaType}\",") + $"\"config\":{Config},\"layers\":[{Layer}]}}";

    private static ImageDocument Parse(string json, string? delivered) => ManifestJson.Parse(Encoding.UTF8.GetBytes(json), delivered, "x");

    private static void Refused(string errorId, string json, string? delivered) =>
        Assert.Equal(errorId, Assert.Throws<EngineException>(() => Parse(json, delivered)).ErrorId);
}
