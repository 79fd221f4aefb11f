using System.Globalization;

namespace Containers.Engine.Building.Syntax;

/// <summary>
/// The build argument that is also the time of all that a build makes (reproducible-builds.org, moby/buildkit docs/build-repro.md): given, or as a
/// default before the first FROM.
/// </summary>
internal static class SourceDateEpoch
{
    internal const string Name = "SOURCE_DATE_EPOCH";

    /// <summary>The time of the context; a directory has none, and then nothing is meant.</summary>
    private const string OfContext = "context";

    /// <summary>As the argument has it.</summary>
    internal static string Text(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    /// <param name="globals">With the file's own arguments declared.</param>
    /// <returns>Null where it says none.</returns>
    /// <exception cref="EngineException">InvalidTime.</exception>
    internal static DateTimeOffset? Find(GlobalVariables globals, Dockerfile file)
    {
        ArgumentDefinition? declared = file.GlobalArgs.SelectMany(one => one.Arguments).LastOrDefault(one => one.Name == Name);
        string? given = globals.Given.GetValueOrDefault(Name);
        string? text = given ?? (declared is null ? null : globals.Find(Name));
        if (text is null or "" or OfContext)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return DateTimeOffset.FromUnixTimeSeconds(seconds);
        }

        const string Action = "Give seconds since 1970.";
        throw given is null
            ? SourceText.Error(declared!.Range, "InvalidTime", $"'{text}' is no time", Action)
            : new EngineException(EngineErrorKind.InvalidArgument, "InvalidTime", $"The build argument {Name} is no time: '{text}'.", text, Action);
    }
}
