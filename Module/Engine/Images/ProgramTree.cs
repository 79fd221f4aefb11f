using System.Text;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>
/// The files of an image to be: copies of this host's files at their own places, with every link on the way to them, so that
/// /bin is a link to usr/bin where it is one here.
/// </summary>
internal sealed class ProgramTree
{
    private const int MaxLinks = 40;
    private const int BufferSize = 256 * 1024;

    private readonly SortedDictionary<string, Node> _nodes = new(StringComparer.Ordinal);

    /// <summary>One file: a link, a copy, own content, or, with none of these, a directory.</summary>
    private sealed record Node(uint Mode, string? Link = null, string? Source = null, byte[]? Content = null)
    {
        internal bool IsDirectory => Link is null && Source is null && Content is null;
    }

    /// <summary>Adds a file of the host and everything on the way to it; returns its path without any link.</summary>
    internal string AddHostFile(string path)
    {
        string real = Walk(path, fromHost: true);
        _nodes.TryAdd(real, new Node(0, Source: real));
        return real;
    }

    /// <summary>Adds a directory with the mode; one that is there keeps its own.</summary>
    internal void AddDirectory(string path, uint mode)
    {
        string real = Walk(path, fromHost: false);
        if (!_nodes.TryGetValue(real, out Node? node) || node.IsDirectory)
        {
            _nodes[real] = new Node(mode);
        }
    }

    internal void AddText(string path, string text, uint mode) =>
        _nodes.TryAdd(Walk(path, fromHost: false), new Node(mode, Content: Encoding.UTF8.GetBytes(text)));

    /// <summary>Adds a symbolic link unless something of that name is there.</summary>
    internal void AddLink(string path, string target) => _nodes.TryAdd(Walk(path, fromHost: false), new Node(0x1FF, Link: target));

    internal bool Contains(string path) => _nodes.ContainsKey(Walk(path, fromHost: false));

    /// <summary>Writes all of it, sorted, with times of the originals (1970 for what is made here).</summary>
    internal void Write(TarWriter writer, CancellationToken cancel)
    {
        TarEntry entry = new();
        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        foreach ((string path, Node node) in _nodes)
        {
            cancel.ThrowIfCancellationRequested();
            entry.Clear();
            entry.Name.Set(Encoding.UTF8.GetBytes(path[1..] + (node.IsDirectory ? "/" : string.Empty)));
            entry.Mode = node.Mode;
            if (node.Source is not null)
            {
                WriteCopy(writer, entry, node.Source, buffer, cancel);
                continue;
            }

            entry.Type = node.Link is not null ? TarEntryType.SymbolicLink
                : node.Content is not null ? TarEntryType.File : TarEntryType.Directory;
            entry.LinkName.Set(Encoding.UTF8.GetBytes(node.Link ?? string.Empty));
            entry.Size = node.Content?.Length ?? 0;
            writer.WriteEntry(entry);
            if (node.Content is { Length: > 0 })
            {
                writer.WriteData(node.Content);
                writer.EndData();
            }
        }
    }

    private static void WriteCopy(TarWriter writer, TarEntry entry, string source, byte[] buffer, CancellationToken cancel)
    {
        using SafeFileHandle handle = File.OpenHandle(source);
        Libc.statx_t status = RootedDirectory.StatHandle(handle, source);
        int fd = (int)handle.DangerousGetHandle();
        ReadOnlySpan<byte> path = entry.Name.Span;
        entry.Type = TarEntryType.File;
        entry.Mode = status.stx_mode & 0xFFFu;
        entry.Uid = status.stx_uid;
        entry.Gid = status.stx_gid;
        entry.Seconds = status.stx_mtime.tv_sec;
        entry.Size = (long)status.stx_size;
        FileAttributesReader.Read(fd, path, entry.Attributes);
        writer.WriteEntry(entry);
        FileContent.Copy(fd, entry.Size, writer, buffer, path, cancel);
    }

    /// <summary>
    /// Goes to a path, through links of the tree or of the host, and adds what it passes: links as links, directories as
    /// directories. Returns where it ends.
    /// </summary>
    private string Walk(string path, bool fromHost)
    {
        Stack<string> rest = new(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        string current = string.Empty;
        int links = 0;
        while (rest.TryPop(out string? name))
        {
            if (name == ".")
            {
                continue;
            }

            if (name == "..")
            {
                current = current.Length == 0 ? current : current[..current.LastIndexOf('/')];
                continue;
            }

            string next = current + "/" + name;
            string? link = LinkOf(next, fromHost);
            if (link is not null)
            {
                if (++links > MaxLinks)
                {
                    throw new LinuxException("open", path, Errno.ELOOP);
                }

                _nodes.TryAdd(next, new Node(0x1FF, Link: link));
                current = link.StartsWith('/') ? string.Empty : current;
                foreach (string part in link.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
                {
                    rest.Push(part);
                }

                continue;
            }

            current = next;
            if (rest.Count > 0)
            {
                _nodes.TryAdd(current, new Node(0x1ED));
            }
        }

        return current;
    }

    private string? LinkOf(string path, bool fromHost)
    {
        if (_nodes.TryGetValue(path, out Node? node))
        {
            return node.Link;
        }

        return fromHost ? new FileInfo(path).LinkTarget : null;
    }
}
