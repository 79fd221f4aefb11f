using System.Text.Json.Serialization;
using Containers.Engine.Launch.Plan;

namespace Containers.Engine.Lifecycle;

/// <summary>What the checks of a container say.</summary>
public sealed record ContainerHealth
{
    /// <summary>The container's name.</summary>
    public required string Container { get; init; }

    public HealthState Status { get; init; }

    /// <summary>Checks that failed in a row.</summary>
    public int FailingStreak { get; init; }

    /// <summary>The last five checks, oldest first.</summary>
    public IReadOnlyList<ContainerHealthResult> Log { get; init; } = [];
}

/// <summary>One check.</summary>
public sealed record ContainerHealthResult
{
    /// <summary>The container's name.</summary>
    public required string Container { get; init; }

    public DateTimeOffset Started { get; init; }

    public TimeSpan Duration { get; init; }

    /// <summary>0 means that it works; null for a check that could not be started or did not end in time.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Standard output and error, 4 KiB at most; or why there is no exit code.</summary>
    public string Output { get; init; } = "";

    /// <summary>What the container is after it. Null for one of the past.</summary>
    public HealthState? Status { get; init; }

    /// <summary>The check ended with exit code 0.</summary>
    public bool Succeeded => ExitCode == 0;

    public override string ToString() => Output;
}

/// <summary>health.json: what the monitor wrote.</summary>
internal sealed record HealthLogRecord
{
    public IReadOnlyList<HealthResultRecord> Log { get; init; } = [];
}

/// <param name="Start">Nanoseconds since 1970.</param>
/// <param name="End">In the same way.</param>
/// <param name="ExitCode">-1 without one.</param>
/// <param name="Errno">Why there is none, or 0.</param>
/// <param name="Output">Both streams.</param>
internal sealed record HealthResultRecord(long Start, long End, int ExitCode, int Errno, string Output)
{
    [JsonIgnore]
    internal bool HasExitCode => Errno == 0;
}
