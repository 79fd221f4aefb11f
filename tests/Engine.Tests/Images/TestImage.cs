using System.IO.Compression;
using System.Text;
using Containers.Engine.Images;

namespace Containers.Engine.Tests.Images;

/// <summary>An image as a registry holds it: layers with a file each, their blobs, the configuration, the manifest.</summary>
internal sealed class TestImage
{
    /// <param name="layers">One file of this content each; a content that comes twice is the same layer twice.</param>
    public TestImage(
        IReadOnlyList<string> layers, string platform = "linux/amd64", LayerCompression compression = LayerCompression.Gzip, bool docker = false,
        string label = "")
    {
        List<OciDescriptor> descriptors = [];
        List<Digest> diffIds = [];
        foreach (string content in layers)
        {
            byte[] tar = new TarBuilder().File("f-" + Digest.Of(Encoding.UTF8.GetBytes(content)).Hex[..8], content).ToBytes();
            byte[] blob = Compress(tar, compression);
            diffIds.Add(Digest.Of(tar));
            string type = compression switch
            {
                LayerCompression.None => docker ? MediaTypes.DockerLayer : MediaTypes.OciLayer,
                LayerCompression.Zstd => MediaTypes.OciLayerZstd,
                _ => docker ? MediaTypes.DockerLayerGzip : MediaTypes.OciLayerGzip,
            };
            descriptors.Add(new OciDescriptor { MediaType = type, Digest = Digest.Of(blob), Size = blob.Length });
            Blobs[Digest.Of(blob)] = blob;
        }

        ImagePlatform parsed = ImagePlatform.Parse(platform);
        Config = ImageConfigJson.Write(new ImageConfig
        {
            Os = parsed.Os, Architecture = parsed.Architecture, Variant = parsed.Variant, Created = DateTimeOffset.UnixEpoch,
            Config = new ImageDefaults { Cmd = ["/bin/true"], Labels = new Dictionary<string, string> { ["l"] = label } },
            RootFs = new ImageRootFs { DiffIds = diffIds },
        });
        Blobs[Digest.Of(Config)] = Config;
        Layers = descriptors;
        Manifest = ManifestJson.Write(new ImageManifest
        {
            MediaType = docker ? MediaTypes.DockerManifest : MediaTypes.OciManifest,
            Config = new OciDescriptor
            {
                MediaType = docker ? MediaTypes.DockerConfig : MediaTypes.OciConfig, Digest = Digest.Of(Config), Size = Config.Length,
            },
            Layers = descriptors,
            Annotations = new Dictionary<string, string> { ["made.by"] = "somebody else" },
        });
        Platform = parsed;
    }

    public Dictionary<Digest, byte[]> Blobs { get; } = [];

    public byte[] Config { get; }

    public Digest Id => Digest.Of(Config);

    public IReadOnlyList<OciDescriptor> Layers { get; }

    public StoredManifest Manifest { get; }

    public ImagePlatform Platform { get; }

    public OciDescriptor Entry => new()
    {
        MediaType = Manifest.MediaType, Digest = Manifest.Digest, Size = Manifest.Content.Length, Platform = Platform,
    };

    /// <summary>Layers that were opened, in order.</summary>
    public List<Digest> Opened { get; } = [];

    public IncomingImage Incoming(params string[] references) => new()
    {
        Config = Config,
        Manifest = Manifest,
        References = [.. references.Select(ImageReference.Parse)],
        Layers =
        [
            .. Layers.Select(layer => new IncomingLayer
            {
                Digest = layer.Digest, Size = layer.Size, MediaType = layer.MediaType, Repository = "docker.io/library/x",
                Open = _ => Open(layer.Digest),
            }),
        ],
    };

    private MemoryStream Open(Digest digest)
    {
        lock (Opened)
        {
            Opened.Add(digest);
        }

        return new MemoryStream(Blobs[digest]);
    }

    private static byte[] Compress(byte[] tar, LayerCompression compression)
    {
        MemoryStream result = new();
        switch (compression)
        {
            case LayerCompression.None:
                return tar;
            case LayerCompression.Gzip:
                using (GZipStream gzip = new(result, CompressionLevel.Fastest))
                {
                    gzip.Write(tar);
                }

                break;
            default:
                using (SharpCompress.Compressors.ZStandard.CompressionStream zstd = new(result))
                {
                    zstd.Write(tar);
                }

                break;
        }

        return result.ToArray();
    }
}
