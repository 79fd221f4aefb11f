using System.Diagnostics;
using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>Gathers programs of this host with all they need to run.</summary>
internal sealed class ProgramCollector
{
    private const int MaxScriptLine = 256;
    private const int MaxScripts = 5;
    private const int MaxApplets = 2000;
    private const int ListTimeout = 10_000;
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private readonly LibraryFinder _libraries = new();
    private readonly HashSet<string> _done = new(StringComparer.Ordinal);
    private bool _musl;

    internal ProgramTree Tree { get; } = new();

    /// <summary>What a container of the image runs when nothing is said.</summary>
    internal string DefaultCommand { get; private set; } = "/bin/sh";

    /// <exception cref="EngineException">ProgramNotFound, LibraryNotFound.</exception>
    internal void Collect(IReadOnlyList<string> programs)
    {
        if (programs.Count == 0)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "ProgramNotFound", "No program is named.", null, "Name at least one program.");
        }

        // As on this host: one directory of programs where it has one.
        foreach (string name in new[] { "/bin", "/sbin", "/lib", "/lib64" })
        {
            if (new FileInfo(name).LinkTarget is string target)
            {
                Tree.AddLink(name, target);
                Tree.AddDirectory(name, 0x1ED);
            }
        }

        Tree.AddDirectory("/bin", 0x1ED);
        List<string> boxes = [];
        for (int i = 0; i < programs.Count; i++)
        {
            string path = Locate(programs[i]);
            string real = AddProgram(path, 0);
            if (Path.GetFileName(real).StartsWith("busybox", StringComparison.Ordinal))
            {
                boxes.Add(path);
            }
            else if (i == 0)
            {
                DefaultCommand = path;
            }
        }

        // Applets last: a program named by the user is never replaced by a link.
        foreach (string box in boxes)
        {
            foreach (string applet in Applets(box))
            {
                Tree.AddLink("/bin/" + applet, box);
            }
        }

        AddBasics();
    }

    private static EngineException NotFound(string program, Exception? inner = null) => new(
        EngineErrorKind.ObjectNotFound, "ProgramNotFound", $"There is no program '{program}' on this host.", program,
        "Give the path of an executable file, or install the program.", inner);

    private static string Locate(string program)
    {
        if (program.Length == 0 || program.Contains('\0', StringComparison.Ordinal))
        {
            throw NotFound(program);
        }

        if (program.Contains('/', StringComparison.Ordinal))
        {
            string path = Path.GetFullPath(program);
            return IsExecutable(path) ? path : throw NotFound(program);
        }

        string search = Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } set ? set : DefaultPath;
        foreach (string directory in search.Split(':').Concat(DefaultPath.Split(':')))
        {
            if (directory.StartsWith('/') && IsExecutable(Path.Join(directory, program)))
            {
                return Path.GetFullPath(Path.Join(directory, program));
            }
        }

        throw NotFound(program);
    }

    private static bool IsExecutable(string path)
    {
        const UnixFileMode Any = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(path) && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Any) != 0;
    }

    /// <summary>The first line of a script after "#!", or null.</summary>
    private static string[]? ReadShebang(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> start = stackalloc byte[MaxScriptLine];
        int length = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (!start[..length].StartsWith("#!"u8))
        {
            return null;
        }

        ReadOnlySpan<byte> line = start[2..length];
        int end = line.IndexOf((byte)'\n');
        return Encoding.UTF8.GetString(end < 0 ? line : line[..end])
            .Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>busybox tells its applets itself: it is this host's own program, and gets an empty environment.</summary>
    private static List<string> Applets(string box)
    {
        ProcessStartInfo start = new(box, "--list") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        using Process process = Process.Start(start) ?? throw NotFound(box);
        using Timer patience = new(_ => process.Kill(), null, ListTimeout, Timeout.Infinite);
        List<string> names = [];
        while (process.StandardOutput.ReadLine() is string line && names.Count < MaxApplets)
        {
            if (line.Length is > 0 and <= NativePath.MaxName && !line.Contains('/', StringComparison.Ordinal) && line is not ("." or ".."))
            {
                names.Add(line);
            }
        }

        process.WaitForExit();
        return names;
    }

    /// <summary>Adds a program and what it needs; returns its path without links.</summary>
    private string AddProgram(string path, int scripts)
    {
        try
        {
            string real = Tree.AddHostFile(path);
            if (!_done.Add(real))
            {
                return real;
            }

            ElfFile? elf = ElfFile.TryRead(real);
            if (elf is not null)
            {
                AddObjects(real, elf);
            }
            else if (ReadShebang(real) is { Length: > 0 } line)
            {
                if (scripts >= MaxScripts)
                {
                    throw NotFound(line[0]);
                }

                AddProgram(Locate(line[0]), scripts + 1);
                if (Path.GetFileName(line[0]) == "env" && line.Skip(1).FirstOrDefault(word => !word.StartsWith('-')) is string program)
                {
                    AddProgram(Locate(program), scripts + 1);
                }
            }

            return real;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotFound(path, e);
        }
    }

    private void AddObjects(string path, ElfFile elf)
    {
        if (elf.Interpreter is string loader)
        {
            _musl |= loader.Contains("ld-musl", StringComparison.Ordinal);
            if (!File.Exists(loader))
            {
                throw MissingLibrary(loader, path);
            }

            _done.Add(Tree.AddHostFile(loader));
        }

        AddNeeded([(path, elf)]);
    }

    private void AddNeeded(IReadOnlyList<(string Path, ElfFile Elf)> chain)
    {
        foreach (string name in chain[0].Elf.Needed)
        {
            string found = _libraries.Find(name, chain) ?? throw MissingLibrary(name, chain[0].Path);
            string real = Tree.AddHostFile(found);
            if (_done.Add(real) && ElfFile.TryRead(real) is ElfFile library)
            {
                AddNeeded([(real, library), .. chain]);
                if (name == "libc.so.6")
                {
                    AddNameServices(chain);
                }
            }
        }
    }

    /// <summary>glibc before 2.34 loads these at run time to look up accounts and hosts.</summary>
    private void AddNameServices(IReadOnlyList<(string Path, ElfFile Elf)> chain)
    {
        foreach (string name in new[] { "libnss_files.so.2", "libnss_dns.so.2" })
        {
            if (_libraries.Find(name, chain) is string found && _done.Add(Tree.AddHostFile(found))
                && ElfFile.TryRead(found) is ElfFile library)
            {
                AddNeeded([(found, library), .. chain]);
            }
        }
    }

    private static EngineException MissingLibrary(string name, string owner) => new(
        EngineErrorKind.ObjectNotFound, "LibraryNotFound", $"The library '{name}' that '{owner}' needs is not on this host.", name,
        "Install the package that has the library.");

    private void AddBasics()
    {
        string shell = Tree.Contains("/bin/bash") ? "/bin/bash" : "/bin/sh";
        Tree.AddDirectory("/dev", 0x1ED);
        Tree.AddDirectory("/etc", 0x1ED);
        Tree.AddDirectory("/proc", 0x16D);
        Tree.AddDirectory("/root", 0x1C0);
        Tree.AddDirectory("/sys", 0x16D);
        Tree.AddDirectory("/tmp", 0x3FF);
        Tree.AddText("/etc/passwd", $"root:x:0:0:root:/root:{shell}\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n", 0x1A4);
        Tree.AddText("/etc/group", "root:x:0:\nnogroup:x:65534:\n", 0x1A4);
        if (!_musl)
        {
            Tree.AddText("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n", 0x1A4);
        }
    }
}
