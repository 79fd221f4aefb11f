namespace Containers.Engine.Images;

/// <summary>Whether an image can be used.</summary>
public enum ImageState
{
    Ready,

    /// <summary>Something of it is missing or not what it says it is; <see cref="ContainerImage.Damage"/> says what.</summary>
    Damaged,
}

/// <summary>An image as a user sees it.</summary>
public sealed record ContainerImage
{
    /// <summary>"sha256:" and 64 digits; empty only for a damaged reference that points to nothing.</summary>
    public required string Id { get; init; }

    /// <summary>The first 12 digits of the id.</summary>
    public string ShortId => Id.Length < 19 ? Id : Id[7..19];

    /// <summary>All tags in their familiar form: those it was asked for by, or has just got, then the others, sorted.</summary>
    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary>
    /// Manifests and indexes it came by: "alpine@sha256:…" each, sorted. It can be named so, but these are no names of its own.
    /// </summary>
    public IReadOnlyList<string> Digests { get; init; } = [];

    /// <summary>The digest of the first of <see cref="Digests"/>; null for an image that never was in a registry.</summary>
    public string? Digest => Digests.Count > 0 ? Digests[0][(Digests[0].IndexOf('@', StringComparison.Ordinal) + 1)..] : null;

    /// <summary>
    /// Of the first reference, else of the first digest (then the tag is "&lt;none&gt;", as docker has it), else "&lt;none&gt;".
    /// </summary>
    public string Repository { get; init; } = "<none>";

    /// <summary>Of the first reference, or "&lt;none&gt;".</summary>
    public string Tag { get; init; } = "<none>";

    /// <summary><see cref="DateTimeOffset.MinValue"/> where the image does not say.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Bytes of file content in all layers.</summary>
    public long Size { get; init; }

    public string Architecture { get; init; } = string.Empty;

    public string Os { get; init; } = string.Empty;

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Command { get; init; } = [];

    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    /// <summary>Number of layers.</summary>
    public int Layers { get; init; }

    public ImageState State { get; init; }

    /// <summary>One sentence on what is wrong; null where nothing is.</summary>
    public string? Damage { get; init; }

    /// <summary>The same with these of its names before the others: whoever asked for a name sees that one.</summary>
    internal ContainerImage CalledFirst(IEnumerable<ImageReference> names)
    {
        ImageReference[] first = [.. names.Where(name => References.Contains(name.ToString())).Distinct()];
        return first.Length == 0 ? this : this with
        {
            References = [.. first.Select(name => name.ToString()).Union(References)],
            Repository = first[0].FamiliarName,
            Tag = first[0].Tag ?? "<none>",
        };
    }

    public override string ToString() => References.Count > 0 ? References[0] : ShortId;
}
