namespace Containers.Engine.Images;

/// <summary>
/// Finds a library as ld.so(8) does: DT_RPATH of the object and of those that loaded it (only without DT_RUNPATH), DT_RUNPATH of
/// the object, the cache, the default directories. LD_LIBRARY_PATH is the session's, not the image's, and is not asked.
/// </summary>
internal sealed class LibraryFinder
{
    private static readonly string[] s_defaults =
    [
        "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
        "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib",
    ];

    private readonly LibraryCache _cache = LibraryCache.Read("/etc/ld.so.cache");

    /// <summary>The path as the loader would open it, or null.</summary>
    /// <param name="name">A DT_NEEDED entry.</param>
    /// <param name="chain">The object that needs it first, then those that loaded it.</param>
    internal string? Find(string name, IReadOnlyList<(string Path, ElfFile Elf)> chain)
    {
        ElfFile wanted = chain[0].Elf;
        if (name.Contains('/', StringComparison.Ordinal))
        {
            string path = Expand(name, chain[0].Path, "lib");
            return Fits(path, wanted) ? path : null;
        }

        foreach (string directory in Directories(chain))
        {
            string path = Path.Join(directory, name);
            if (Fits(path, wanted))
            {
                return path;
            }
        }

        return _cache.Find(name).Concat(s_defaults.Select(directory => Path.Join(directory, name)))
            .FirstOrDefault(path => Fits(path, wanted));
    }

    private static IEnumerable<string> Directories(IReadOnlyList<(string Path, ElfFile Elf)> chain)
    {
        if (chain[0].Elf.RunPath is null)
        {
            foreach ((string path, ElfFile elf) in chain)
            {
                foreach (string directory in elf.RunPath is null ? Split(elf.RPath, path) : [])
                {
                    yield return directory;
                }
            }
        }

        foreach (string directory in Split(chain[0].Elf.RunPath, chain[0].Path))
        {
            yield return directory;
        }
    }

    private static IEnumerable<string> Split(string? list, string owner)
    {
        foreach (string part in (list ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            // What $LIB stands for is built into the loader: try the three that occur.
            string[] values = part.Contains("LIB", StringComparison.Ordinal) ? ["lib/x86_64-linux-gnu", "lib64", "lib"] : ["lib"];
            foreach (string lib in values)
            {
                string directory = Expand(part, owner, lib);
                if (directory.StartsWith('/') && !directory.Contains('$', StringComparison.Ordinal))
                {
                    yield return Path.GetFullPath(directory);
                }
            }
        }
    }

    private static string Expand(string text, string owner, string lib)
    {
        string origin = Path.GetDirectoryName(owner) ?? "/";
        return text.Replace("${ORIGIN}", origin, StringComparison.Ordinal).Replace("$ORIGIN", origin, StringComparison.Ordinal)
            .Replace("${LIB}", lib, StringComparison.Ordinal).Replace("$LIB", lib, StringComparison.Ordinal);
    }

    private static bool Fits(string path, ElfFile wanted) => File.Exists(path) && ElfFile.TryRead(path)?.Matches(wanted) == true;
}
