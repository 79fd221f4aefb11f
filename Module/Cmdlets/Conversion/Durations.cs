using System.Buffers;
using System.Globalization;
using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>Lengths of time as people write them.</summary>
internal static class Durations
{
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    /// <summary>A TimeSpan, a number of seconds, or text.</summary>
    /// <param name="original">The argument as it was bound: of a bare <c>1d</c>, which PowerShell reads as the decimal 1, it still has
    /// the text.</param>
    /// <param name="value">The same without PowerShell's wrapping.</param>
    /// <exception cref="EngineException">InvalidDuration.</exception>
    internal static TimeSpan From(object original, object value)
    {
        string text = Conversions.Text(original);
        return value switch
        {
            TimeSpan span => span,
            _ when TryParse(text, out TimeSpan span) => span,
            _ => throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidDuration", $"\"{text}\" is no length of time.", value,
                "Give seconds as a number, text such as '30s', '2m' or '1h30m', or a TimeSpan."),
        };
    }

    internal static bool TryParse(string text, out TimeSpan span)
    {
        text = text.Trim();
        span = TimeSpan.Zero;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds))
        {
            return TryAdd(ref span, seconds, TimeSpan.TicksPerSecond);
        }

        return text.Contains(':', StringComparison.Ordinal)
            ? TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out span)
            : TryParseUnits(text, ref span);
    }

    /// <summary>One or more numbers, each followed by its unit.</summary>
    private static bool TryParseUnits(ReadOnlySpan<char> text, ref TimeSpan span)
    {
        bool negative = text.StartsWith("-");
        text = negative ? text[1..] : text;
        if (text.IsEmpty)
        {
            return false;
        }

        while (!text.IsEmpty)
        {
            int digits = text.IndexOfAnyExcept(s_digits);
            if (digits <= 0
                || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                return false;
            }

            text = text[digits..];
            int letters = text.IndexOfAny(s_digits);
            ReadOnlySpan<char> unit = letters < 0 ? text : text[..letters];
            text = text[unit.Length..];
            long ticks = unit switch
            {
                "ms" => TimeSpan.TicksPerMillisecond,
                "s" => TimeSpan.TicksPerSecond,
                "m" => TimeSpan.TicksPerMinute,
                "h" => TimeSpan.TicksPerHour,
                "d" => TimeSpan.TicksPerDay,
                _ => 0,
            };
            if (ticks == 0 || !TryAdd(ref span, number, ticks))
            {
                return false;
            }
        }

        span = negative ? -span : span;
        return true;
    }

    private static bool TryAdd(ref TimeSpan span, double number, long unit)
    {
        double ticks = span.Ticks + (number * unit);
        bool fits = Math.Abs(ticks) < long.MaxValue;
        span = fits ? new TimeSpan((long)ticks) : span;
        return fits;
    }
}
