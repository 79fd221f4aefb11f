using System.Text;
using Containers.Engine.Building.Execution;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Context;

/// <summary>
/// The rules of a .dockerignore: which files of the context are not there for the build. The last rule that matches a path or a directory above
/// it decides, as in moby/patternmatcher (MatchesOrParentMatches).
/// </summary>
internal sealed class IgnoreFile : ITreeFilter
{
    /// <summary>Bytes of the longest such file.</summary>
    internal const int MaxBytes = 1 << 20;

    private const string Name = ".dockerignore";

    private const int MaxRules = 10_000;

    private readonly List<IgnoreRule> _rules = [];

    private IgnoreFile()
    {
    }

    /// <summary>Whether rules with "!" bring something back.</summary>
    internal bool HasExceptions { get; private set; }

    internal bool IsEmpty => _rules.Count == 0;

    /// <summary>The patterns as they are used, "!" in front of exceptions.</summary>
    internal IEnumerable<string> Patterns => _rules.Select(rule => rule.ToString());

    /// <summary>Reads the lines of a file.</summary>
    /// <param name="name">As messages should call it.</param>
    /// <exception cref="EngineException">InvalidIgnoreFile, with file and line.</exception>
    internal static IgnoreFile Parse(string name, string text)
    {
        IgnoreFile file = new();
        int number = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            number++;
            ReadOnlySpan<char> line = number == 1 && raw.StartsWith('\uFEFF') ? raw[1..] : raw;
            if (line.StartsWith('#'))
            {
                continue;
            }

            line = line.Trim();
            bool exception = line.StartsWith('!');
            ReadOnlySpan<char> pattern = exception ? line[1..].Trim() : line;
            if (line.IsEmpty)
            {
                continue;
            }

            try
            {
                string cleaned = pattern.IsEmpty ? throw new FormatException("there is nothing after '!'") : CleanPath(pattern.ToString());
                file.Add(cleaned.Length > 1 && cleaned[0] == '/' ? cleaned[1..] : cleaned, exception);
            }
            catch (FormatException e)
            {
                throw new EngineException(
                    EngineErrorKind.InvalidData, "InvalidIgnoreFile", $"{name}:{number}: {e.Message}: {SourceText.Printable(line.ToString())}",
                    $"{name}:{number}", "Correct the pattern.", e);
            }
        }

        return file;
    }

    /// <summary>The rules that count for a Dockerfile: NAME.dockerignore beside it, else .dockerignore.</summary>
    /// <param name="directory">The context, by a path that the caller trusts; what is in it is resolved inside of it.</param>
    /// <param name="dockerfile">The Dockerfile's path in the context.</param>
    /// <returns>Null where there is neither.</returns>
    /// <exception cref="EngineException">InvalidIgnoreFile.</exception>
    internal static IgnoreFile? Find(string directory, string dockerfile)
    {
        try
        {
            using RootedDirectory root = RootedDirectory.Open(directory);
            return Find(root, dockerfile);
        }
        catch (LinuxException e) when (e.Call == "open")
        {
            return null;
        }
    }

    /// <summary>The rules of a Dockerfile that was named by its path on the host: NAME.dockerignore beside it, or null.</summary>
    /// <exception cref="EngineException">InvalidIgnoreFile.</exception>
    internal static IgnoreFile? FindBeside(string dockerfile)
    {
        using RootedDirectory root = RootedDirectory.Open(Path.GetDirectoryName(Path.GetFullPath(dockerfile)) ?? "/");
        return Read(root, Path.GetFileName(dockerfile) + Name);
    }

    /// <summary>The same in a context that is open.</summary>
    internal static IgnoreFile? Find(RootedDirectory root, string dockerfile) => Read(root, dockerfile + Name) ?? Read(root, Name);

    private static IgnoreFile? Read(RootedDirectory root, string name)
    {
        try
        {
            return root.ReadSmallFile(name, MaxBytes, followLast: true) is { } content ? Parse(name, Encoding.UTF8.GetString(content)) : null;
        }
        catch (LinuxException e)
        {
            throw new EngineException(
                EngineErrorKind.ReadError, "InvalidIgnoreFile", $"'{name}' cannot be read: {Errno.Describe(e.Errno)}.", name,
                "It has to be a regular file of at most a mebibyte.", e);
        }
    }

    /// <summary>The same rules from patterns of COPY --exclude.</summary>
    /// <exception cref="FormatException">A pattern is malformed.</exception>
    internal static IgnoreFile FromPatterns(IEnumerable<string> patterns)
    {
        IgnoreFile file = new();
        foreach (string pattern in patterns.Select(one => one.Trim()).Where(one => one.Length > 0))
        {
            bool exception = pattern[0] == '!';
            string cleaned = CleanPath(exception ? pattern[1..] : pattern);
            file.Add(cleaned.Length > 1 && cleaned[0] == '/' ? cleaned[1..] : cleaned, exception);
        }

        return file;
    }

    /// <summary>Whether the path is left out.</summary>
    /// <param name="path">Relative to the context, with slashes between names; the context itself is never left out.</param>
    /// <param name="isDirectory">Rules do not tell files and directories apart; callers that walk do.</param>
    public bool IsExcluded(string path, bool isDirectory) => path.Length > 0 && IsExcluded(path);

    /// <summary>
    /// Whether something below a directory that is left out may be brought back: only then it has to be walked. Answers yes where it is not sure.
    /// </summary>
    public bool MayHoldIncluded(string path)
    {
        foreach (IgnoreRule rule in _rules)
        {
            if (rule.IsException && rule.MayMatchBelow(path))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsExcluded(string path)
    {
        // From the last rule back: the first one that matches decides.
        for (int i = _rules.Count - 1; i >= 0; i--)
        {
            if (_rules[i].MatchesPathOrParent(path))
            {
                return !_rules[i].IsException;
            }
        }

        return false;
    }

    private void Add(string pattern, bool exception)
    {
        if (_rules.Count == MaxRules)
        {
            throw new FormatException($"more than {MaxRules} patterns are refused");
        }

        _rules.Add(new IgnoreRule(pattern, exception));
        HasExceptions |= exception;
    }

    /// <summary>A path without ".", "..", and doubled slashes, by its text alone (Go, path.Clean).</summary>
    internal static string CleanPath(string path)
    {
        bool rooted = path.StartsWith('/');
        List<string> parts = [];
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part != ".." || (parts.Count > 0 ? parts[^1] == ".." : !rooted))
            {
                if (part != ".")
                {
                    parts.Add(part);
                }
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
        }

        string joined = string.Join('/', parts);
        return rooted ? "/" + joined : joined.Length == 0 ? "." : joined;
    }
}
