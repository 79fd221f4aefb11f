using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;

namespace Containers.Engine;

/// <summary>
/// The engine as the cmdlets see it: every public operation is one method here. It holds no state of its own but caches; all state is
/// files under the roots, so that any number of sessions can work side by side. Thread-safe.
/// </summary>
/// <remarks>
/// A container is named by its name, its id, or an unambiguous beginning of its id. Failures are <see cref="EngineException"/>s;
/// ids used everywhere: ContainerNotFound, AmbiguousContainerId, NameConflict, ContainerRunning, ContainerNotRunning, ContainerPaused.
/// </remarks>
public sealed partial class ContainerEngine
{
    /// <summary>Images and layers under the same data root.</summary>
    public ImageStore Images { get; }

    public ContainerEngine(EngineOptions options)
    {
        Options = options;
        Images = new ImageStore(options.DataRoot);
    }

    public EngineOptions Options { get; }

    /// <summary>All containers, by name; a damaged one is listed as such. Takes no lock.</summary>
    public IReadOnlyList<Container> List() => throw new NotImplementedException();

    public Container Get(string nameOrId) => throw new NotImplementedException();

    /// <summary>Validates, reserves the name, writes the record. Nothing runs.</summary>
    /// <param name="spec">What is wanted.</param>
    /// <param name="name">Name, or null for a random one.</param>
    /// <param name="warnings">Gets what could not be honoured (a limit the kernel lacks), as sentences.</param>
    public Container Create(ContainerSpec spec, string? name, IList<string> warnings) => throw new NotImplementedException();

    /// <summary>Starts detached. An already running container is returned as it is.</summary>
    public Container Start(string nameOrId, IList<string> warnings, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Starts in the foreground: the session gets the output as it comes. Dispose it to let go (the container runs on).</summary>
    public RunSession StartAttached(string nameOrId, IList<string> warnings, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <param name="nameOrId">The container.</param>
    /// <param name="timeout">Until the kill; null for the container's own (ten seconds); negative waits for ever.</param>
    /// <param name="signal">Name or number; null for the container's own (SIGTERM).</param>
    /// <param name="force">Kill at once; also a paused container.</param>
    /// <param name="cancellation">Ends the wait; the stop goes on.</param>
    /// <returns>The stopped container; a container that removed itself as it was last seen.</returns>
    public Container Stop(string nameOrId, TimeSpan? timeout, string? signal, bool force, CancellationToken cancellation) =>
        throw new NotImplementedException();

    public Container Restart(
        string nameOrId, TimeSpan? timeout, string? signal, IList<string> warnings, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <param name="nameOrId">The container.</param>
    /// <param name="force">Kills a running one first; otherwise ContainerRunning.</param>
    /// <param name="cancellation">Ends the wait for a kill.</param>
    public void Remove(string nameOrId, bool force, CancellationToken cancellation) => throw new NotImplementedException();

    /// <param name="nameOrId">A running container.</param>
    /// <param name="signal">Name with or without SIG, or number.</param>
    public void SendSignal(string nameOrId, string signal) => throw new NotImplementedException();

    public Container Suspend(string nameOrId) => throw new NotImplementedException();

    public Container Resume(string nameOrId) => throw new NotImplementedException();

    public Container Rename(string nameOrId, string newName) => throw new NotImplementedException();

    /// <summary>Changes limits and restart policy, of a running container at once. Null leaves a part as it is.</summary>
    public Container Update(string nameOrId, Cgroups.ResourceLimits? limits, RestartSpec? restart, IList<string> warnings) =>
        throw new NotImplementedException();

    /// <summary>Waits for a condition.</summary>
    /// <returns>The container when the condition holds. A time-out is OperationTimeout "WaitTimeout".</returns>
    public Container Wait(string nameOrId, WaitCondition condition, TimeSpan? timeout, CancellationToken cancellation) =>
        throw new NotImplementedException();

    public IEnumerable<ContainerLogEntry> ReadLog(string nameOrId, LogQuery query, CancellationToken cancellation) =>
        throw new NotImplementedException();

    public ContainerHost GetHost() => throw new NotImplementedException();

    /// <summary>The steps a start of this container takes, in order. Nothing is done.</summary>
    public IReadOnlyList<PlanStepDescription> GetPlan(string nameOrId) => throw new NotImplementedException();

    /// <summary>The same for a container that does not exist yet.</summary>
    public IReadOnlyList<PlanStepDescription> GetPlan(ContainerSpec spec) => throw new NotImplementedException();
}
