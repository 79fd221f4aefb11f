using Containers.Engine.Linux;
using Containers.Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Copying;

/// <summary>
/// Copies one node and what is below it. On both sides somebody hostile may change names while it works: every node is looked at through a
/// descriptor (O_PATH, O_NOFOLLOW) and then opened through that very descriptor, and everything is made by single names in directories that are
/// held open. No FIFO or device is ever opened; nothing of a container is executed.
/// </summary>
internal sealed unsafe partial class FileTreeCopier : IDisposable
{
    private const int MaxDepth = 256;

    private readonly FileView _from;
    private readonly FileView _to;
    private readonly FileCopyOptions _options;
    private readonly CancellationToken _cancel;
    private readonly KernelFiles _kernel = new();
    private readonly FileCopier _files;
    private readonly HashSet<(ulong Inode, uint Major, uint Minor)> _targets = [];
    private readonly Dictionary<(ulong Inode, uint Major, uint Minor), byte[]> _linked = [];
    private readonly List<byte[]> _below = [];
    private SafeFileHandle? _top;
    private long _bytes;
    private int _specials;
    private int _sockets;
    private int _problems;

    internal FileTreeCopier(FileView from, FileView to, FileCopyOptions options, CancellationToken cancel)
    {
        _from = from;
        _to = to;
        _options = options;
        _cancel = cancel;
        _files = new FileCopier(cancel, live: true, Progress);
    }

    /// <summary>Whether something came of the node itself, whatever could not be copied below it.</summary>
    internal bool IsMade { get; private set; }

    public void Dispose() => _top?.Dispose();

    /// <summary>Copies a node as a name in a directory.</summary>
    /// <param name="node">O_PATH.</param>
    /// <param name="name">With its final zero.</param>
    /// <param name="sourcePath">For messages, as <paramref name="targetPath"/>.</param>
    internal void CopyInto(SafeFileHandle node, in Libc.statx_t status, string sourcePath, SafeFileHandle directory, byte[] name, string targetPath)
    {
        Begin(directory);
        if (TreeDirectory.IsDirectory(status) && IsInside(directory, Key(status)))
        {
            throw CopyErrors.IntoItself(_from, sourcePath);
        }

        Node((int)node.DangerousGetHandle(), status, (int)directory.DangerousGetHandle(), name, sourcePath, targetPath);
        IsMade |= !TreeDirectory.IsDirectory(status) && _problems == 0;
    }

    /// <summary>Copies what is in a directory into one that is there.</summary>
    internal void CopyContent(SafeFileHandle node, in Libc.statx_t status, string sourcePath, SafeFileHandle directory, string targetPath)
    {
        Begin(directory);
        if (Key(status) == Key(RootedDirectory.StatHandle(directory, targetPath)))
        {
            throw CopyErrors.SameFile(_to, targetPath);
        }

        if (IsInside(directory, Key(status)))
        {
            throw CopyErrors.IntoItself(_from, sourcePath);
        }

        int from = OpenSource((int)node.DangerousGetHandle(), Libc.O_RDONLY | Libc.O_DIRECTORY, sourcePath);
        if (from >= 0)
        {
            IsMade = true;
            using SafeFileHandle source = new(from, ownsHandle: true);
            Children(from, (int)directory.DangerousGetHandle(), status, sourcePath, targetPath);
            if (_options.Archive)
            {
                using SafeFileHandle target = Writable(directory, targetPath);
                Finish(from, (int)target.DangerousGetHandle(), status, targetPath);
            }
        }
    }

    /// <summary>Says once what was left out.</summary>
    internal void Report()
    {
        if (_specials > 0)
        {
            _options.Warning?.Invoke($"{_specials} device(s) or FIFO(s) were left out; -Archive copies them.");
        }

        if (_sockets > 0)
        {
            _options.Warning?.Invoke($"{_sockets} socket(s) were left out: they mean nothing outside the program that made them.");
        }
    }

    private static (ulong Inode, uint Major, uint Minor) Key(in Libc.statx_t status) => (status.stx_ino, status.stx_dev_major, status.stx_dev_minor);

    /// <summary>Whether a directory is the one with the key, or below it. Nothing but identities is looked at on the way up.</summary>
    private static bool IsInside(SafeFileHandle directory, (ulong, uint, uint) key)
    {
        (ulong, uint, uint) last = default;
        int at = Libc.fcntl((int)directory.DangerousGetHandle(), Libc.F_DUPFD_CLOEXEC, 0);
        while (at >= 0)
        {
            (ulong, uint, uint) here = Key(TreeDirectory.Status(at, []));
            if (here == key || here == last)
            {
                _ = Libc.close(at);
                return here == key;
            }

            last = here;
            fixed (byte* up = "..\0"u8)
            {
                int parent = Libc.openat(at, up, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
                _ = Libc.close(at);
                at = parent;
            }
        }

        return false;
    }

    private void Begin(SafeFileHandle directory)
    {
        int top = Libc.fcntl((int)directory.DangerousGetHandle(), Libc.F_DUPFD_CLOEXEC, 0);
        if (top < 0)
        {
            throw Failed("fcntl", "");
        }

        _top = new SafeFileHandle(top, ownsHandle: true);
    }

    private void Node(int node, in Libc.statx_t status, int target, byte[] name, string sourcePath, string targetPath)
    {
        _cancel.ThrowIfCancellationRequested();
        _below.Add(name);
        try
        {
            switch (status.stx_mode & Libc.S_IFMT)
            {
                case Libc.S_IFDIR:
                    Directory(node, status, target, name, sourcePath, targetPath);
                    break;
                case Libc.S_IFREG:
                    if (!Link(target, name, status, targetPath))
                    {
                        File(node, status, target, name, sourcePath, targetPath);
                    }

                    break;
                case Libc.S_IFLNK:
                    SymbolicLink(node, status, target, name, sourcePath, targetPath);
                    break;
                case Libc.S_IFSOCK:
                    _sockets++;
                    break;
                default:
                    Special(status, target, name, targetPath);
                    break;
            }
        }
        catch (LinuxException e)
        {
            throw CopyErrors.Target(_to, targetPath, e);
        }
        finally
        {
            _below.RemoveAt(_below.Count - 1);
        }
    }

    private void Directory(int node, in Libc.statx_t status, int target, byte[] name, string sourcePath, string targetPath)
    {
        if (_below.Count > MaxDepth)
        {
            Problem(CopyErrors.TooDeep(_from, sourcePath));
            return;
        }

        if (_targets.Contains(Key(status)))
        {
            Problem(CopyErrors.IntoItself(_from, sourcePath));
            return;
        }

        int from = OpenSource(node, Libc.O_RDONLY | Libc.O_DIRECTORY, sourcePath);
        if (from < 0)
        {
            return;
        }

        int to = -1;
        try
        {
            bool isNew;
            fixed (byte* native = name)
            {
                isNew = Libc.mkdirat(target, native, 0x1C0) == 0;
                if (!isNew && Errno.Last != Errno.EEXIST)
                {
                    throw Failed("mkdirat", targetPath);
                }
            }

            to = OpenTarget(target, name);
            if (!isNew && -to is Errno.ENOTDIR or Errno.ELOOP)
            {
                Problem(CopyErrors.DirectoryOntoFile(_to, targetPath));
                return;
            }

            if (to < 0)
            {
                throw new LinuxException("openat", targetPath, -to);
            }

            Libc.statx_t there = TreeDirectory.Status(to, name);
            if (Key(there) == Key(status))
            {
                Problem(CopyErrors.SameFile(_to, targetPath));
                return;
            }

            IsMade = true; // Of the topmost one this is true before any other comes.
            Children(from, to, status, sourcePath, targetPath);
            if (isNew || _options.Archive)
            {
                Finish(from, to, status, targetPath);
            }
        }
        finally
        {
            _ = Libc.close(from);
            if (to >= 0)
            {
                _ = Libc.close(to);
            }
        }
    }

    /// <summary>A directory, and where something is mounted that. A link is not followed.</summary>
    /// <returns>A descriptor, or minus errno.</returns>
    private int OpenTarget(int target, byte[] name)
    {
        int node = _to.OpenChild(target, name, out _);
        if (node < 0)
        {
            return node;
        }

        using SafeFileHandle held = new(node, ownsHandle: true);
        return FileView.Reopen(node, Libc.O_RDONLY | Libc.O_DIRECTORY);
    }

    private void Children(int from, int to, in Libc.statx_t parent, string sourcePath, string targetPath)
    {
        (ulong, uint, uint) key = Key(TreeDirectory.Status(to, []));
        bool added = _targets.Add(key);
        bool fromKernel = _kernel.Has(from, parent);
        foreach (byte[] name in Names(from, sourcePath))
        {
            string text = FileNameText.From(name.AsSpan(0, name.Length - 1));
            string source = FileView.Join(sourcePath, text);
            int node = _from.OpenChild(from, name, out _);
            if (node < 0)
            {
                if (node != -Errno.ENOENT)
                {
                    SourceProblem(source, -node);
                }

                continue;
            }

            using SafeFileHandle handle = new(node, ownsHandle: true);
            Libc.statx_t status = TreeDirectory.Status(node, name);
            if (!fromKernel && IsOtherSystem(status, parent) && _kernel.Has(node, status))
            {
                continue; // /proc and /sys of a container are views of the kernel's, not its files.
            }

            Node(node, status, to, name, source, FileView.Join(targetPath, text));
        }

        if (added)
        {
            _targets.Remove(key);
        }
    }

    private static bool IsOtherSystem(in Libc.statx_t status, in Libc.statx_t parent) =>
        status.stx_dev_minor != parent.stx_dev_minor || status.stx_dev_major != parent.stx_dev_major;

    private List<byte[]> Names(int directory, string path)
    {
        try
        {
            return TreeDirectory.Names(directory, FileNameText.ToBytes(path));
        }
        catch (LinuxException e)
        {
            SourceProblem(path, e.Errno);
            return [];
        }
    }

    /// <returns>A descriptor, or -1 after a problem was told.</returns>
    private int OpenSource(int node, int flags, string path)
    {
        int fd = FileView.Reopen(node, flags);
        if (fd < 0)
        {
            SourceProblem(path, -fd);
            return -1;
        }

        return fd;
    }

    /// <summary>A directory that is held by O_PATH, in a form that its attributes can be set by.</summary>
    private SafeFileHandle Writable(SafeFileHandle directory, string path)
    {
        int fd = FileView.Reopen((int)directory.DangerousGetHandle(), Libc.O_RDONLY | Libc.O_DIRECTORY);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw CopyErrors.Target(_to, path, new LinuxException("open", path, -fd));
    }

    private void SourceProblem(string path, int errno)
    {
        EngineException problem = CopyErrors.Source(_from, path, errno);
        if (errno is Errno.EMFILE or Errno.ENFILE)
        {
            throw problem; // The next file would fail the same way.
        }

        Problem(problem);
    }

    private void Problem(EngineException problem)
    {
        _problems++;
        if (_options.Problem is null)
        {
            throw problem;
        }

        _options.Problem(problem);
    }

    private void Progress(long bytes)
    {
        _bytes += bytes;
        _options.Progress?.Report(_bytes);
    }

    private static LinuxException Failed(string call, string path) => new(call, path, Errno.Last);
}
