using Containers.Engine.Building.Cache;
using Containers.Engine.Building.Checking;
using Containers.Engine.Distribution;
using Containers.Engine.Images;
using Containers.Engine.Lifecycle;
using Containers.Engine.Storage;

namespace Containers.Engine.Building.Execution;

/// <summary>The parts of the engine that builds use.</summary>
internal sealed record BuildServices
{
    internal required string DataRoot { get; init; }

    internal required ImageStore Images { get; init; }

    internal required BuildCache Cache { get; init; }

    internal required Func<IList<string>?, IStorageDriver> Storage { get; init; }

    internal required StepContainers Containers { get; init; }

    /// <summary>What checks need of an image of this host; null where it is not here.</summary>
    internal required Func<string, BaseImageFacts?> Facts { get; init; }

    internal required Func<CancellationToken, RegistryAccess> Registries { get; init; }

    /// <summary>Finds or pulls an image by the policy.</summary>
    internal required Func<string, PullOptions, CancellationToken, ContainerImage> Pull { get; init; }
}
