using Containers.Engine.Linux;
using Containers.Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Copying;

/// <summary>
/// The files of one place, open. Paths of a container are resolved by the kernel inside its root, at every step and without links that leave it
/// (openat2 with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS): whatever the container does meanwhile, nothing of the host is reached
/// (CVE-2018-15664, CVE-2026-41568). Nothing stays mounted when it is disposed.
/// </summary>
public sealed unsafe partial class FileView : IDisposable
{
    private const ulong InRoot = Libc.RESOLVE_IN_ROOT | Libc.RESOLVE_NO_MAGICLINKS;
    private const int MaxRaces = 1000;
    private const int MaxLinks = 40;

    private readonly RootedDirectory? _root;
    private readonly IDisposable?[] _held;

    /// <param name="root">Taken over; null for the host, whose paths are the host's.</param>
    /// <param name="held">What lasts as long as the view: locks, namespaces.</param>
    internal FileView(FilePlace place, RootedDirectory? root, bool writable, params IDisposable?[] held)
    {
        Place = place;
        IsWritable = writable;
        _root = root;
        _held = held;
    }

    public FilePlace Place { get; }

    internal bool IsWritable { get; }

    /// <summary>A node by its path.</summary>
    /// <param name="followLast">Whether a link at the end of the path is followed.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="EngineException">FileUnreadable.</exception>
    public ContainerFile? Find(string path, bool followLast = false)
    {
        using ResolvedFile file = Resolve(FileNameText.ToBytes(path), followLast);
        return file.Node is null ? null : Describe(path, LastName(path), file.Node, file.Status);
    }

    /// <summary>What is in a directory, by name. A link to a directory is followed.</summary>
    /// <exception cref="EngineException">ContainerPathNotFound, NotADirectory, FileUnreadable.</exception>
    public IReadOnlyList<ContainerFile> List(string path)
    {
        byte[] native = NativePath.From(FileNameText.ToBytes(path));
        int fd = Open(native, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NONBLOCK);
        if (fd < 0)
        {
            throw CopyErrors.Source(this, path, -fd);
        }

        using SafeFileHandle directory = new(fd, ownsHandle: true);
        List<ContainerFile> files = [];
        foreach (byte[] name in TreeDirectory.Names(fd, native))
        {
            int node = OpenChild(fd, name, out _);
            if (node < 0)
            {
                continue; // Removed since the names were read.
            }

            using SafeFileHandle handle = new(node, ownsHandle: true);
            string text = FileNameText.From(name.AsSpan(0, name.Length - 1));
            files.Add(Describe(Join(path, text), text, handle, TreeDirectory.Status(node, name)));
        }

        return files;
    }

    /// <summary>The content of a regular file, links followed inside the root. A FIFO or a device is never opened.</summary>
    /// <exception cref="EngineException">ContainerPathNotFound, NotAFile, FileUnreadable.</exception>
    public Stream OpenRead(string path)
    {
        using ResolvedFile file = Resolve(FileNameText.ToBytes(path), followLast: true);
        if (file.Node is null)
        {
            throw CopyErrors.Source(this, path, Errno.ENOENT);
        }

        if ((file.Status.stx_mode & Libc.S_IFMT) != Libc.S_IFREG)
        {
            throw CopyErrors.NotAFile(this, path);
        }

        int fd = Reopen((int)file.Node.DangerousGetHandle(), Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY);
        return fd >= 0
            ? new FileStream(new SafeFileHandle(fd, ownsHandle: true), FileAccess.Read, bufferSize: 0)
            : throw CopyErrors.Source(this, path, -fd);
    }

    public void Dispose()
    {
        _root?.Dispose();
        _mounts.ForEach(one => one.Dispose());
        foreach (IDisposable? one in _held)
        {
            one?.Dispose();
        }
    }

    /// <summary>The file behind an O_PATH descriptor, opened for real: the very file that was looked at, whatever has its name now.</summary>
    /// <returns>A descriptor, or minus errno.</returns>
    internal static int Reopen(int node, int flags)
    {
        Span<byte> path = stackalloc byte[32];
        "/proc/self/fd/"u8.CopyTo(path);
        System.Buffers.Text.Utf8Formatter.TryFormat(node, path[14..], out int digits);
        path[14 + digits] = 0;
        fixed (byte* native = path)
        {
            int fd = Libc.openat(Libc.AT_FDCWD, native, flags | Libc.O_CLOEXEC, 0);
            return fd >= 0 ? fd : -Errno.Last;
        }
    }

    /// <summary>Looks at a name without opening what it is.</summary>
    /// <param name="name">With its final zero.</param>
    /// <returns>A descriptor, or minus errno.</returns>
    internal static int OpenName(int directory, byte[] name)
    {
        fixed (byte* native = name)
        {
            int fd = Libc.openat(directory, native, Libc.O_PATH | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
            return fd >= 0 ? fd : -Errno.Last;
        }
    }

    /// <summary>
    /// What the link behind an O_PATH descriptor says. A container's /proc/self says nothing to whoever is outside its process namespace (ENOENT), and
    /// the links of a process that has just ended say nothing to anybody.
    /// </summary>
    /// <returns>0, or errno.</returns>
    internal static int ReadLink(int node, out byte[] target)
    {
        byte* text = stackalloc byte[NativePath.MaxLength];
        byte empty = 0;
        nint length = Libc.readlinkat(node, &empty, text, NativePath.MaxLength);
        int errno = length < 0 ? Errno.Last : 0;
        target = length < 0 ? [] : new ReadOnlySpan<byte>(text, (int)length).ToArray();
        return errno;
    }

    internal static string Join(string directory, string name) => directory.EndsWith('/') ? directory + name : directory + "/" + name;

    /// <summary>Opens a path as this place resolves paths.</summary>
    /// <param name="path">With its final zero.</param>
    /// <returns>A descriptor, or minus errno.</returns>
    internal int Open(byte[] path, int flags)
    {
        if (HasMounts)
        {
            return Walk(path, flags);
        }

        Libc.open_how how = new() { flags = (ulong)(uint)(flags | Libc.O_CLOEXEC), resolve = _root is null ? 0 : InRoot };
        int directory = _root is null ? Libc.AT_FDCWD : (int)_root.Handle.DangerousGetHandle();
        fixed (byte* native = path)
        {
            for (int attempt = 0; ; attempt++)
            {
                int fd = Libc.openat2(directory, native, &how);
                if (fd >= 0)
                {
                    return fd;
                }

                if (attempt >= MaxRaces || Errno.Last is not (Errno.EINTR or Errno.EAGAIN))
                {
                    return -Errno.Last;
                }
            }
        }
    }

    /// <summary>
    /// Finds a path and the directory that holds its last name. A link at the end is followed by hand, one at a time, each time from the root:
    /// so the place is also known where the link points to nothing.
    /// </summary>
    /// <returns>With no parent for "/", "." and "..", and no node where there is none.</returns>
    /// <exception cref="EngineException">When a part before the last is missing: see <see cref="ResolvedFile.Error"/>, nothing is thrown for it.</exception>
    internal ResolvedFile Resolve(ReadOnlySpan<byte> path, bool followLast)
    {
        byte[] at = path.IsEmpty ? "/"u8.ToArray() : path.ToArray();
        for (int links = 0; links < MaxLinks; links++)
        {
            ReadOnlySpan<byte> trimmed = at.AsSpan().TrimEnd((byte)'/');
            int slash = trimmed.LastIndexOf((byte)'/');
            ReadOnlySpan<byte> name = trimmed[(slash + 1)..];
            if (name.IsEmpty || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
            {
                int whole = Open(NativePath.From(at), Libc.O_PATH);
                return whole < 0 ? ResolvedFile.Missing(-whole) : ResolvedFile.Found(null, [], new SafeFileHandle(whole, ownsHandle: true));
            }

            ReadOnlySpan<byte> folder = slash < 0 ? "."u8 : slash == 0 ? "/"u8 : trimmed[..slash];
            int parent = Open(NativePath.From(folder), Libc.O_PATH | Libc.O_DIRECTORY);
            if (parent < 0)
            {
                return ResolvedFile.Missing(-parent);
            }

            SafeFileHandle directory = new(parent, ownsHandle: true);
            byte[] last = NativePath.From(name);
            int node = OpenChild(parent, last, out _);
            if (node < 0)
            {
                return node == -Errno.ENOENT ? ResolvedFile.New(directory, last) : ResolvedFile.Missing(-node, directory);
            }

            ResolvedFile found = ResolvedFile.Found(directory, last, new SafeFileHandle(node, ownsHandle: true));
            if (!followLast || (found.Status.stx_mode & Libc.S_IFMT) != Libc.S_IFLNK)
            {
                return found;
            }

            int errno = ReadLink(node, out byte[] target);
            found.Dispose();
            if (errno != 0)
            {
                return ResolvedFile.Missing(errno);
            }

            at = target.AsSpan().StartsWith("/"u8) ? target : [.. folder, (byte)'/', .. target];
        }

        return ResolvedFile.Missing(Errno.ELOOP);
    }

    private ContainerFile Describe(string path, string name, SafeFileHandle node, in Libc.statx_t status)
    {
        bool link = (status.stx_mode & Libc.S_IFMT) == Libc.S_IFLNK;
        string? target = link && ReadLink((int)node.DangerousGetHandle(), out byte[] text) == 0 ? FileNameText.From(text) : null;
        return ContainerFile.From(Place, path, name, status, target);
    }

    private static string LastName(string path)
    {
        string trimmed = path.TrimEnd('/');
        return trimmed.Length == 0 ? "/" : trimmed[(trimmed.LastIndexOf('/') + 1)..];
    }
}
