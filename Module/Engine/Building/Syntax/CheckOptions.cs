namespace Containers.Engine.Building.Syntax;

/// <summary>What "# check=skip=A,B;error=true;experimental=C" says.</summary>
internal sealed record CheckOptions
{
    internal static CheckOptions Default { get; } = new();

    internal bool SkipAll { get; init; }

    internal IReadOnlyList<string> Skip { get; init; } = [];

    /// <summary>Findings end the build.</summary>
    internal bool Error { get; init; }

    internal bool ExperimentalAll { get; init; }

    internal IReadOnlyList<string> Experimental { get; init; } = [];

    /// <summary>Whether findings of a rule are wanted.</summary>
    internal bool Wants(string rule, bool isExperimental) => isExperimental
        ? ExperimentalAll || Experimental.Contains(rule)
        : !SkipAll && !Skip.Contains(rule);

    /// <summary>These options, and what others skip or try besides.</summary>
    internal CheckOptions And(CheckOptions other) => this with
    {
        SkipAll = SkipAll || other.SkipAll,
        Skip = [.. Skip, .. other.Skip],
        ExperimentalAll = ExperimentalAll || other.ExperimentalAll,
        Experimental = [.. Experimental, .. other.Experimental],
    };

    /// <returns>Null where it is written wrongly, and why.</returns>
    internal static CheckOptions? TryParse(string text, out string? fault)
    {
        CheckOptions options = Default;
        fault = null;
        if (text.Trim().Length == 0)
        {
            return options;
        }

        foreach (string part in text.Split(';'))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? "" : part[..equals].Trim();
            string value = part[(equals + 1)..].Trim();
            switch (name)
            {
                case "skip":
                    options = value == "all" ? options with { SkipAll = true } : options with { Skip = Names(value) };
                    break;
                case "experimental":
                    options = value == "all" ? options with { ExperimentalAll = true } : options with { Experimental = Names(value) };
                    break;
                case "error" when GoBoolean.TryParse(value, out bool error):
                    options = options with { Error = error };
                    break;
                case "error":
                    fault = $"'{value}' is neither true nor false";
                    return null;
                default:
                    fault = $"'{part.Trim()}' is no check option; there are skip=, error= and experimental=";
                    return null;
            }
        }

        return options;
    }

    private static string[] Names(string text) => text.Split(',', StringSplitOptions.TrimEntries);
}
