namespace Containers.Engine.Building.Syntax;

/// <summary>os/architecture[/variant] as the platform arguments spell it.</summary>
internal sealed record BuildPlatform(string Os, string Architecture, string Variant = "")
{
    public override string ToString() => Variant.Length == 0 ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";
}

/// <summary>
/// What FROM may use: the predefined platform arguments and ARG before the first FROM. A stage sees none of it until it declares the name
/// again.
/// </summary>
internal sealed class GlobalVariables : IVariables
{
    /// <summary>Given to each RUN without being declared, and kept out of histories and cache keys.</summary>
    private static readonly string[] s_proxies = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

    private static readonly string[] s_platform =
    [
        "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT", "BUILDOSVERSION", "TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT",
        "TARGETOSVERSION", "TARGETSTAGE",
    ];

    private readonly Dictionary<string, string> _values = [];
    private readonly HashSet<string> _declared = [];

    /// <param name="given">What -BuildArgument says.</param>
    /// <param name="build">The platform of this host.</param>
    /// <param name="target">The platform that is built for.</param>
    /// <param name="targetStage">The stage that is asked for; "default" where it has no name.</param>
    internal GlobalVariables(IReadOnlyDictionary<string, string> given, BuildPlatform build, BuildPlatform target, string targetStage)
    {
        Given = given;
        string[] values =
        [
            build.ToString(), build.Os, build.Architecture, build.Variant, "", target.ToString(), target.Os, target.Architecture, target.Variant, "", targetStage,
        ];
        foreach ((string name, string value) in s_platform.Zip(values))
        {
            _values[name] = given.GetValueOrDefault(name, value);
        }
    }

    /// <summary>What the build was given, declared or not.</summary>
    internal IReadOnlyDictionary<string, string> Given { get; }

    /// <summary>Names that ARG declared here, with a value or without.</summary>
    internal IReadOnlyCollection<string> Declared => _declared;

    /// <summary>The proxies that were given, in the case they were given in.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Proxies => Given.Where(one => IsProxy(one.Key)).OrderBy(one => one.Key, StringComparer.Ordinal);

    public IEnumerable<string> Names => _values.Keys;

    public ExpansionBudget Budget { get; } = new();

    public string? Find(string name) => _values.GetValueOrDefault(name);

    /// <summary>BUILDPLATFORM, TARGETARCH and their kin, which FROM sees without an ARG.</summary>
    internal static bool IsPlatform(string name) => s_platform.Contains(name);

    internal static bool IsProxy(string name) => s_proxies.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>ARG before the first FROM: what was given wins over the default.</summary>
    /// <exception cref="EngineException">A default cannot be expanded.</exception>
    internal void Declare(ArgInstruction instruction, char escape)
    {
        foreach (ArgumentDefinition argument in instruction.Arguments)
        {
            _declared.Add(argument.Name);
            string? value = Given.GetValueOrDefault(argument.Name)
                ?? (argument.Default is null ? null : new WordExpander(this, escape).Expand(argument.Default, argument.Range));
            if (value is not null)
            {
                _values[argument.Name] = value;
            }
        }
    }
}
