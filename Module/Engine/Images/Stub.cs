namespace Containers.Engine.Images;

public sealed record ContainerImage
{
    public required string Id { get; init; }
    public string ShortId => Id;
    public IReadOnlyList<string> References { get; init; } = [];
    public string Repository { get; init; } = "";
    public string Tag { get; init; } = "";
    public DateTimeOffset Created { get; init; }
    public long Size { get; init; }
    public string Architecture { get; init; } = "";
    public string Os { get; init; } = "";
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<string> Command { get; init; } = [];
    public IReadOnlyList<string> Entrypoint { get; init; } = [];
}

public sealed record RemovedImage(string Untagged, string Deleted);

public sealed record ImageImportOptions
{
    public IReadOnlyList<string> References { get; init; } = [];
    public IReadOnlyList<string>? Command { get; init; }
    public IReadOnlyList<string>? Entrypoint { get; init; }
    public IReadOnlyDictionary<string, string>? Environment { get; init; }
    public string? User { get; init; }
    public string? WorkingDirectory { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    public string? Message { get; init; }
    public string? Author { get; init; }
    public string? StopSignal { get; init; }
}

public sealed class ImageStore(string dataRoot)
{
    public string DataRoot { get; } = dataRoot;
    public IReadOnlyList<ContainerImage> List() => throw new NotImplementedException();
    public ContainerImage Get(string nameOrIdPrefix) => throw new NotImplementedException();
    public ContainerImage ImportRootFileSystem(Stream tar, ImageImportOptions options, IProgress<long>? progress, CancellationToken cancellation) => throw new NotImplementedException();
    public ContainerImage CreateFromDirectory(string path, ImageImportOptions options, IProgress<long>? progress, CancellationToken cancellation) => throw new NotImplementedException();
    public ContainerImage CreateFromPrograms(IReadOnlyList<string> programs, ImageImportOptions options, IProgress<long>? progress, CancellationToken cancellation) => throw new NotImplementedException();
    public IReadOnlyList<RemovedImage> Remove(string nameOrId, bool force, Func<string, string?> userOf) => throw new NotImplementedException();
}
