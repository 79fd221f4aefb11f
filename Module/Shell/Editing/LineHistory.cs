namespace Containers.Shell.Editing;

/// <summary>
/// Commands entered before, oldest first; kept in a file of mode 0600, one command a line, line ends and backslashes escaped.
/// Sessions at the same time append; the file is cut to its bound when one is read that has grown past twice the bound.
/// </summary>
internal sealed class LineHistory
{
    private const int Bound = 1000;

    private readonly string? _path;
    private readonly List<string> _entries = [];

    /// <param name="path">The file, or null to keep the history in memory only.</param>
    internal LineHistory(string? path)
    {
        _path = path;
        if (path is null || !File.Exists(path))
        {
            return;
        }

        string[] lines = File.ReadAllLines(path);
        if (lines.Length > 2 * Bound)
        {
            File.WriteAllLines(path, lines[^Bound..]);
        }

        _entries.AddRange(lines.TakeLast(Bound).Select(Unescape));
    }

    internal IReadOnlyList<string> Entries => _entries;

    /// <summary>~/.local/share/containers-shell/history, or under XDG_DATA_HOME where set.</summary>
    internal static string DefaultPath
    {
        get
        {
            string? data = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
            string root = string.IsNullOrEmpty(data)
                ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share")
                : data;
            return Path.Combine(root, "containers-shell", "history");
        }
    }

    /// <summary>Adds a command unless it repeats the last one, is blank, or begins with a space (the shells' way to keep it out).</summary>
    /// <returns>false when the file could not be written: the history goes on in memory.</returns>
    internal bool Add(string command)
    {
        if (string.IsNullOrWhiteSpace(command) || command[0] == ' ' || (_entries.Count > 0 && _entries[^1] == command))
        {
            return true;
        }

        _entries.Add(command);
        if (_entries.Count > Bound)
        {
            _entries.RemoveAt(0);
        }

        if (_path is null)
        {
            return true;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            FileStreamOptions options = new()
            {
                Mode = FileMode.Append,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using StreamWriter writer = new(_path, options);
            writer.Write(Escape(command) + "\n");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Escape(string command) =>
        command.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Unescape(string line)
    {
        System.Text.StringBuilder text = new(line.Length);
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '\\' && i + 1 < line.Length)
            {
                i++;
                text.Append(line[i] == 'n' ? '\n' : line[i]);
            }
            else
            {
                text.Append(line[i]);
            }
        }

        return text.ToString();
    }
}
