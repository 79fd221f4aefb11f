using System.Globalization;
using System.Numerics;
using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>Sizes in bytes, read and shown in the units of PowerShell's literals: 1KB is 1024.</summary>
public static class ByteSize
{
    private const string Units = "KMGTP";

    /// <summary>"0 B", "1.5 KB", "512 MB": three digits that count, never of the session's culture.</summary>
    public static string Format(long bytes)
    {
        double value = bytes;
        int unit = -1;
        while (Math.Abs(value) >= 999.5 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string digits = unit < 0 || Math.Abs(value) >= 99.95 ? "0" : Math.Abs(value) >= 9.995 ? "0.#" : "0.##";
        return value.ToString(digits, CultureInfo.InvariantCulture) + " " + (unit < 0 ? "" : Units[unit]) + "B";
    }

    /// <summary>Reads "512", "512b", "512k", "1.5g", "1GB", "1GiB", any case. -1 and "unlimited" are -1.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        bytes = -1;
        if (rest is "-1" || rest.Equals("unlimited", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        long factor = 1;
        if (!rest.IsEmpty && char.ToUpperInvariant(rest[^1]) == 'B')
        {
            rest = rest[..^1];
            if (rest.Length > 1 && char.ToUpperInvariant(rest[^1]) == 'I')
            {
                rest = rest[..^1];
            }
        }

        int unit = rest.IsEmpty ? -1 : Units.IndexOf(char.ToUpperInvariant(rest[^1]), StringComparison.Ordinal);
        if (unit >= 0)
        {
            factor = 1L << (10 * (unit + 1));
            rest = rest[..^1];
        }

        const NumberStyles style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowTrailingWhite;
        if (!decimal.TryParse(rest, style, CultureInfo.InvariantCulture, out decimal number)
            || number > (decimal)long.MaxValue / factor)
        {
            return false;
        }

        bytes = (long)(number * factor);
        return true;
    }

    /// <exception cref="EngineException">InvalidSize.</exception>
    internal static long From(object value) => value switch
    {
        string text when TryParse(text, out long bytes) => bytes,
        sbyte or byte or short or ushort or int or uint or long => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        double or float or decimal or ulong or BigInteger when TryWhole(value, out long bytes) => bytes,
        _ => throw new EngineException(
            EngineErrorKind.InvalidArgument, "InvalidSize", $"\"{Conversions.Text(value)}\" is no size.", value,
            "Give bytes as a number such as 512MB, or text such as '512m' or '1g'."),
    };

    private static bool TryWhole(object value, out long bytes)
    {
        double number = value is BigInteger big ? (double)big : Convert.ToDouble(value, CultureInfo.InvariantCulture);
        bool whole = Math.Abs(number) < long.MaxValue && Math.Floor(number) == number;
        bytes = whole ? (long)number : 0;
        return whole;
    }
}
