using System.Globalization;
using Containers.Engine.Launch.Plan;

namespace Containers.Engine.Lifecycle;

/// <summary>Times in words, as docker says them: "Up 3 minutes", "Exited (0) About an hour ago".</summary>
public static class ContainerStatusText
{
    public static string Describe(Container container, DateTimeOffset now) => container.State switch
    {
        ContainerState.Created => "Created",
        ContainerState.Running => "Up " + Duration(now - (container.Started ?? now)) + (container.Supervised ? Health(container) : " (no monitor)"),
        ContainerState.Paused => "Up " + Duration(now - (container.Started ?? now)) + " (Paused)",
        ContainerState.Restarting => $"Restarting ({Code(container)}) {Ago(container, now)}",
        ContainerState.Exited => $"Exited ({Code(container)}) {Ago(container, now)}",
        _ => "Damaged",
    };

    public static string Duration(TimeSpan span)
    {
        if (span < TimeSpan.FromSeconds(1))
        {
            return "Less than a second";
        }

        (double value, string unit) = span switch
        {
            { TotalSeconds: < 60 } => (span.TotalSeconds, "second"),
            { TotalMinutes: < 2 } => (0, "About a minute"),
            { TotalMinutes: < 60 } => (span.TotalMinutes, "minute"),
            { TotalHours: < 2 } => (0, "About an hour"),
            { TotalHours: < 48 } => (span.TotalHours, "hour"),
            { TotalDays: < 14 } => (span.TotalDays, "day"),
            { TotalDays: < 60 } => (span.TotalDays / 7, "week"),
            { TotalDays: < 730 } => (span.TotalDays / 30, "month"),
            _ => (span.TotalDays / 365, "year"),
        };
        if (value == 0)
        {
            return unit;
        }

        int whole = (int)value;
        return whole.ToString(CultureInfo.InvariantCulture) + " " + unit + (whole == 1 ? "" : "s");
    }

    private static string Health(Container container) => container.Health switch
    {
        HealthState.Starting => " (health: starting)",
        HealthState.Healthy => " (healthy)",
        HealthState.Unhealthy => " (unhealthy)",
        _ => "",
    };

    private static string Code(Container container) => container.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "unknown";

    private static string Ago(Container container, DateTimeOffset now) =>
        container.Finished is { } finished ? Duration(now - finished) + " ago" : "at an unknown time";
}
