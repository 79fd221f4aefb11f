using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Containers.Engine.Images;

/// <summary>HEALTHCHECK [--interval= --timeout= --start-period= --start-interval= --retries=] CMD command, or HEALTHCHECK NONE.</summary>
internal static class HealthcheckChange
{
    private static readonly (string Option, string Name)[] s_times =
    [
        ("--interval=", "Interval"), ("--timeout=", "Timeout"), ("--start-period=", "StartPeriod"), ("--start-interval=", "StartInterval"),
    ];

    /// <summary>The JSON text of docker's Healthcheck. The shell of a text is the image's when the check runs.</summary>
    /// <exception cref="EngineException">InvalidImageChange.</exception>
    internal static string Parse(string text, string instruction)
    {
        Dictionary<string, long> numbers = [];
        string rest = text;
        while (rest.StartsWith("--", StringComparison.Ordinal))
        {
            string option = rest.Split(' ', 2)[0];
            rest = rest[option.Length..].TrimStart();
            (string Option, string Name) time = Array.Find(s_times, one => option.StartsWith(one.Option, StringComparison.Ordinal));
            if (time.Name is not null)
            {
                numbers[time.Name] = Nanoseconds(option[time.Option.Length..], instruction);
            }
            else if (option.StartsWith("--retries=", StringComparison.Ordinal)
                && int.TryParse(option["--retries=".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int retries))
            {
                numbers["Retries"] = retries;
            }
            else
            {
                throw ConfigChange.Invalid(instruction, $"'{option}' is no option of it");
            }
        }

        string kind = rest.Split(' ', 2)[0].ToUpperInvariant();
        string command = rest[kind.Length..].Trim();
        IReadOnlyList<string> test = kind switch
        {
            "NONE" when command.Length == 0 && numbers.Count == 0 => ["NONE"],
            "CMD" when command.Length > 0 => ConfigChange.Json(command) is { Count: > 0 } arguments ? ["CMD", .. arguments]
                : ["CMD-SHELL", command],
            _ => throw ConfigChange.Invalid(instruction, "it is written HEALTHCHECK [options] CMD command, or HEALTHCHECK NONE"),
        };
        return Write(test, numbers);
    }

    private static string Write(IReadOnlyList<string> test, Dictionary<string, long> numbers)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("Test");
            foreach (string word in test)
            {
                json.WriteStringValue(word);
            }

            json.WriteEndArray();
            foreach (string name in s_times.Select(one => one.Name).Append("Retries").Where(numbers.ContainsKey))
            {
                json.WriteNumber(name, numbers[name]);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>A duration as Go writes it: 1m30s, 500ms.</summary>
    private static long Nanoseconds(string text, string instruction)
    {
        decimal total = 0;
        int i = 0;
        while (i < text.Length)
        {
            int start = i;
            while (i < text.Length && (char.IsAsciiDigit(text[i]) || text[i] == '.'))
            {
                i++;
            }

            int unit = i;
            while (i < text.Length && char.IsAsciiLetter(text[i]))
            {
                i++;
            }

            decimal factor = text[unit..i] switch { "h" => 3600e9m, "m" => 60e9m, "s" => 1e9m, "ms" => 1e6m, "us" => 1e3m, "ns" => 1, _ => 0 };
            if (unit == start || factor == 0 || i - start > 24
                || !decimal.TryParse(text[start..unit], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            {
                throw ConfigChange.Invalid(instruction, $"'{text}' is no duration, such as 1m30s");
            }

            total += number * factor;
        }

        return total is > 0 and < long.MaxValue ? (long)total : throw ConfigChange.Invalid(instruction, $"'{text}' is no duration, such as 1m30s");
    }
}
