using System.Globalization;
using Containers.Engine.Launch;

namespace Containers.Engine.Lifecycle;

/// <summary>Options of log drivers by docker's names: max-size (10m), max-file (3), tag.</summary>
internal static class LogOptions
{
    /// <summary>The host's settings, then the container's own: its driver, its options, its parameters.</summary>
    /// <exception cref="EngineException">InvalidLogOption.</exception>
    internal static LogSpec Resolve(LogSpec log, LogSettings settings)
    {
        bool own = log.Driver is not null || log.Disabled;
        LogSpec resolved = own ? log : log with { Driver = settings.Driver ?? LogDriver.Local };

        // The host's options are for the driver they were set with, as dockerd's are.
        if (!own || log.Driver == (settings.Driver ?? LogDriver.Local))
        {
            resolved = Apply(resolved, settings.Options);
        }

        resolved = log.Options is { } options ? Apply(resolved, options) : resolved;
        return resolved with { Options = null };
    }

    /// <exception cref="EngineException">InvalidLogOption.</exception>
    internal static LogSpec Apply(LogSpec log, IReadOnlyDictionary<string, string> options)
    {
        foreach ((string name, string value) in options)
        {
            log = name.ToLowerInvariant() switch
            {
                "max-size" when IsFile(log) => log with { MaximumBytes = log.GivenBytes ?? Size(value) },
                "max-file" when IsFile(log) => log with
                {
                    MaximumFiles = log.GivenFiles ?? (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int files)
                        ? files : throw Invalid(name, value, "it is a number of files")),
                },
                "tag" when log.Effective == LogDriver.Journald => value.Length > 0 && !value.Any(char.IsControl)
                    ? log with { Tag = value } : throw Invalid(name, value, "it is a name without control characters"),
                "max-size" or "max-file" or "tag" => throw Invalid(name, value, $"the driver {log.Effective} has no such option"),
                _ => throw Invalid(name, value, "the options are max-size, max-file and, of Journald, tag"),
            };
        }

        return log;
    }

    private static bool IsFile(LogSpec log) => log.Effective is LogDriver.Local or LogDriver.JsonFile;

    /// <summary>Docker's sizes: a number and k, m or g, by 1024.</summary>
    private static long Size(string text)
    {
        string digits = text.Trim().ToLowerInvariant().TrimEnd('b');
        int shift = digits.Length == 0 ? 0 : digits[^1] switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 };
        digits = shift == 0 ? digits : digits[..^1];
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0 && number < 1L << 33
            ? number << shift
            : throw Invalid("max-size", text, "it is a size such as 10m");
    }

    private static EngineException Invalid(string name, string value, string why) => new(
        EngineErrorKind.InvalidArgument, "InvalidLogOption", $"The log option \"{name}={value}\" cannot be used: {why}.", name,
        "Write for example: -LogOption @{'max-size' = '10m'; 'max-file' = '3'}");
}
