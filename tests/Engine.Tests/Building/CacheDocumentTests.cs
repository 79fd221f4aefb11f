using System.Text;
using Containers.Engine.Building;
using Containers.Engine.Building.Cache;
using Containers.Engine.Images;
using Containers.Engine.Tests.Images;
using Xunit;

namespace Containers.Engine.Tests.Building;

/// <summary>Build caches that strangers have written: they are whole, or refused with a reason.</summary>
public sealed class CacheDocumentTests
{
    private static readonly string s_layer = "sha256:" + new string('a', 64);
    private static readonly string s_key = new('1', 64);
    private static readonly string s_record = $$"""{"key":"{{s_key}}","layer":0,"created":"2026-01-02T03:04:05+00:00","instruction":"RUN true"}""";
    private static readonly string s_document = $$"""{"version":1,"layers":["{{s_layer}}"],"records":[{{s_record}}]}""";

    private static readonly string[] s_pieces =
    [
        "{", "}", "[", "]", ",", ":", "\"", "null", "true", "-1", "0", "1e999", "99999999999999999999",
        "\"key\":", "\"layer\":null,", "\"layers\":[", "\"records\":[null,",
        "\"version\":1,", "\\u0000", "\\ud800", "\\", "/", "\0", "../", "sha256:", "sha512:",
        "\"created\":\"9999-12-31T23:59:59-14:00\",", "[[[[[[[[[[[[[[[[", "{\"a\":",
    ];

    [Fact]
    public void What_was_written_is_read()
    {
        CacheDocument document = new()
        {
            Layers = [s_layer],
            Records = [new(s_key, 0, DateTimeOffset.UnixEpoch, "RUN true"), new(new string('2', 64), null, DateTimeOffset.UnixEpoch, "RUN \"\u00e4\"")],
        };
        CacheDocument read = CacheDocument.Parse(document.Write(), 1, "cache");
        Assert.Equal(document.Layers, read.Layers);
        Assert.Equal(document.Records, read.Records);
        Assert.Equal("RUN true", Assert.Single(Parse(s_document).Records).Instruction);
    }

    [Theory]
    [InlineData("\"version\":1", "\"version\":2")]
    [InlineData("\"version\":1,", "")]
    [InlineData("\"version\":1", "\"version\":1e999")]
    [InlineData("\"version\":1", "\"version\":1,\"version\":1")]
    [InlineData("\"version\":1", "\"version\":99999999999999999999999")]
    [InlineData("\"layer\":0", "\"layer\":1")]
    [InlineData("\"layer\":0", "\"layer\":-1")]
    [InlineData("\"layer\":0", "\"layer\":2147483648")]
    [InlineData("\"layer\":0", "\"layer\":0.5")]
    [InlineData("\"layer\":0", "\"layer\":\"0\"")]
    [InlineData("\"layer\":0", "\"layer\":0,\"layer\":0")]
    [InlineData("\"layer\":0", "\"layer\":0,\"key\":\"2222222222222222222222222222222222222222222222222222222222222222\"")]
    [InlineData("\"key\":", "\"name\":")]
    [InlineData("\"key\":\"1", "\"key\":\"g")]
    [InlineData("\"key\":\"1", "\"key\":\"A")]
    [InlineData("\"key\":\"1", "\"key\":\"")]
    [InlineData("\"key\":\"1", "\"key\":\"../1")]
    [InlineData("\"key\":\"1", "\"key\":\"\\ud800")]
    [InlineData("\"created\":\"2026", "\"created\":\"x2026")]
    [InlineData("\"created\":\"2026-01-02T03:04:05+00:00\"", "\"created\":null")]
    [InlineData("\"created\":\"2026-01-02T03:04:05+00:00\"", "\"created\":\"0001-01-01T00:00:00+14:00\"")]
    [InlineData("[\"sha256:", "[null,\"sha256:")]
    [InlineData("[\"sha256:", "[\"sha512:")]
    [InlineData("[\"sha256:", "[\"")]
    [InlineData("[\"sha256:", "[\"sha256:../")]
    [InlineData("\"layers\":[", "\"layers\":[],\"layers\":[")]
    [InlineData("\"layers\":[", "\"layerz\":[")]
    [InlineData("\"records\":[", "\"records\":[null,")]
    [InlineData("\"records\":[", "\"records\":[{},")]
    [InlineData("\"records\":[", "\"records\":[7,")]
    [InlineData("\"records\":[", "\"records\":[],\"records\":[")]
    [InlineData("\"records\":[", "\"others\":[")]
    [InlineData("]}", "]")]
    [InlineData("]}", "]}}")]
    [InlineData("]}", "]}/**/")]
    [InlineData("RUN true", "RUN \u0001")]
    public void Damaged_documents_are_refused(string good, string bad)
    {
        Assert.Contains(good, s_document, StringComparison.Ordinal);
        int at = s_document.IndexOf(good, StringComparison.Ordinal);
        Refused(Encoding.UTF8.GetBytes(s_document[..at] + bad + s_document[(at + good.Length)..]));
    }

    [Fact]
    public void Documents_of_another_kind_size_or_encoding_are_refused()
    {
        string nested = string.Concat(Enumerable.Repeat("{\"a\":", 5000));
        foreach (string text in new[] { "", "null", "7", "\"x\"", "[]", "{}", "{\"version\":1}", new string('[', 5000), nested })
        {
            Refused(Encoding.UTF8.GetBytes(text));
        }

        Refused(Encoding.Unicode.GetBytes(s_document));
        Refused([0xEF, 0xBB, 0xBF, 0xFF]);
        byte[] invalid = Encoding.UTF8.GetBytes(s_document);
        invalid[s_document.IndexOf("true", StringComparison.Ordinal)] = 0xFF;
        Refused(invalid);

        // More layers or fewer than the manifest has, and more records than anybody needs.
        Assert.Equal("InvalidBuildCache", Assert.Throws<EngineException>(() => CacheDocument.Parse(Encoding.UTF8.GetBytes(s_document), 0, "cache")).ErrorId);
        Assert.Equal("InvalidBuildCache", Assert.Throws<EngineException>(() => CacheDocument.Parse(Encoding.UTF8.GetBytes(s_document), 2, "cache")).ErrorId);
        string many = string.Join(',', Enumerable.Repeat(s_record, 10_001));
        Refused(Encoding.UTF8.GetBytes(s_document.Replace(s_record, many, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Whatever_changes_in_a_document_it_is_sound_or_refused(int seed)
    {
        Random random = new(seed);
        int sound = 0;
        for (int i = 0; i < 5000; i++)
        {
            byte[] bytes = Mutate(Encoding.UTF8.GetBytes(s_document), random);
            try
            {
                AssertSound(CacheDocument.Parse(bytes, 1, "cache"));
                sound++;
            }
            catch (EngineException e)
            {
                Assert.Equal("InvalidBuildCache", e.ErrorId);
            }
        }

        // Some changes are only in texts: were there none, nothing but refusals would have been tested.
        Assert.InRange(sound, 100, 4900);
    }

    [Theory]
    [InlineData("index.json")]
    [InlineData("manifest")]
    [InlineData("config")]
    public void Whatever_changes_in_a_directory_it_opens_or_says_why_not(string which)
    {
        using TestFolder folder = new();
        Directory.CreateDirectory(folder["blobs/sha256"]);
        Random random = new(which.Length);
        int opened = 0;
        for (int i = 0; i < 300; i++)
        {
            byte[] config = Change("config", Encoding.UTF8.GetBytes(s_document));
            byte[] manifest = Change("manifest", Encoding.UTF8.GetBytes(
                $$"""
                {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
                "config":{"mediaType":"{{CacheDocument.MediaType}}","digest":"{{Digest.Of(config)}}","size":{{config.Length}}},
                "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+zstd","digest":"{{s_layer}}","size":100}]}
                """));
            byte[] index = Change("index.json", Encoding.UTF8.GetBytes(
                $$$"""
                {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",
                "digest":"{{{Digest.Of(manifest)}}}","size":{{{manifest.Length}}},
                "annotations":{"org.opencontainers.image.ref.name":"{{{CacheDocument.Name}}}"}}]}
                """));
            File.WriteAllBytes(folder["blobs/sha256/" + Digest.Of(config).Hex], config);
            File.WriteAllBytes(folder["blobs/sha256/" + Digest.Of(manifest).Hex], manifest);
            File.WriteAllBytes(folder["index.json"], index);
            try
            {
                ImportedCache cache = ImportedCache.Open(new BuildCachePlace { Directory = folder.Path }, null!, CancellationToken.None);
                Assert.Null(cache.Find(Digest.Parse("sha256:" + new string('9', 64)), "RUN true", null!, CancellationToken.None));
                opened++;
            }
            catch (EngineException e)
            {
                Assert.NotEmpty(e.ErrorId);
            }

            byte[] Change(string part, byte[] bytes) => part == which && i > 0 ? Mutate(bytes, random) : bytes;
        }

        Assert.InRange(opened, 1, 299);
    }

    private static CacheDocument Parse(string json) => CacheDocument.Parse(Encoding.UTF8.GetBytes(json), 1, "cache");

    private static void Refused(byte[] json)
    {
        EngineException e = Assert.Throws<EngineException>(() => CacheDocument.Parse(json, 1, "of somebody"));
        Assert.Equal("InvalidBuildCache", e.ErrorId);
        Assert.Equal(EngineErrorKind.InvalidData, e.Kind);
        Assert.Contains("'of somebody'", e.Message, StringComparison.Ordinal);
    }

    /// <summary>What <see cref="ImportedCache"/> relies on.</summary>
    private static void AssertSound(CacheDocument document)
    {
        Assert.All(document.Layers, layer => Assert.Equal("sha256", Digest.Parse(layer).Algorithm));
        Assert.Single(document.Layers);
        Assert.All(document.Records, record =>
        {
            Assert.Matches("^[0-9a-f]{64}$", record.Key);
            Assert.True(record.Layer is null or 0);
        });
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        List<byte> bytes = [.. original];
        for (int change = random.Next(1, 3); change > 0; change--)
        {
            int at = random.Next(bytes.Count + 1);
            switch (random.Next(5))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(s_pieces[random.Next(s_pieces.Length)]));
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 3 when random.Next(4) == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    int from = random.Next(bytes.Count + 1);
                    bytes.InsertRange(at, bytes.GetRange(from, Math.Min(random.Next(1, 60), bytes.Count - from)));
                    break;
            }
        }

        return [.. bytes];
    }
}
