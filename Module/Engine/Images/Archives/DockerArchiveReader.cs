using System.Text.Json;

namespace Containers.Engine.Images;

/// <summary>
/// What docker 1.10 and later, podman and skopeo save as "docker-archive": manifest.json names for each image a configuration and the tars
/// of its layers (moby, image/spec/v1.2.md, "Combined Image JSON + Filesystem Changeset Format").
/// </summary>
internal static class DockerArchiveReader
{
    private const int MaxImages = 1000;
    private const int MaxNames = 1000;
    private const int MaxLayers = 1024;

    internal static IReadOnlyList<ArchivedImage> Read(ArchiveMembers members, byte[] manifest, CancellationToken cancel)
    {
        List<Entry> entries = ArchiveJson.Parse(manifest, ImageArchiveReader.Manifest, ReadEntries);
        List<ArchivedImage> images = [];
        foreach (Entry entry in entries)
        {
            cancel.ThrowIfCancellationRequested();
            images.Add(ReadImage(members, entry));
        }

        return images;
    }

    private static List<Entry> ReadEntries(JsonElement root)
    {
        if (root.GetArrayLength() > MaxImages)
        {
            throw new FormatException($"there are more than {MaxImages} images");
        }

        return
        [
            .. root.EnumerateArray().Select(item => new Entry(
                ArchiveJson.Text(item, "Config") ?? throw new FormatException("an image has no configuration"),
                ArchiveJson.Strings(item, "RepoTags", MaxNames),
                ArchiveJson.Strings(item, "Layers", MaxLayers))),
        ];
    }

    private static ArchivedImage ReadImage(ArchiveMembers members, Entry entry)
    {
        // Only a blob's name promises what is in it. HEX.json does not: people edit configurations in archives and load them again.
        byte[] json = MemberPath.BlobDigest(entry.Config) is Digest expected
            ? members.Read(entry.Config, expected)
            : members.Read(entry.Config);
        ImageConfig config = ImageConfigJson.Parse(json, entry.Config);
        if (config.RootFs.DiffIds.Count != entry.Layers.Count)
        {
            throw new EngineException(
                EngineErrorKind.InvalidData, "LayerMismatch",
                $"The configuration '{entry.Config}' names {config.RootFs.DiffIds.Count} layers, the archive {entry.Layers.Count}.",
                entry.Config, "Make or download the archive again.");
        }

        List<IncomingLayer> layers = [];
        foreach (string layer in entry.Layers)
        {
            layers.Add(new IncomingLayer
            {
                Digest = MemberPath.BlobDigest(layer),
                Size = members.Length(layer),
                Open = _ => members.Open(layer),
            });
        }

        return new ArchivedImage(new IncomingImage { Config = json, Layers = layers }, config, entry.Names);
    }

    private sealed record Entry(string Config, List<string> Names, List<string> Layers);
}
