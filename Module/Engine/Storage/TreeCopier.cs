using System.Runtime.InteropServices;
using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>
/// Applies a layer in overlay's form to a plain tree, or copies a plain tree into an empty one, which is the same thing: owners, modes, times,
/// attributes, hard links, holes, devices. By descriptors and single names on both sides; nobody else writes to either.
/// </summary>
internal sealed unsafe class TreeCopier(CancellationToken cancel)
{
    private const int MaxDepth = 1024;

    private readonly ByteText _path = new();
    private readonly Dictionary<(ulong Inode, uint Major, uint Minor), byte[]> _linked = [];
    private readonly FileCopier _files = new(cancel);
    private int _root;

    /// <summary>
    /// False for what is no layer and may change meanwhile, such as a volume: a device 0:0 is a device, and what goes away, or becomes something
    /// else, between two looks is left out.
    /// </summary>
    internal bool IsLayer { get; init; } = true;

    /// <summary>
    /// True where the target is somebody's directory: it keeps its own metadata, a directory in it is never removed to make room, and devices are
    /// left out.
    /// </summary>
    internal bool IsMerge { get; init; }

    /// <summary>How many devices were left out.</summary>
    internal long Devices { get; private set; }

    /// <param name="source">A directory that is open for reading.</param>
    /// <param name="target">An empty one, open for reading; it gets the metadata of the source.</param>
    internal void Copy(SafeHandle source, SafeHandle target)
    {
        int a = TreeDirectory.Reopen((int)source.DangerousGetHandle(), "/"u8);
        try
        {
            _root = (int)target.DangerousGetHandle();
            CopyChildren(a, _root, 1);
            if (!IsMerge)
            {
                Finish(a, _root, TreeDirectory.Status(a, "/"u8));
            }
        }
        finally
        {
            _ = Libc.close(a);
        }
    }

    /// <param name="source">A directory of the host that the caller trusts: a layer's fs, or a root made of layers.</param>
    /// <param name="target">An existing directory; its root gets the metadata of the source's.</param>
    internal void Copy(string source, string target)
    {
        using RootedDirectory from = RootedDirectory.Open(source);
        using RootedDirectory to = RootedDirectory.Open(target);
        int a = TreeDirectory.Reopen((int)from.Handle.DangerousGetHandle(), "/"u8);
        int b = -1;
        try
        {
            b = TreeDirectory.Reopen((int)to.Handle.DangerousGetHandle(), "/"u8);
            _root = b;
            CopyChildren(a, b, 1);
            Finish(a, b, TreeDirectory.Status(a, "/"u8));
        }
        finally
        {
            _ = Libc.close(a);
            if (b >= 0)
            {
                _ = Libc.close(b);
            }
        }
    }

    private void CopyChildren(int source, int target, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new LinuxException("openat", NativePath.ToText(_path.Span), Errno.ENAMETOOLONG);
        }

        int length = _path.Length;
        foreach (byte[] name in TreeDirectory.Names(source, _path.Span))
        {
            cancel.ThrowIfCancellationRequested();
            _path.Set(_path.Span[..length].ToArray());
            _path.Append(length > 0 ? "/"u8 : ""u8);
            _path.Append(name.AsSpan(0, name.Length - 1));
            if (!TreeDirectory.TryStat(source, name, _path.Span, out Libc.statx_t status))
            {
                if (!IsLayer)
                {
                    continue;
                }

                throw new LinuxException("statx", NativePath.ToText(_path.Span), Errno.ENOENT);
            }

            if (TreeDirectory.IsDirectory(status))
            {
                CopyDirectory(source, target, name, depth);
                continue;
            }

            if (IsMerge && (status.stx_mode & Libc.S_IFMT) is Libc.S_IFCHR or Libc.S_IFBLK)
            {
                Devices++;
                continue;
            }

            Clear(target, name);
            if (!(IsLayer && TreeDirectory.IsWhiteout(status)) && !Link(target, name, status))
            {
                CopyNode(source, target, name, status);
            }
        }

        _path.Set(_path.Span[..length].ToArray());
    }

    private void CopyDirectory(int source, int target, byte[] name, int depth)
    {
        int from = TreeDirectory.TryOpen(source, name, Libc.O_DIRECTORY, _path.Span);
        if (from < 0 && !IsLayer)
        {
            return;
        }

        _ = Required(from, "openat");
        int to = -1;
        try
        {
            bool there = TreeDirectory.TryStat(target, name, _path.Span, out Libc.statx_t old);
            if (there && (!TreeDirectory.IsDirectory(old) || TreeDirectory.IsOpaque(from)))
            {
                Clear(target, name);
                there = false;
            }

            fixed (byte* native = name)
            {
                if (!there)
                {
                    Check(Libc.mkdirat(target, native, 0x1C0), "mkdirat");
                }
            }

            to = Required(TreeDirectory.TryOpen(target, name, Libc.O_DIRECTORY, _path.Span), "openat");
            CopyChildren(from, to, depth + 1);
            Finish(from, to, TreeDirectory.Status(from, _path.Span));
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

    private void CopyNode(int source, int target, byte[] name, in Libc.statx_t status)
    {
        uint type = status.stx_mode & Libc.S_IFMT;
        if (type == Libc.S_IFREG)
        {
            CopyFile(source, target, name, status);
            return;
        }

        fixed (byte* native = name)
        {
            if (type == Libc.S_IFLNK)
            {
                byte[] link = TreeDirectory.ReadLink(source, name);
                if (link.Length == 0 && !IsLayer)
                {
                    return;
                }

                fixed (byte* text = NativePath.From(link))
                {
                    Check(Libc.symlinkat(text, target, native), "symlinkat");
                }
            }
            else
            {
                ulong device = Launch.LaunchSteps.DeviceNumber(status.stx_rdev_major, status.stx_rdev_minor);
                Check(Libc.mknodat(target, native, type | 0x180, device), "mknodat");
            }

            Check(Libc.fchownat(target, native, status.stx_uid, status.stx_gid, Libc.AT_SYMLINK_NOFOLLOW), "fchownat");
            if (type != Libc.S_IFLNK)
            {
                Check(Libc.fchmodat(target, native, status.stx_mode & 0xFFFu, Libc.AT_SYMLINK_NOFOLLOW), "fchmodat");
            }

            Libc.timespec* times = stackalloc Libc.timespec[2];
            Fill(times, status);
            Check(Libc.utimensat(target, native, times, Libc.AT_SYMLINK_NOFOLLOW), "utimensat");
        }
    }

    private void CopyFile(int source, int target, byte[] name, in Libc.statx_t expected)
    {
        int from = TreeDirectory.TryOpen(source, name, Libc.O_NONBLOCK | Libc.O_NOCTTY, _path.Span);
        if (from < 0 && !IsLayer)
        {
            _ = _linked.Remove(Key(expected));
            return;
        }

        _ = Required(from, "openat");
        int to = -1;
        try
        {
            // A device or fifo may have taken the file's place since the look at its name: nothing of it is read (S26).
            Libc.statx_t status = TreeDirectory.Status(from, _path.Span);
            if ((status.stx_mode & Libc.S_IFMT) != Libc.S_IFREG)
            {
                _ = _linked.Remove(Key(expected));
                return;
            }

            fixed (byte* native = name)
            {
                to = Libc.openat(target, native, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180);
            }

            Check(to, "openat");
            _files.Copy(from, to, (long)status.stx_size, _path.Span);
            Finish(from, to, status);
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

    /// <summary>Owner, attributes, mode, times, in the order that the kernel needs: chown clears setuid bits and capabilities.</summary>
    private void Finish(int source, int target, in Libc.statx_t status)
    {
        byte empty = 0;
        Check(Libc.fchownat(target, &empty, status.stx_uid, status.stx_gid, Libc.AT_EMPTY_PATH), "fchownat");
        SetAttributes(source, target, isDirectory: TreeDirectory.IsDirectory(status));
        Check(Libc.fchmod(target, status.stx_mode & 0xFFFu), "fchmod");
        Libc.timespec* times = stackalloc Libc.timespec[2];
        Fill(times, status);
        Check(Libc.utimensat(target, &empty, times, Libc.AT_EMPTY_PATH), "utimensat");
    }

    private void SetAttributes(int source, int target, bool isDirectory)
    {
        List<ExtendedAttribute> wanted = [];
        FileAttributesReader.Read(source, _path.Span, wanted);
        if (isDirectory)
        {
            // A directory of a lower layer loses what the upper one does not have: overlay shows the upper one's only.
            List<ExtendedAttribute> there = [];
            FileAttributesReader.Read(target, _path.Span, there);
            foreach (ExtendedAttribute old in there.Where(old => !wanted.Exists(one => one.Name.AsSpan().SequenceEqual(old.Name))))
            {
                fixed (byte* name = NativePath.From(old.Name))
                {
                    Check(Libc.fremovexattr(target, name), "fremovexattr");
                }
            }
        }

        foreach (ExtendedAttribute attribute in wanted)
        {
            fixed (byte* name = NativePath.From(attribute.Name), value = attribute.Value)
            {
                Check(Libc.fsetxattr(target, name, value, (nuint)attribute.Value.Length, 0), "fsetxattr");
            }
        }
    }

    /// <summary>Another name of a file that was copied already.</summary>
    private bool Link(int target, byte[] name, in Libc.statx_t status)
    {
        if (status.stx_nlink < 2)
        {
            return false;
        }

        (ulong, uint, uint) key = Key(status);
        if (!_linked.TryGetValue(key, out byte[]? first))
        {
            _linked[key] = _path.Span.ToArray();
            return false;
        }

        int slash = first.AsSpan().LastIndexOf((byte)'/');
        Libc.open_how how = new()
        {
            flags = (ulong)(uint)(Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC),
            resolve = Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_NO_XDEV,
        };
        fixed (byte* folder = slash < 0 ? ".\0"u8.ToArray() : NativePath.From(first.AsSpan(0, slash)),
            old = NativePath.From(first.AsSpan(slash + 1)), native = name)
        {
            int parent = Libc.openat2(_root, folder, &how);
            Check(parent, "openat2");
            int result = Libc.linkat(parent, old, target, native, 0);
            int errno = Errno.Last;
            _ = Libc.close(parent);
            return result == 0 ? true : throw new LinuxException("linkat", NativePath.ToText(_path.Span), errno);
        }
    }

    private static (ulong Inode, uint Major, uint Minor) Key(in Libc.statx_t status) => (status.stx_ino, status.stx_dev_major, status.stx_dev_minor);

    private void Clear(int target, byte[] name)
    {
        fixed (byte* native = name)
        {
            int errno = !IsMerge ? FileTree.TryRemove(target, native) : Libc.unlinkat(target, native, 0) == 0 ? 0 : Errno.Last;
            if (errno != 0 && !(IsMerge && errno == Errno.ENOENT))
            {
                throw new LinuxException("unlinkat", NativePath.ToText(_path.Span), errno);
            }
        }
    }

    private static void Fill(Libc.timespec* times, in Libc.statx_t status)
    {
        times[0] = new Libc.timespec { tv_sec = status.stx_atime.tv_sec, tv_nsec = (nint)status.stx_atime.tv_nsec };
        times[1] = new Libc.timespec { tv_sec = status.stx_mtime.tv_sec, tv_nsec = (nint)status.stx_mtime.tv_nsec };
    }

    private int Required(int fd, string call) =>
        fd >= 0 ? fd : throw new LinuxException(call, NativePath.ToText(_path.Span), Errno.ENOENT);

    private void Check(int result, string call)
    {
        if (result < 0)
        {
            throw new LinuxException(call, NativePath.ToText(_path.Span), Errno.Last);
        }
    }
}
