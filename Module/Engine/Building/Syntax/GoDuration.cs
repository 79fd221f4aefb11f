using System.Buffers;
using System.Globalization;

namespace Containers.Engine.Building.Syntax;

/// <summary>Durations as docker's language spells them (Go, time.ParseDuration): 1h30m, 1.5s, 300ms, 0.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    /// <summary>False where it is none, or more than 292 years.</summary>
    internal static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        ReadOnlySpan<char> rest = text;
        bool negative = rest.StartsWith('-');
        if (negative || rest.StartsWith('+'))
        {
            rest = rest[1..];
        }

        if (rest is "0")
        {
            return true;
        }

        decimal ticks = 0;
        if (rest.IsEmpty || rest.Length > 200)
        {
            return false;
        }

        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(s_digits);
            if (digits <= 0 || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            {
                return false;
            }

            rest = rest[digits..];
            int letters = rest.IndexOfAny(s_digits) is var next and >= 0 ? next : rest.Length;
            decimal factor = rest[..letters] switch
            {
                "h" => TimeSpan.TicksPerHour,
                "m" => TimeSpan.TicksPerMinute,
                "s" => TimeSpan.TicksPerSecond,
                "ms" => TimeSpan.TicksPerMillisecond,
                "us" or "µs" or "μs" => TimeSpan.TicksPerMicrosecond,
                "ns" => 0.01m,
                _ => 0,
            };
            rest = rest[letters..];
            if (factor == 0 || number > long.MaxValue / 100)
            {
                return false;
            }

            ticks += number * factor;
        }

        if (ticks > long.MaxValue / 100)
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)(negative ? -ticks : ticks));
        return true;
    }
}
