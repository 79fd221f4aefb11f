namespace Containers.Engine.Images;

/// <summary>What a registry or a layout answers to a name: a manifest or an index, never both (CVE-2021-41190).</summary>
internal abstract record ImageDocument
{
    /// <summary>OCI's or docker's; where the document does not say, what it was delivered as.</summary>
    public required string MediaType { get; init; }

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
}

/// <summary>One image, or an artifact in the shape of one.</summary>
internal sealed record ImageManifest : ImageDocument
{
    public required OciDescriptor Config { get; init; }

    /// <summary>Bottom first; at most 1024.</summary>
    public required IReadOnlyList<OciDescriptor> Layers { get; init; }

    /// <summary>False for charts, signatures, modules: whatever else people keep in registries.</summary>
    public bool IsImage => MediaTypes.IsImageConfig(Config.MediaType);
}

/// <summary>Images to choose from, mostly one for each platform.</summary>
internal sealed record ImageIndex : ImageDocument
{
    /// <summary>At most 10,000.</summary>
    public required IReadOnlyList<OciDescriptor> Manifests { get; init; }
}
