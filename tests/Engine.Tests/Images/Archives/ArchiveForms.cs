using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Containers.Engine.Images;

namespace Containers.Engine.Tests.Images.Archives;

/// <summary>Images in memory, and every form in which the world writes them down.</summary>
internal static class ArchiveForms
{
    internal static string Hex(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    internal static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    internal static byte[] Layer(string file, string content = "x") => new TarBuilder().Folder("d").File("d/" + file, content).ToBytes();

    internal static byte[] Gzip(byte[] content)
    {
        MemoryStream target = new();
        using (GZipStream gzip = new(target, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return target.ToArray();
    }

    internal static byte[] Config(string architecture, params byte[][] layers) => Utf8(JsonSerializer.Serialize(new
    {
        architecture,
        os = "linux",
        config = new { Cmd = new[] { "/bin/sh" } },
        rootfs = new { type = "layers", diff_ids = layers.Select(layer => "sha256:" + Hex(layer)) },
    }));

    internal static TarBuilder Add(this TarBuilder tar, string name, byte[] content) =>
        tar.Add(TarEntryType.File, Utf8(name), "", content, 0x1A4, 0, 0);

    /// <summary>One image as docker 1.10 to 24 saves it: HEX.json, ID/layer.tar; a layer that was there already is a link to it.</summary>
    internal static TarBuilder AddDocker(
        this TarBuilder tar, List<object> manifest, string[] names, HashSet<string> seen, params byte[][] layers)
    {
        byte[] config = Config("amd64", layers);
        List<string> paths = [];
        for (int i = 0; i < layers.Length; i++)
        {
            string id = Hex([.. layers[i], (byte)(i + names.Length), (byte)manifest.Count]);
            string first = Hex(layers[i]);
            tar.Folder(id).File(id + "/VERSION", "1.0");
            if (seen.Add(first))
            {
                tar.Folder(first).Add(first + "/layer.tar", layers[i]);
            }

            tar.Link(id + "/layer.tar", $"../{first}/layer.tar");
            paths.Add(id + "/layer.tar");
        }

        tar.Add(Hex(config) + ".json", config);
        manifest.Add(new { Config = Hex(config) + ".json", RepoTags = names, Layers = paths });
        return tar;
    }

    internal static byte[] Docker(string[] names, params byte[][] layers)
    {
        List<object> manifest = [];
        return new TarBuilder().AddDocker(manifest, names, [], layers).Add("manifest.json", Json(manifest)).ToBytes();
    }

    /// <summary>As podman has it: every layer under its own name, no links (skopeo 1.9 takes a link for an empty layer).</summary>
    internal static byte[] DockerPlain(string[] names, params byte[][] layers)
    {
        byte[] config = Config("amd64", layers);
        TarBuilder tar = new TarBuilder().Add(Hex(config) + ".json", config);
        foreach (byte[] layer in layers)
        {
            tar.Add(Hex(layer) + ".tar", layer);
        }

        string[] paths = [.. layers.Select(layer => Hex(layer) + ".tar")];
        return tar.Add("manifest.json", Json(new[] { new { Config = Hex(config) + ".json", RepoTags = names, Layers = paths } }))
            .ToBytes();
    }

    internal static byte[] Json(object value) => JsonSerializer.SerializeToUtf8Bytes(value);

    /// <summary>Adds a blob, and returns what names it.</summary>
    internal static Dictionary<string, object> Blob(
        IDictionary<string, byte[]> files, byte[] content, string type, object? platform = null,
        Dictionary<string, string>? annotations = null)
    {
        files["blobs/sha256/" + Hex(content)] = content;
        Dictionary<string, object> descriptor = new()
        {
            ["mediaType"] = type, ["digest"] = "sha256:" + Hex(content), ["size"] = content.Length,
        };
        if (platform is not null)
        {
            descriptor["platform"] = platform;
        }

        if (annotations is not null)
        {
            descriptor["annotations"] = annotations;
        }

        return descriptor;
    }

    internal static byte[] OciManifest(
        IDictionary<string, byte[]> files, string architecture, bool gzip, params byte[][] layers) => Json(new
    {
        schemaVersion = 2,
        mediaType = MediaTypes.OciManifest,
        config = Blob(files, Config(architecture, layers), MediaTypes.OciConfig),
        layers = layers.Select(layer => gzip
            ? Blob(files, Gzip(layer), MediaTypes.OciLayerGzip)
            : Blob(files, layer, MediaTypes.OciLayer)).ToArray(),
    });

    internal static byte[] OciIndex(params object[] entries) => Json(new { schemaVersion = 2, manifests = entries });

    internal static SortedDictionary<string, byte[]> Layout() => new(StringComparer.Ordinal)
    {
        ["oci-layout"] = Utf8("""{"imageLayoutVersion":"1.0.0"}"""),
    };

    internal static byte[] Tar(IDictionary<string, byte[]> files)
    {
        TarBuilder tar = new();
        foreach ((string name, byte[] content) in files)
        {
            tar.Add(name, content);
        }

        return tar.ToBytes();
    }

    /// <summary>What comes out of a layer, however it is packed.</summary>
    internal static byte[] Unpack(IncomingLayer layer)
    {
        using Stream stream = layer.Open(CancellationToken.None);
        Decompression.Open(stream, out Stream content);
        MemoryStream target = new();
        content.CopyTo(target);
        return target.ToArray();
    }
}
