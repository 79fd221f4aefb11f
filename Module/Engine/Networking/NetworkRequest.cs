using Containers.Engine.Launch;

namespace Containers.Engine.Networking;

/// <summary>What a container wants of the networks at its start; names were looked up before.</summary>
internal sealed record NetworkRequest
{
    internal required string Id { get; init; }

    internal required string Name { get; init; }

    internal required NetworkSpec Spec { get; init; }

    /// <summary>What the image exposes.</summary>
    internal IReadOnlyList<ContainerPort> ImagePorts { get; init; } = [];

    internal IReadOnlyList<LinkTarget> Links { get; init; } = [];

    /// <summary>The host name, with its domain where it has one.</summary>
    internal required string HostName { get; init; }

    /// <summary>Every exposed port, the user's and the image's.</summary>
    internal IEnumerable<ContainerPort> Exposed => Spec.Exposed.Concat(ImagePorts).Distinct();
}

/// <param name="Id">The container that is linked to; it must run.</param>
/// <param name="Name">Its name.</param>
/// <param name="Alias">The name it gets.</param>
/// <param name="Ports">What it exposes.</param>
internal sealed record LinkTarget(string Id, string Name, string Alias, IReadOnlyList<ContainerPort> Ports);
