using Containers.Engine.Launch.Plan;

namespace Containers.Engine.Launch;

/// <summary>What <see cref="ExecPlanCompiler"/> needs: facts that were looked up before.</summary>
internal sealed record ExecInput
{
    /// <summary>The container's id.</summary>
    internal required string ContainerId { get; init; }

    internal required ContainerSpec Spec { get; init; }

    internal required ProgramDefaults Image { get; init; }

    internal required HostFacts Host { get; init; }

    internal required ExecSpec Exec { get; init; }

    internal required UserIdentity User { get; init; }

    /// <summary>The container's cgroups as they are.</summary>
    internal required PlanCgroup Cgroup { get; init; }

    /// <inheritdoc cref="LaunchInput.LinkVariables"/>
    internal IReadOnlyList<string> LinkVariables { get; init; } = [];

    /// <summary>The compiled filter, or null for none.</summary>
    internal byte[]? Seccomp { get; init; }

    /// <summary>Where its record goes: RUN/exec/ID; empty with a null <see cref="Record"/>.</summary>
    internal string Directory { get; init; } = "";

    /// <summary>What is written there as config.json; null keeps no record.</summary>
    internal string? Record { get; init; }
}
