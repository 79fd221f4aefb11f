using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Storage;

/// <summary>Trees that the kernel lets nobody write to, mounted nowhere: gone with their descriptor.</summary>
internal static unsafe class ReadOnlyMount
{
    /// <param name="tree">A file or directory, in a mount of this session's namespace.</param>
    /// <param name="recursive">With what is mounted below it.</param>
    /// <returns>A descriptor of the same tree; null where this session may not mount.</returns>
    internal static SafeFileHandle? TryOpen(SafeFileHandle tree, bool recursive, string subject)
    {
        byte empty = 0;
        uint below = recursive ? (uint)Libc.AT_RECURSIVE : 0;
        int mount = Libc.open_tree(
            (int)tree.DangerousGetHandle(), &empty, Libc.OPEN_TREE_CLONE | Libc.OPEN_TREE_CLOEXEC | Libc.AT_EMPTY_PATH | below);
        if (mount < 0)
        {
            return Errno.Last == Errno.EPERM ? null : throw new LinuxException("open_tree", subject, Errno.Last);
        }

        SafeFileHandle root = new(mount, ownsHandle: true);
        Libc.mount_attr attributes = new() { attr_set = Libc.MOUNT_ATTR_RDONLY };
        if (Libc.mount_setattr(mount, &empty, Libc.AT_EMPTY_PATH | below, &attributes) == 0)
        {
            return root;
        }

        int errno = Errno.Last;
        root.Dispose();
        throw new LinuxException("mount_setattr", subject, errno);
    }
}
