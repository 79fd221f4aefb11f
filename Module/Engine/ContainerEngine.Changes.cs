using Containers.Engine.Images;
using Containers.Engine.Storage;

namespace Containers.Engine;

/// <summary>What a commit makes of a container.</summary>
public sealed record CommitOptions
{
    public IReadOnlyList<ImageReference> References { get; init; } = [];

    public string? Message { get; init; }

    public string? Author { get; init; }

    /// <summary>Dockerfile instructions: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, SHELL, STOPSIGNAL, USER, VOLUME, WORKDIR.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>Freeze the container meanwhile.</summary>
    public bool Pause { get; init; } = true;

    /// <summary>Only these paths and what is below them; null for all changes.</summary>
    public IReadOnlyList<string>? Paths { get; init; }

    /// <summary>Time of creation and upper limit of file times; now and none where null.</summary>
    public DateTimeOffset? Created { get; init; }

    public IProgress<long>? Progress { get; init; }

    public Action<string>? Warning { get; init; }
}

/// <summary>Containers' changes: looking at them, keeping them.</summary>
public sealed partial class ContainerEngine
{
    /// <summary>Added, changed and deleted paths, sorted; a directory counts as changed when something in it did, as docker has it.</summary>
    public IEnumerable<ContainerChange> GetChanges(string container, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>What the second image has otherwise than the first.</summary>
    public IEnumerable<ContainerChange> CompareImages(string reference, string difference, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Makes an image of a container.</summary>
    public ContainerImage Commit(string container, CommitOptions options, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Writes the container's root as a tar, without what is mounted into it.</summary>
    /// <param name="progress">Told how many bytes were written.</param>
    public void Export(string container, Stream target, IProgress<long>? progress, CancellationToken cancel) => throw new NotImplementedException();

    public IReadOnlyList<StorageDriverInfo> GetStorageDrivers() => throw new NotImplementedException();
}
