using Containers.Engine.Building;
using Containers.Engine.Building.Cache;
using Containers.Engine.Building.Execution;
using Containers.Engine.Distribution;
using Containers.Engine.Images;
using Containers.Engine.Lifecycle;

namespace Containers.Engine;

/// <summary>Images from Dockerfiles.</summary>
public sealed partial class ContainerEngine
{
    private BuildCache BuildCache => new(Options.DataRoot, _images);

    /// <summary>What the build cache keeps, the latest used first.</summary>
    public IReadOnlyList<BuildCacheEntry> GetBuildCache(CancellationToken cancel) => BuildCacheMaintenance.List(cancel);

    /// <summary>Builds an image.</summary>
    /// <returns>Null where only the steps are asked for.</returns>
    /// <exception cref="EngineException">
    /// InvalidDockerfile and the other findings of the parser, with file, line and caret; BuildStepFailed; CopySourceNotFound, CopyConflict; what
    /// a pull throws. What was made until then is in the cache.
    /// </exception>
    public ContainerImage? Build(BuildRequest request, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        _store.Prepare();
        _reconciler.Run(starting: true);
        BuildServices services = new()
        {
            DataRoot = Options.DataRoot,
            Images = Images,
            Cache = BuildCache,
            Storage = _storage.Select,
            Containers = new StepContainers(_paths, _store, _launcher, _networks, _storage),
            Facts = Facts,
            Registries = stop => RegistryAccess.Of(_registries, null, stop),
            Pull = EnsureImage,
        };
        return new Builder(services, request with { Network = ResolveNetwork(request.Network, ContainerRecord.NewId()) }).Run(cancel);
    }
}
