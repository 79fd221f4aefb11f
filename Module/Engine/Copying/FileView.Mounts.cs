using Containers.Engine.Linux;
using Containers.Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Copying;

/// <summary>Views of containers that do not run, with their volumes and binds in place, although nothing is mounted.</summary>
/// <remarks>
/// openat2(2) cannot cross from one tree into another that is not mounted there. So paths are walked here, a name at a time, by descriptors: no
/// link is ever followed by the kernel, ".." goes back to the directory that was come from, and an absolute link begins at the root again. A
/// container that shares a volume can turn its directories into links meanwhile, and gains nothing by it.
/// </remarks>
public sealed unsafe partial class FileView
{
    private readonly List<FileMount> _mounts = [];

    internal bool HasMounts => _mounts.Count > 0;

    /// <summary>Puts a tree where a container has it mounted. Outer ones first.</summary>
    /// <param name="create">Make a missing mount point, as the start would; else the mount is not seen.</param>
    internal void Mount(FileMount mount, bool create)
    {
        int at = Walk(FileNameText.ToBytes(mount.Target), Libc.O_PATH);
        if (at == -Errno.ENOENT && create && _root is not null && !_mounts.Exists(outer => IsBelow(mount.Target, outer.Target)))
        {
            _root.EnsureDirectory(mount.Target).Dispose();
            at = Walk(FileNameText.ToBytes(mount.Target), Libc.O_PATH);
        }

        if (at < 0)
        {
            mount.Dispose();
            return;
        }

        using SafeFileHandle point = new(at, ownsHandle: true);
        _mounts.Add(mount with { Point = FileMount.PointOf(RootedDirectory.StatHandle(point, mount.Target)) });
    }

    /// <summary>Looks at a name without opening what it is; where something is mounted, at that.</summary>
    /// <param name="name">With its final zero.</param>
    /// <param name="mounted">It is the root of a mount.</param>
    /// <returns>A descriptor, or minus errno.</returns>
    /// <exception cref="EngineException">VolumeNotMounted.</exception>
    internal int OpenChild(int directory, byte[] name, out bool mounted)
    {
        mounted = false;
        int node = OpenName(directory, name);
        if (node < 0 || _mounts.Count == 0)
        {
            return node;
        }

        (ulong, uint, uint, ulong) point = FileMount.PointOf(TreeDirectory.Status(node, name));
        if (_mounts.FindLast(one => one.Point == point) is not { } mount)
        {
            return node;
        }

        _ = Libc.close(node);
        mounted = true;
        return mount.Source is { } source
            ? Reopen((int)source.DangerousGetHandle(), Libc.O_PATH)
            : throw CopyErrors.NotMounted(this, mount.Target);
    }

    private static bool IsBelow(string path, string directory) =>
        path.Length > directory.Length && path.StartsWith(directory, StringComparison.Ordinal) && path[directory.Length] == '/';

    /// <summary>openat2(2) with RESOLVE_IN_ROOT, across mounts that are none. The last link is followed, too.</summary>
    /// <returns>A descriptor, or minus errno.</returns>
    private int Walk(ReadOnlySpan<byte> path, int flags)
    {
        int root = (int)_root!.Handle.DangerousGetHandle();
        Stack<int> way = new();
        Stack<byte[]> names = new();
        Push(names, path);
        try
        {
            for (int links = 0; names.TryPop(out byte[]? name);)
            {
                if (name is [(byte)'.', (byte)'.'])
                {
                    Close(way, one: true);
                    continue;
                }

                int node = OpenChild(way.Count > 0 ? way.Peek() : root, NativePath.From(name), out _);
                if (node < 0)
                {
                    return node;
                }

                if ((TreeDirectory.Status(node, name).stx_mode & Libc.S_IFMT) != Libc.S_IFLNK)
                {
                    way.Push(node);
                    continue;
                }

                int errno = ReadLink(node, out byte[] target);
                _ = Libc.close(node);
                if (errno != 0)
                {
                    return -errno;
                }

                if (++links > MaxLinks)
                {
                    return -Errno.ELOOP;
                }

                Close(way, one: target.AsSpan().StartsWith("/"u8) ? null : false);
                Push(names, target);
            }

            return Reopen(way.Count > 0 ? way.Peek() : root, flags);
        }
        finally
        {
            Close(way, one: null);
        }
    }

    /// <param name="one">True for the last one, null for all, false for none.</param>
    private static void Close(Stack<int> way, bool? one)
    {
        while (one != false && way.TryPop(out int node))
        {
            _ = Libc.close(node);
            one = one == true ? false : null;
        }
    }

    private static void Push(Stack<byte[]> names, ReadOnlySpan<byte> path)
    {
        path = path.TrimEnd((byte)0);
        while (!path.IsEmpty)
        {
            int slash = path.LastIndexOf((byte)'/');
            ReadOnlySpan<byte> name = path[(slash + 1)..];
            if (!name.IsEmpty && !name.SequenceEqual("."u8))
            {
                names.Push(name.ToArray());
            }

            path = slash < 0 ? [] : path[..slash];
        }
    }
}
