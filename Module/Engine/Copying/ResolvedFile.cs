using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Copying;

/// <summary>Where a path leads: the directory, the last name in it, and what is there. All of it is held by descriptors.</summary>
internal sealed class ResolvedFile : IDisposable
{
    private ResolvedFile(SafeFileHandle? parent, byte[] name, SafeFileHandle? node, int error)
    {
        Parent = parent;
        Name = name;
        Node = node;
        Error = error;
        Status = node is null ? default : RootedDirectory.StatHandle(node, "");
    }

    /// <summary>Null for a root, and where a part before the last is missing.</summary>
    internal SafeFileHandle? Parent { get; }

    /// <summary>With its final zero.</summary>
    internal byte[] Name { get; }

    /// <summary>O_PATH; null when there is nothing.</summary>
    internal SafeFileHandle? Node { get; }

    /// <summary>Of the node.</summary>
    internal Libc.statx_t Status { get; }

    /// <summary>Why there is no node; ENOENT together with a parent: it can be made.</summary>
    internal int Error { get; }

    internal bool IsDirectory => Node is not null && (Status.stx_mode & Libc.S_IFMT) == Libc.S_IFDIR;

    public void Dispose()
    {
        Parent?.Dispose();
        Node?.Dispose();
    }

    internal static ResolvedFile Found(SafeFileHandle? parent, byte[] name, SafeFileHandle node) => new(parent, name, node, 0);

    internal static ResolvedFile New(SafeFileHandle parent, byte[] name) => new(parent, name, null, Errno.ENOENT);

    internal static ResolvedFile Missing(int error, SafeFileHandle? parent = null)
    {
        parent?.Dispose();
        return new ResolvedFile(null, [], null, error);
    }
}
