using System.Globalization;

namespace Containers.Engine.Launch;

/// <summary>Signal names and numbers of signal(7), the same on x86-64 and arm64.</summary>
public static class SignalNames
{
    private static readonly string[] s_names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>All names with SIG, for completion.</summary>
    public static IReadOnlyList<string> All { get; } = [.. s_names.Skip(1).Select(name => "SIG" + name)];

    /// <summary>SIGTERM, TERM, term, 15, SIGRTMIN+3, RTMAX-2.</summary>
    /// <exception cref="EngineException">InvalidSignal.</exception>
    public static int Parse(string text)
    {
        string name = text.Trim().ToUpperInvariant();
        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return number is >= 1 and <= 64 ? number : throw Invalid(text);
        }

        name = name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        int index = Array.IndexOf(s_names, name);
        if (index > 0)
        {
            return index;
        }

        return name switch
        {
            "CLD" => 17,
            "POLL" => 29,
            "IOT" => 6,
            "RTMIN" => 34,
            "RTMAX" => 64,
            _ when Offset(name, "RTMIN+", 34, 1, out int value) || Offset(name, "RTMAX-", 64, -1, out value) => value,
            _ => throw Invalid(text),
        };
    }

    public static string Name(int signal) =>
        signal > 0 && signal < s_names.Length ? "SIG" + s_names[signal]
        : signal is >= 34 and <= 64 ? string.Create(CultureInfo.InvariantCulture, $"SIGRTMIN+{signal - 34}")
        : signal.ToString(CultureInfo.InvariantCulture);

    private static bool Offset(string name, string prefix, int start, int sign, out int value)
    {
        value = 0;
        if (!name.StartsWith(prefix, StringComparison.Ordinal)
            || !int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int offset))
        {
            return false;
        }

        value = start + (sign * offset);
        return value is >= 34 and <= 64;
    }

    private static EngineException Invalid(string text) => new(
        EngineErrorKind.InvalidArgument, "InvalidSignal", $"\"{text}\" is no signal.", text, "Use a name such as SIGTERM, or a number from 1 to 64.");
}
