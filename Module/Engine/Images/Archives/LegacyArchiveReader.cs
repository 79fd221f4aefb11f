using System.Security.Cryptography;
using System.Text.Json;

namespace Containers.Engine.Images;

/// <summary>
/// What docker saved until 1.9 (moby, image/spec/v1.md): a directory for each layer with its own JSON, which names its parent; the file
/// "repositories" has the names. Such an image becomes one of today: its configuration is made from the topmost JSON, the history from all.
/// </summary>
internal sealed class LegacyArchiveReader
{
    private const int MaxLayers = 1024;
    private const int MaxNames = 10_000;
    private const int IdLength = 64;

    private readonly ArchiveMembers _members;
    private readonly CancellationToken _cancel;
    private readonly Dictionary<string, LegacyLayer> _layers = [];

    private LegacyArchiveReader(ArchiveMembers members, CancellationToken cancel)
    {
        _members = members;
        _cancel = cancel;
    }

    internal static bool IsImage(ArchiveMembers members, string directory) =>
        IsId(directory) && members.Contains(directory + "/json") && members.Contains(directory + "/layer.tar");

    internal static IReadOnlyList<ArchivedImage> Read(ArchiveMembers members, CancellationToken cancel) =>
        new LegacyArchiveReader(members, cancel).Read();

    private static bool IsId(string text) => text.Length == IdLength && Digest.IsHex(text);

    private List<ArchivedImage> Read()
    {
        List<ArchivedImage> images = [];
        foreach (IGrouping<string, (string Id, string? Name)> head in Heads().GroupBy(head => head.Id))
        {
            images.Add(ReadImage(head.Key, [.. head.Select(each => each.Name).OfType<string>()]));
        }

        return images;
    }

    /// <summary>Images with their names; without "repositories", those that are no other's parent.</summary>
    private List<(string Id, string? Name)> Heads()
    {
        if (_members.Contains(ImageArchiveReader.Repositories))
        {
            return ArchiveJson.Parse(_members.Read(ImageArchiveReader.Repositories), ImageArchiveReader.Repositories, ReadNames);
        }

        List<string> ids = [.. _members.Directories().Where(name => IsImage(_members, name))];
        HashSet<string?> parents = [.. ids.Select(id => Layer(id).Parent)];
        return [.. ids.Where(id => !parents.Contains(id)).Order(StringComparer.Ordinal).Select(id => (id, (string?)null))];
    }

    private static List<(string Id, string? Name)> ReadNames(JsonElement root)
    {
        List<(string Id, string? Name)> names = [];
        foreach (JsonProperty repository in root.EnumerateObject())
        {
            foreach (JsonProperty tag in repository.Value.EnumerateObject())
            {
                string id = tag.Value.GetString() ?? "";
                names.Add(IsId(id) && names.Count < MaxNames
                    ? (id, repository.Name + ":" + tag.Name)
                    : throw new FormatException(IsId(id) ? "there are too many names" : "a name leads to no image id"));
            }
        }

        return names;
    }

    private ArchivedImage ReadImage(string head, IReadOnlyList<string> names)
    {
        List<LegacyLayer> chain = [];
        for (string? id = head; id is not null; id = chain[^1].Parent)
        {
            if (chain.Count >= MaxLayers)
            {
                throw ImageErrors.DamagedArchive($"the image '{head}' has more than {MaxLayers} layers, or is its own parent");
            }

            chain.Add(Layer(id));
        }

        chain.Reverse();
        byte[] json = LegacyConfig.Make(chain);
        List<IncomingLayer> layers = [];
        foreach (LegacyLayer layer in chain)
        {
            layers.Add(new IncomingLayer { Size = _members.Length(layer.Tar), Open = _ => _members.Open(layer.Tar) });
        }

        return new ArchivedImage(
            new IncomingImage { Config = json, Layers = layers }, ImageConfigJson.Parse(json, head), names);
    }

    private LegacyLayer Layer(string id)
    {
        if (_layers.TryGetValue(id, out LegacyLayer? known))
        {
            return known;
        }

        string name = id + "/json";
        byte[] json = _members.Read(name);
        string? parent = ArchiveJson.Parse(json, name, root => ArchiveJson.Text(root, "parent"));
        parent = string.IsNullOrEmpty(parent) ? null : parent;
        if (parent is not null && !IsId(parent))
        {
            throw ImageErrors.DamagedArchive($"'{name}' names a parent that is no image id");
        }

        string tar = id + "/layer.tar";
        LegacyLayer layer = new(name, json, parent, tar, new Lazy<Digest>(() => DiffId(tar)));
        _layers[id] = layer;
        return layer;
    }

    /// <summary>Nobody wrote it down at that time.</summary>
    private Digest DiffId(string tar)
    {
        try
        {
            using Stream packed = _members.Open(tar);
            CountingStream _ = Decompression.Open(packed, out Stream content);
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            byte[] buffer = GC.AllocateUninitializedArray<byte>(256 * 1024);
            int got;
            while ((got = content.Read(buffer)) > 0)
            {
                _cancel.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, got);
            }

            return Digest.FromSha256(hash.GetHashAndReset());
        }
        catch (Exception e) when (e is not (EngineException or OperationCanceledException or OutOfMemoryException))
        {
            throw ImageErrors.DamagedArchive($"'{tar}' cannot be read", e);
        }
    }
}

/// <summary>One layer of the old form; its diff id is found out when it is asked for.</summary>
internal sealed record LegacyLayer(string Name, byte[] Json, string? Parent, string Tar, Lazy<Digest> DiffId);
