using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;

namespace Containers.Engine.Lifecycle;

/// <summary>Container and image together say which check there is, with docker's defaults.</summary>
internal static class HealthChecks
{
    private const long NanosecondsPerTick = 100;

    private static readonly TimeSpan s_longest = TimeSpan.FromDays(365);

    /// <returns>Null when there is none.</returns>
    /// <exception cref="EngineException">InvalidHealthCheck.</exception>
    internal static HealthCheck? Resolve(HealthSpec spec, ImageDefaults image)
    {
        if (spec.Disabled)
        {
            return null;
        }

        (string[] test, HealthSpec defaults) = Read(image);
        IReadOnlyList<string> shell = image.Shell.Count > 0 ? image.Shell : ["/bin/sh", "-c"];
        IReadOnlyList<string>? command = spec.Command is { } own ? spec.Shell ? [.. shell, .. own] : own : test switch
        {
            ["CMD", .. { Length: > 0 } arguments] => [.. arguments],
            ["CMD-SHELL", .. { Length: > 0 } text] => [.. shell, .. text],
            _ => null, // NONE, or nothing.
        };
        if (command is null)
        {
            return spec is { Interval: null, Timeout: null, Retries: null, StartPeriod: null, StartInterval: null, OnFailure: null or HealthAction.None } ? null
                : throw Invalid("There is no health check that the other health parameters could be of.", "Say with -HealthCommand how to check.");
        }

        HealthCheck check = new(
            command, Time(spec.Interval ?? defaults.Interval, 30), Time(spec.Timeout ?? defaults.Timeout, 30), spec.StartPeriod ?? defaults.StartPeriod ?? default,
            Time(spec.StartInterval ?? defaults.StartInterval, 5), spec.Retries ?? defaults.Retries ?? 3, spec.OnFailure ?? HealthAction.None);
        Validate(check);
        return check with { Retries = check.Retries == 0 ? 3 : check.Retries };
    }

    /// <summary>The check as it is given, with nothing left open.</summary>
    internal static HealthSpec Whole(HealthCheck check) => new()
    {
        Command = check.Command, Interval = check.Interval, Timeout = check.Timeout, StartPeriod = check.StartPeriod,
        StartInterval = check.StartInterval, Retries = check.Retries, OnFailure = check.OnFailure,
    };

    /// <summary>The data of <see cref="MessageType.SetHealth"/>.</summary>
    internal static byte[] Message(PlanHealth times, string path) =>
        [.. MemoryMarshal.AsBytes(new ReadOnlySpan<PlanHealth>(in times)), .. Encoding.UTF8.GetBytes(path)];

    private static void Validate(HealthCheck check)
    {
        foreach ((string name, TimeSpan time) in new[]
        {
            ("interval", check.Interval), ("time-out", check.Timeout), ("start interval", check.StartInterval),
        })
        {
            if (time < TimeSpan.FromMilliseconds(1) || time > s_longest)
            {
                throw Invalid($"The {name} of a health check is from a millisecond to a year.", "Give for example 30s.");
            }
        }

        if (check.StartPeriod < TimeSpan.Zero || check.StartPeriod > s_longest || check.Retries < 0)
        {
            throw Invalid("The start period and the retries of a health check cannot be negative.", "Give for example -HealthStartPeriod 10s -HealthRetries 3.");
        }

        if (check.Command[0].Length == 0)
        {
            throw Invalid("The command of the health check is empty.", "Give a command, or use -NoHealthCheck.");
        }
    }

    /// <summary>Zero means the default, as docker has it.</summary>
    private static TimeSpan Time(TimeSpan? given, int seconds) => given is { } time && time != TimeSpan.Zero ? time : TimeSpan.FromSeconds(seconds);

    /// <summary>Docker's Healthcheck: {"Test":[...],"Interval":NANOSECONDS,...}. What is not of this form is as if it were not there.</summary>
    private static (string[] Test, HealthSpec Defaults) Read(ImageDefaults image)
    {
        if (image.Healthcheck is null)
        {
            return ([], new HealthSpec());
        }

        using JsonDocument document = JsonDocument.Parse(image.Healthcheck);
        JsonElement root = document.RootElement;
        TimeSpan? Time(string name) => root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt64(out long nanoseconds) && nanoseconds > 0 ? TimeSpan.FromTicks(nanoseconds / NanosecondsPerTick) : null;
        string[] test = root.TryGetProperty("Test", out JsonElement words) && words.ValueKind == JsonValueKind.Array
            && words.EnumerateArray().All(word => word.ValueKind == JsonValueKind.String)
            ? [.. words.EnumerateArray().Select(word => word.GetString()!)] : [];
        return (test, new HealthSpec
        {
            Interval = Time("Interval"),
            Timeout = Time("Timeout"),
            StartPeriod = Time("StartPeriod"),
            StartInterval = Time("StartInterval"),
            Retries = root.TryGetProperty("Retries", out JsonElement retries) && retries.ValueKind == JsonValueKind.Number
                && retries.TryGetInt32(out int number) && number > 0 ? number : null,
        });
    }

    private static EngineException Invalid(string message, string action) =>
        new(EngineErrorKind.InvalidArgument, "InvalidHealthCheck", message, null, action);
}
