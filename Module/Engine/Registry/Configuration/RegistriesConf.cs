using Containers.Engine.Images;

namespace Containers.Engine.Registry.Configuration;

/// <summary>Where a pull may go instead of, and before, the registry itself.</summary>
/// <param name="PullFrom">"all", "digest-only" or "tag-only".</param>
internal sealed record MirrorEntry(string Location, bool Insecure, string PullFrom);

/// <summary>One [[registry]] of registries.conf.</summary>
internal sealed record RegistryEntry
{
    /// <summary>"host[:port][/namespace...]", or "*.domain".</summary>
    public required string Prefix { get; init; }

    /// <summary>Replaces the prefix; the prefix itself where empty.</summary>
    public string Location { get; init; } = "";

    public bool Insecure { get; init; }

    public bool Blocked { get; init; }

    public IReadOnlyList<MirrorEntry> Mirrors { get; init; } = [];

    /// <summary>Whether "host/repository" is meant.</summary>
    internal bool Covers(string name)
    {
        if (Prefix.StartsWith("*.", StringComparison.Ordinal))
        {
            string host = name.Split('/')[0].Split(':')[0];
            return host.EndsWith(Prefix[1..], StringComparison.Ordinal);
        }

        return name.StartsWith(Prefix, StringComparison.Ordinal) && (name.Length == Prefix.Length || name[Prefix.Length] is '/' or ':');
    }

    /// <summary>The name at a location.</summary>
    internal string Move(string name, string location) =>
        location.Length == 0 ? name
        : Prefix.StartsWith("*.", StringComparison.Ordinal) ? location + name[name.Split('/')[0].Length..]
        : location + name[Prefix.Length..];
}

/// <summary>registries.conf, version 2 (containers-registries.conf(5)), with its drop-ins: later files win.</summary>
internal sealed class RegistriesConf
{
    private readonly Dictionary<string, RegistryEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _aliases = new(StringComparer.Ordinal);

    internal IReadOnlyCollection<RegistryEntry> Entries => _entries.Values;

    /// <summary>Where short names are looked for.</summary>
    internal IReadOnlyList<string> Search { get; private set; } = [];

    /// <exception cref="EngineException">RegistriesConfInvalid, with the file and the line.</exception>
    internal static RegistriesConf Read(RegistryOptions options)
    {
        RegistriesConf all = new();
        string own = Path.Join(options.UserFolder, "registries.conf");
        string? named = options.Environment("CONTAINERS_REGISTRIES_CONF");
        string main = !string.IsNullOrEmpty(named) ? named : File.Exists(own) ? own : Path.Join(options.SystemFolder, "registries.conf");
        all.Merge(main, optional: string.IsNullOrEmpty(named));
        foreach (string folder in (string[])[options.SystemFolder, options.UserFolder])
        {
            string parts = Path.Join(folder, "registries.conf.d");
            if (Directory.Exists(parts))
            {
                foreach (string file in Directory.EnumerateFiles(parts, "*.conf").Order(StringComparer.Ordinal))
                {
                    all.Merge(file, optional: true);
                }
            }
        }

        return all;
    }

    /// <summary>The entry with the longest prefix, or null.</summary>
    internal RegistryEntry? Find(string name) => _entries.Values.Where(e => e.Covers(name)).MaxBy(e => e.Prefix.Length);

    /// <summary>What a short name stands for; see RegistryService.Candidates.</summary>
    internal IReadOnlyList<ImageReference> Candidates(ImageReference reference, string asWritten)
    {
        string name = asWritten.Split('@')[0];
        int colon = name.LastIndexOf(':');
        name = colon > name.LastIndexOf('/') ? name[..colon] : name;
        bool written = reference.Domain != RegistryName.DockerHub
            || name.Split('/') is [RegistryName.DockerHub or "index.docker.io", _, ..];
        if (written)
        {
            return [reference];
        }

        string suffix = (reference.Tag is null ? "" : ":" + reference.Tag) + (reference.Digest is null ? "" : "@" + reference.Digest);
        if (_aliases.TryGetValue(name, out string? alias) && alias.Length > 0)
        {
            return [Parse(alias + suffix, name)];
        }

        return Search.Count == 0
            ? [reference]
            : [.. Search.Select(s => RegistryName.Normalize(s) == RegistryName.DockerHub ? reference : Parse(s + "/" + name + suffix, s))];
    }

    private static ImageReference Parse(string text, string what) => ImageReference.TryParse(text, out ImageReference? reference)
        ? reference
        : throw new EngineException(
            EngineErrorKind.InvalidData, "RegistriesConfInvalid",
                $"registries.conf makes \"{text}\" of \"{what}\", which is no image name.", what,
            "Correct the alias or the search list.");

    private void Merge(string path, bool optional)
    {
        if (RegistriesFile.Read(path, optional) is not { } file)
        {
            return;
        }

        foreach (RegistryEntry entry in file.Entries)
        {
            _entries[entry.Prefix] = entry;
        }

        foreach ((string name, string value) in file.Aliases)
        {
            _aliases[name] = value;
        }

        Search = file.Search ?? Search;
    }
}
