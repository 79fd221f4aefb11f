using Containers.Engine.Cgroups;
using Containers.Engine.Launch;

namespace Containers.Engine.Lifecycle;

/// <summary>What is to be another way in a container that exists. What is null stays as it is.</summary>
public sealed record ContainerSettings
{
    /// <summary>Limits; in force at once.</summary>
    public ResourceLimits? Limits { get; init; }

    /// <summary>Restart policy; in force at once.</summary>
    public RestartSpec? Restart { get; init; }

    /// <summary>The health check; in force at once. What is null in it stays; with a command the check begins anew; Disabled ends it.</summary>
    public HealthSpec? Health { get; init; }

    /// <summary>Variables that are added or get another value, for programs that are started from now on.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Limits of setrlimit(2), for programs that are started from now on.</summary>
    public IReadOnlyDictionary<string, UlimitSpec> Ulimits { get; init; } = new Dictionary<string, UlimitSpec>();

    /// <summary>The definition after the change.</summary>
    internal ContainerSpec Apply(ContainerSpec now) => now with
    {
        Limits = Limits is null ? now.Limits : LimitChange.Merge(now.Limits, Limits),
        Restart = Restart ?? now.Restart,
        Health = Health is null ? now.Health : Merge(now.Health, Health),
        Process = now.Process with
        {
            Environment = LimitChange.Merge(now.Process.Environment, Environment), Ulimits = LimitChange.Merge(now.Process.Ulimits, Ulimits),
        },
    };

    private static HealthSpec Merge(HealthSpec now, HealthSpec change) => change.Disabled ? new HealthSpec { Disabled = true } : new HealthSpec
    {
        Command = change.Command ?? now.Command,
        Shell = change.Command is null ? now.Shell : change.Shell,
        Disabled = change.Command is null && now.Disabled,
        Interval = change.Interval ?? now.Interval,
        Timeout = change.Timeout ?? now.Timeout,
        Retries = change.Retries ?? now.Retries,
        StartPeriod = change.StartPeriod ?? now.StartPeriod,
        StartInterval = change.StartInterval ?? now.StartInterval,
        OnFailure = change.OnFailure ?? now.OnFailure,
    };
}
