using Containers.Engine.Storage;

namespace Containers.Engine;

/// <summary>What the store takes up, what of it can go, what of it is damaged.</summary>
public sealed partial class ContainerEngine
{
    /// <summary>What images, layers and containers take up on the disk.</summary>
    public IReadOnlyList<StorageUsage> GetStorage(bool detailed, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>What <see cref="Clear"/> would remove, in its order.</summary>
    public IReadOnlyList<ReclaimedItem> FindReclaimable(PruneOptions options, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Removes one thing that <see cref="FindReclaimable"/> found; null where it is in use by now.</summary>
    public ReclaimedItem? Clear(ReclaimedItem item, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Looks for damage in the store.</summary>
    /// <param name="quick">Leave out reading every layer's content.</param>
    public IEnumerable<HostCheckResult> Check(bool quick, IProgress<long>? progress, CancellationToken cancel) => throw new NotImplementedException();
}
