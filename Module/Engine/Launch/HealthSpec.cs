using System.Text.Json.Serialization;
using Containers.Engine.Launch.Plan;

namespace Containers.Engine.Launch;

/// <summary>How it is found out whether a container works. What is null is the image's, then docker's default.</summary>
public sealed record HealthSpec
{
    /// <summary>The command; null for the image's.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>The only word of the command is for the image's shell, else /bin/sh -c.</summary>
    public bool Shell { get; init; }

    /// <summary>There is no check, whatever the image says.</summary>
    public bool Disabled { get; init; }

    /// <summary>From the end of a check to the next; 30 s.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>How long a check may take; 30 s.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Failures in a row that make it unhealthy; 3.</summary>
    public int? Retries { get; init; }

    /// <summary>How long failures after the start do not count; 0.</summary>
    public TimeSpan? StartPeriod { get; init; }

    /// <summary>The interval in that time, as long as no check has succeeded; 5 s.</summary>
    public TimeSpan? StartInterval { get; init; }

    /// <summary>What is done when it becomes unhealthy; nothing.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<HealthAction>))]
    public HealthAction? OnFailure { get; init; }
}

/// <summary>The check that is in force: nothing of it is left open.</summary>
/// <param name="Command">Program and arguments.</param>
/// <param name="Interval">From the end of a check to the next.</param>
/// <param name="Timeout">How long one may take.</param>
/// <param name="StartPeriod">How long failures after the start do not count.</param>
/// <param name="StartInterval">The interval in that time.</param>
/// <param name="Retries">Failures in a row that make it unhealthy.</param>
/// <param name="OnFailure">What is done then.</param>
internal sealed record HealthCheck(
    IReadOnlyList<string> Command, TimeSpan Interval, TimeSpan Timeout, TimeSpan StartPeriod, TimeSpan StartInterval, int Retries, HealthAction OnFailure)
{
    /// <summary>What the monitor is told besides the command.</summary>
    internal PlanHealth Times => new()
    {
        Interval = (long)Interval.TotalMilliseconds,
        Timeout = (long)Timeout.TotalMilliseconds,
        StartPeriod = (long)StartPeriod.TotalMilliseconds,
        StartInterval = (long)StartInterval.TotalMilliseconds,
        Retries = (uint)Retries,
        Action = OnFailure,
    };
}
