using System.Reflection;

namespace Containers.Engine.Launch.Seccomp;

/// <summary>Which system calls a container may use, in docker's form of a seccomp profile.</summary>
public sealed record SeccompProfile
{
    private static readonly Lazy<SeccompProfile> s_default = 
        new(static () => DefaultProfileReader.Read(ReadResource("DefaultProfile.txt")));

    /// <summary>The profile of a container which asks for none: moby's in structure, see DefaultProfile.txt beside this file.</summary>
    public static SeccompProfile Default => s_default.Value;

    /// <summary>What happens to a call that no rule names.</summary>
    public required SeccompVerdict DefaultVerdict { get; init; }

    /// <summary>
    /// The architecture of the host (SCMP_ARCH_...) and the others whose calls it also serves. Null where the profile has the
    /// older list <see cref="Architectures"/> or nothing.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? ArchitectureMap { get; init; }

    /// <summary>The older form: architectures (SCMP_ARCH_...) whose calls are served besides the host's own.</summary>
    public IReadOnlyList<string> Architectures { get; init; } = [];

    /// <summary>Flags of seccomp(2), SECCOMP_FILTER_FLAG_..., that the profile wants.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    public required IReadOnlyList<SeccompRule> Rules { get; init; }

    /// <summary>Reads docker's JSON form of a profile.</summary>
    /// <param name="utf8Json">At most 1 MiB.</param>
    /// <exception cref="EngineException">InvalidSeccompProfile: not JSON, an unknown word or a wrong type; the message names the
    /// place.</exception>
    public static SeccompProfile Parse(ReadOnlySpan<byte> utf8Json) => SeccompProfileReader.Read(utf8Json);

    internal static string ReadResource(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Seccomp." + name)
            ?? throw new InvalidOperationException($"The resource '{name}' is missing from the engine.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The architectures served besides the host's own.</summary>
    /// <param name="host">The host's architecture, SCMP_ARCH_....</param>
    internal IReadOnlyList<string> OthersServedOn(string host) =>
        ArchitectureMap is null ? Architectures : ArchitectureMap.GetValueOrDefault(host, []);
}
