using System.Globalization;

namespace Containers.Engine.Launch.Seccomp;

/// <summary>
/// Reads DefaultProfile.txt, whose head describes the form. The file is ours: a mistake in it is a bug and throws as one.
/// </summary>
internal static class DefaultProfileReader
{
    internal static SeccompProfile Read(string text)
    {
        SeccompVerdict standard = default;
        Dictionary<string, IReadOnlyList<string>> architectures = [];
        List<SeccompRule> rules = [];
        SeccompRule? rule = null;
        List<string> names = [];
        foreach (string rawLine in text.Split('\n'))
        {
            string line = rawLine.Split('#')[0].Trim();
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
            {
                continue;
            }

            if (line[0] == '[')
            {
                names = [];
                rule = ReadHead(line.Trim('[', ']'), names);
                rules.Add(rule);
            }
            else if (rule is not null)
            {
                names.AddRange(words);
            }
            else if (words[0] == "default")
            {
                standard = ReadAction(words[1..]);
            }
            else if (words[0] == "abi")
            {
                architectures.Add(Scmp(words[1]), [.. words[2..].Select(Scmp)]);
            }
            else
            {
                throw new FormatException($"'{line}' in the default seccomp profile.");
            }
        }

        return new SeccompProfile { DefaultVerdict = standard, ArchitectureMap = architectures, Rules = rules };
    }

    private static SeccompRule ReadHead(string head, List<string> names)
    {
        string[] parts = head.Split(';', StringSplitOptions.TrimEntries);
        SeccompRule rule = new(names, ReadAction(parts[0].Split(' ')), [], SeccompScope.Empty, SeccompScope.Empty);
        foreach (string part in parts[1..])
        {
            string[] words = part.Split(' ');
            rule = words switch
            {
                ["with", .. var caps] => rule with { Includes = rule.Includes with { Capabilities = caps } },
                ["without", .. var caps] => rule with { Excludes = rule.Excludes with { Capabilities = caps } },
                ["on", .. var hosts] => rule with { Includes = rule.Includes with { Architectures = hosts } },
                ["not", "on", .. var hosts] => rule with { Excludes = rule.Excludes with { Architectures = hosts } },
                ["since", var version] => rule with { Includes = rule.Includes with { MinKernel = Version.Parse(version) } },
                _ => rule with { Conditions = [.. part.Split(" and ").Select(ReadCondition)] },
            };
        }

        return rule;
    }

    private static SeccompVerdict ReadAction(string[] words) => words switch
    {
        ["allow"] => new SeccompVerdict(SeccompAction.Allow),
        ["errno", var number] => new SeccompVerdict(SeccompAction.Errno, ushort.Parse(number, CultureInfo.InvariantCulture)),
        _ => throw new FormatException($"Action '{string.Join(' ', words)}' in the default seccomp profile."),
    };

    private static SeccompCondition ReadCondition(string text) => text.Split(' ') switch
    {
        [var argument, "&", var mask, "=", var value] =>
            new SeccompCondition(ReadArgument(argument), SeccompComparison.MaskedEqual, ReadNumber(mask), ReadNumber(value)),
        [var argument, var comparison, var value] =>
            new SeccompCondition(ReadArgument(argument), ReadComparison(comparison), ReadNumber(value)),
        _ => throw new FormatException($"Condition '{text}' in the default seccomp profile."),
    };

    private static SeccompComparison ReadComparison(string text) => text switch
    {
        "<" => SeccompComparison.Less,
        "<=" => SeccompComparison.LessOrEqual,
        "=" => SeccompComparison.Equal,
        "!=" => SeccompComparison.NotEqual,
        ">" => SeccompComparison.Greater,
        ">=" => SeccompComparison.GreaterOrEqual,
        _ => throw new FormatException($"Comparison '{text}' in the default seccomp profile."),
    };

    private static int ReadArgument(string text) => text.StartsWith("arg", StringComparison.Ordinal)
        ? int.Parse(text.AsSpan(3), CultureInfo.InvariantCulture)
        : throw new FormatException($"Argument '{text}' in the default seccomp profile.");

    private static ulong ReadNumber(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? ulong.Parse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
        : ulong.Parse(text, CultureInfo.InvariantCulture);

    private static string Scmp(string architecture) => "SCMP_ARCH_" + architecture.ToUpperInvariant();
}
