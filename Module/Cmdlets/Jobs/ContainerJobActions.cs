using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>What a job does to its program, which differs between a container's own and a further one.</summary>
internal sealed record ContainerJobActions
{
    /// <summary>Ends it; with force at once. Returns when it has ended.</summary>
    internal required Action<bool> Stop { get; init; }

    internal required Action Suspend { get; init; }

    internal required Action Resume { get; init; }

    /// <summary>The container after the end.</summary>
    internal required Func<ContainerExit, Container> LastSeen { get; init; }

    /// <summary>What comes after the output.</summary>
    internal Func<ContainerExit, IEnumerable<object>> Results { get; init; } = static _ => [];

    /// <summary>An error of this end, for those who asked for one; null for none.</summary>
    internal Func<ContainerExit, ErrorRecord?> Failure { get; init; } = static _ => null;
}
