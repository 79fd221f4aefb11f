using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

internal static unsafe partial class Child
{
    private static byte* Empty
    {
        get
        {
            ReadOnlySpan<byte> text = "\0"u8;
            fixed (byte* p = text)
            {
                return p; // Points into the executable's read-only data: it does not move.
            }
        }
    }

    private static byte* Dot
    {
        get
        {
            ReadOnlySpan<byte> text = ".\0"u8;
            fixed (byte* p = text)
            {
                return p;
            }
        }
    }

    private static byte* Slash
    {
        get
        {
            ReadOnlySpan<byte> text = "/\0"u8;
            fixed (byte* p = text)
            {
                return p;
            }
        }
    }

    /// <summary>Nothing mounted here may reach the host, and nothing the host unmounts may break the container (S18).</summary>
    private static int MakeMountsPrivate() => Check(Libc.mount(null, Slash, null, Libc.MS_REC | Libc.MS_PRIVATE, null));

    /// <summary>Text1 = path on the host, opened O_PATH. With X or Y: it must be the character device X:Y (S11).</summary>
    private static int OpenHost(PlanStepData* step, int* slots)
    {
        int flags = Libc.O_PATH | Libc.O_CLOEXEC | ((step->Flags & 1) != 0 ? Libc.O_DIRECTORY : 0);
        int fd = Libc.openat(Libc.AT_FDCWD, step->Text1, flags, 0);
        if (fd < 0)
        {
            return Errno.Last;
        }

        if (step->X != 0 || step->Y != 0)
        {
            Libc.statx_t status;
            if (Libc.statx(fd, Empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) < 0)
            {
                return Errno.Last;
            }

            if ((status.stx_mode & Libc.S_IFMT) != Libc.S_IFCHR || status.stx_rdev_major != step->X || status.stx_rdev_minor != step->Y)
            {
                return Errno.ENODEV;
            }
        }

        slots[step->Slot] = fd;
        return 0;
    }

    /// <summary>Slot2 = root, Text1 = path in it, Slot = result. See <see cref="OpenInRootFlags"/>.</summary>
    private static int OpenInRoot(PlanStepData* step, int* slots)
    {
        OpenInRootFlags flags = (OpenInRootFlags)step->Flags;
        int root = slots[step->Slot2];
        bool directory = false;
        if ((flags & OpenInRootFlags.LikeSource) != 0)
        {
            int kind = IsDirectory(slots[(int)step->X], &directory);
            if (kind != 0)
            {
                return kind;
            }

            flags &= directory ? ~OpenInRootFlags.CreateFile : ~OpenInRootFlags.CreateDirectory;
            flags |= directory ? OpenInRootFlags.Directory : 0;
        }

        int fd = Resolve(root, step->Text1, Kind(flags));
        int errno = fd < 0 ? Errno.Last : 0;
        if (errno == Errno.ENOENT && (flags & (OpenInRootFlags.CreateDirectory | OpenInRootFlags.CreateFile)) != 0)
        {
            bool file = (flags & OpenInRootFlags.CreateFile) != 0;
            errno = CreateInRoot(root, step->Text1, file, file ? step->Mode & 0x1B6 : step->Mode); // A file is no program: 0666
            if (errno == 0)
            {
                fd = Resolve(root, step->Text1, Kind(flags));
                errno = fd < 0 ? Errno.Last : 0;
            }
        }

        // EEXIST: a symbolic link of the image that leads nowhere is in the way. EROFS: in a read-only volume nothing can be made.
        if (errno is Errno.ENOENT or Errno.EEXIST or Errno.EROFS && (flags & OpenInRootFlags.Optional) != 0)
        {
            slots[step->Slot] = Skipped;
            return 0;
        }

        if (errno != 0)
        {
            return errno;
        }

        if ((flags & OpenInRootFlags.NoLink) != 0)
        {
            Libc.statx_t status;
            if (Libc.statx(fd, Empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) < 0)
            {
                return Errno.Last;
            }

            if ((status.stx_mode & Libc.S_IFMT) == Libc.S_IFLNK)
            {
                return Errno.ELOOP;
            }
        }

        if ((flags & OpenInRootFlags.LikeSource) != 0 && !directory)
        {
            bool isDirectory = false;
            errno = IsDirectory(fd, &isDirectory);
            if (errno != 0 || isDirectory)
            {
                return errno != 0 ? errno : Errno.EISDIR;
            }
        }

        if ((flags & OpenInRootFlags.NotProc) != 0)
        {
            Libc.statfs_t fileSystem;
            if (Libc.fstatfs(fd, &fileSystem) < 0)
            {
                return Errno.Last;
            }

            if (fileSystem.f_type == Libc.PROC_SUPER_MAGIC)
            {
                return Errno.EXDEV;
            }
        }

        slots[step->Slot] = fd;
        return 0;
    }

    private static int IsDirectory(int fd, bool* directory)
    {
        Libc.statx_t status;
        if (Libc.statx(fd, Empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) < 0)
        {
            return Errno.Last;
        }

        *directory = (status.stx_mode & Libc.S_IFMT) == Libc.S_IFDIR;
        return 0;
    }

    /// <summary>
    /// Slot2 = a directory, Text1 = path below it, Slot = result (the same one is closed). Flags 1 = links may be on the way, as long as all
    /// of them stay below.
    /// </summary>
    private static int OpenBeneath(PlanStepData* step, int* slots)
    {
        Libc.open_how how = default;
        how.flags = (ulong)(uint)(Libc.O_PATH | Libc.O_CLOEXEC);
        how.resolve = Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_MAGICLINKS | ((step->Flags & 1) != 0 ? 0 : Libc.RESOLVE_NO_SYMLINKS);
        int fd;
        int attempts = 0;
        do
        {
            // EAGAIN: somebody renames in there this moment (openat2(2)); who does it without end must not keep us for ever.
            fd = Libc.openat2(slots[step->Slot2], step->Text1, &how);
        }
        while (fd < 0 && Errno.Last == Errno.EAGAIN && ++attempts < 1000);
        if (fd < 0)
        {
            return Errno.Last;
        }

        if (step->Slot == step->Slot2)
        {
            Libc.close(slots[step->Slot]);
        }

        slots[step->Slot] = fd;
        return 0;
    }

    private static int Kind(OpenInRootFlags flags) =>
        ((flags & OpenInRootFlags.Directory) != 0 ? Libc.O_DIRECTORY : 0) | ((flags & OpenInRootFlags.NoLink) != 0 ? Libc.O_NOFOLLOW : 0);

    /// <summary>Opens a path of the image as the container would see it: links end at its root, magic links are refused.</summary>
    private static int Resolve(int root, byte* path, int flags)
    {
        Libc.open_how how = default;
        how.flags = (ulong)(uint)(Libc.O_PATH | Libc.O_CLOEXEC | flags);
        how.resolve = Libc.RESOLVE_IN_ROOT | Libc.RESOLVE_NO_MAGICLINKS;
        int fd;
        int attempts = 0;
        do
        {
            // EAGAIN: something was renamed during the walk (openat2(2)); an image cannot make that happen for ever here.
            fd = Libc.openat2(root, path, &how);
        }
        while (fd < 0 && Errno.Last == Errno.EAGAIN && ++attempts < 64);
        return fd;
    }

    private static int CreateInRoot(int root, byte* path, bool file, uint mode)
    {
        const int MaximumPath = 4096;
        byte* prefix = stackalloc byte[MaximumPath];
        int parent = Resolve(root, Dot, Libc.O_DIRECTORY);
        if (parent < 0)
        {
            return Errno.Last;
        }

        int i = 0;
        while (true)
        {
            int start;
            while (path[i] == '/')
            {
                if (i + 1 >= MaximumPath)
                {
                    return Errno.ENAMETOOLONG;
                }

                prefix[i] = (byte)'/';
                i++;
            }

            if (path[i] == 0)
            {
                break;
            }

            start = i;
            while (path[i] != 0 && path[i] != '/')
            {
                if (i + 1 >= MaximumPath)
                {
                    return Errno.ENAMETOOLONG;
                }

                prefix[i] = path[i];
                i++;
            }

            prefix[i] = 0;
            bool last = path[i] == 0;
            int next = Resolve(root, prefix, last && file ? 0 : Libc.O_DIRECTORY);
            if (next < 0)
            {
                int errno = Errno.Last;
                if (errno != Errno.ENOENT)
                {
                    return errno;
                }

                if (last && file)
                {
                    int made = Libc.openat(
                        parent, prefix + start, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, mode);
                    if (made < 0)
                    {
                        return Errno.Last;
                    }

                    Libc.close(made);
                }
                else if (Libc.mkdirat(parent, prefix + start, last ? mode : 0x1ED) < 0) // 0755
                {
                    return Errno.Last;
                }

                next = Resolve(root, prefix, last && file ? 0 : Libc.O_DIRECTORY);
                if (next < 0)
                {
                    return Errno.Last;
                }
            }

            Libc.close(parent);
            parent = next;
        }

        Libc.close(parent);
        return 0;
    }

    /// <summary>Text1 = type, List1 = option, value, option, value ... (an empty value is a flag), Mode = attributes, Slot = result.</summary>
    private static int CreateFileSystem(PlanStepData* step, int* slots)
    {
        int context = Libc.fsopen(step->Text1, Libc.FSOPEN_CLOEXEC);
        if (context < 0)
        {
            return Errno.Last;
        }

        for (byte** option = step->List1; option != null && *option != null; option += 2)
        {
            bool flag = option[1][0] == 0;
            uint command = flag ? Libc.FSCONFIG_SET_FLAG : Libc.FSCONFIG_SET_STRING;
            if (Libc.fsconfig(context, command, option[0], flag ? null : option[1], 0) < 0)
            {
                return Errno.Last;
            }
        }

        if (Libc.fsconfig(context, Libc.FSCONFIG_CMD_CREATE, null, null, 0) < 0)
        {
            return Errno.Last;
        }

        int fd = Libc.fsmount(context, Libc.FSMOUNT_CLOEXEC, step->Mode);
        int errno = fd < 0 ? Errno.Last : 0;
        Libc.close(context);
        slots[step->Slot] = fd;
        return errno;
    }

    /// <summary>Slot = mount, Slot2 = where. The mount's descriptor stays in its slot.</summary>
    private static int Attach(PlanStepData* step, int* slots)
    {
        if (slots[step->Slot2] == Skipped || slots[step->Slot] == Skipped)
        {
            return 0;
        }

        return MoveMount(slots[step->Slot], slots[step->Slot2]);
    }

    private static int MoveMount(int mount, int target) =>
        Check(Libc.move_mount(mount, Empty, target, Empty, Libc.MOVE_MOUNT_F_EMPTY_PATH | Libc.MOVE_MOUNT_T_EMPTY_PATH));

    /// <summary>Slot = result, Slot2 = what is cloned, Flags 1 = with all mounts below it.</summary>
    private static int CloneTree(PlanStepData* step, int* slots)
    {
        if (slots[step->Slot2] == Skipped)
        {
            slots[step->Slot] = Skipped;
            return 0;
        }

        uint flags = Libc.OPEN_TREE_CLONE | Libc.OPEN_TREE_CLOEXEC | Libc.AT_EMPTY_PATH
            | ((step->Flags & 1) != 0 ? (uint)Libc.AT_RECURSIVE : 0);
        int fd = Libc.open_tree(slots[step->Slot2], Empty, flags);
        slots[step->Slot] = fd;
        return fd < 0 ? Errno.Last : 0;
    }

    /// <summary>
    /// Slot = mount, X = attributes to set, Y = to clear, Z = propagation, Flags 1 = recursive, 2 = with the user namespace in slot Mode.
    /// </summary>
    private static int SetMountAttributes(PlanStepData* step, int* slots)
    {
        if (slots[step->Slot] == Skipped)
        {
            return 0;
        }

        Libc.mount_attr attributes = default;
        attributes.attr_set = step->X;
        attributes.attr_clr = step->Y;
        attributes.propagation = step->Z;
        attributes.userns_fd = (step->Flags & 2) != 0 ? (ulong)slots[(int)step->Mode] : 0;
        uint flags = Libc.AT_EMPTY_PATH | ((step->Flags & 1) != 0 ? (uint)Libc.AT_RECURSIVE : 0);
        return Check(Libc.mount_setattr(slots[step->Slot], Empty, flags, &attributes));
    }

    /// <summary>
    /// Text1 = path, Slot = root, Slot2 = the host's /dev/null, Mode = slot of a read-only tmpfs shared by all masked directories
    /// (a file system for each would slow down the exit). A missing path needs no mask.
    /// </summary>
    private static int MaskPath(PlanStepData* step, int* slots)
    {
        int target = Resolve(slots[step->Slot], step->Text1, Libc.O_NOFOLLOW);
        if (target < 0)
        {
            return Errno.Last is Errno.ENOENT or Errno.ENOTDIR ? 0 : Errno.Last;
        }

        Libc.statx_t status;
        if (Libc.statx(target, Empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) < 0)
        {
            return Errno.Last;
        }

        bool directory = (status.stx_mode & Libc.S_IFMT) == Libc.S_IFDIR;
        int cover = slots[directory ? (int)step->Mode : step->Slot2];
        int tree = Libc.open_tree(cover, Empty, Libc.OPEN_TREE_CLONE | Libc.OPEN_TREE_CLOEXEC | Libc.AT_EMPTY_PATH);
        int errno = tree < 0 ? Errno.Last : 0;
        if (errno == Errno.EINVAL && directory)
        {
            // Before Linux 6.15 a mount that is not attached yet cannot be cloned: attach it, the next ones clone it there.
            errno = MoveMount(cover, target);
        }
        else if (errno == 0)
        {
            // Read-only, or chmod of a masked file would change the host's /dev/null. Reading and writing a device stays possible.
            Libc.mount_attr attributes = default;
            attributes.attr_set = Libc.MOUNT_ATTR_RDONLY | Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NOEXEC;
            errno = Check(Libc.mount_setattr(tree, Empty, Libc.AT_EMPTY_PATH, &attributes));
            errno = errno != 0 ? errno : MoveMount(tree, target);
            Libc.close(tree);
        }

        Libc.close(target);
        return errno;
    }

    /// <summary>Text1 = path, Slot = root, X = attributes: the path is mounted over itself with these. A missing path is skipped.</summary>
    private static int ReadOnlyPath(PlanStepData* step, int* slots)
    {
        int target = Resolve(slots[step->Slot], step->Text1, Libc.O_NOFOLLOW);
        if (target < 0)
        {
            return Errno.Last is Errno.ENOENT or Errno.ENOTDIR ? 0 : Errno.Last;
        }

        uint flags = Libc.OPEN_TREE_CLONE | Libc.OPEN_TREE_CLOEXEC | Libc.AT_EMPTY_PATH | (uint)Libc.AT_RECURSIVE;
        int tree = Libc.open_tree(target, Empty, flags);
        if (tree < 0)
        {
            return Errno.Last;
        }

        Libc.mount_attr attributes = default;
        attributes.attr_set = step->X;
        int errno = Check(Libc.mount_setattr(tree, Empty, Libc.AT_EMPTY_PATH | (uint)Libc.AT_RECURSIVE, &attributes));
        if (errno == 0)
        {
            errno = MoveMount(tree, target);
        }

        Libc.close(tree);
        Libc.close(target);
        return errno;
    }

    /// <summary>Slot = a file system we made (procfs), Text1 = path in it, Text2 = content, X = its length (rule 5 of security.md).</summary>
    private static int WriteInSlot(PlanStepData* step, int* slots)
    {
        Libc.open_how how = default;
        how.flags = (ulong)(uint)(Libc.O_WRONLY | Libc.O_CLOEXEC);
        how.resolve = Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_XDEV | Libc.RESOLVE_NO_SYMLINKS;
        int fd = Libc.openat2(slots[step->Slot], step->Text1, &how);
        if (fd < 0)
        {
            return Errno.Last;
        }

        int errno = Libc.write(fd, step->Text2, (nuint)step->X) < 0 ? Errno.Last : 0;
        Libc.close(fd);
        return errno;
    }

    /// <summary>
    /// Slot = a tmpfs that nobody sees yet, Text1 = name in it, X = offset and Y = length in the session's memory file, Mode = permissions,
    /// Z = owner and, in its upper half, group.
    /// </summary>
    private static int CopySecret(PlanStepData* step, int directory)
    {
        int fd = Libc.openat(directory, step->Text1, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180);
        if (fd < 0)
        {
            return Errno.Last;
        }

        byte* buffer = stackalloc byte[4096];
        int errno = 0;
        ulong done = 0;
        while (errno == 0 && done < step->Y)
        {
            nint got = Libc.pread(MonitorProtocol.SecretDescriptor, buffer, (nuint)Math.Min(4096, step->Y - done), (long)(step->X + done));
            errno = got < 0 ? Errno.Last : got == 0 ? Errno.EIO : Libc.write(fd, buffer, (nuint)got) != got ? Errno.Last : 0;
            done += (ulong)Math.Max(got, 0);
        }

        if (errno == 0 && (Libc.fchownat(fd, Empty, (uint)step->Z, (uint)(step->Z >> 32), Libc.AT_EMPTY_PATH) < 0
            || Libc.fchmod(fd, step->Mode) < 0))
        {
            errno = Errno.Last;
        }

        Libc.close(fd);
        return errno;
    }

    /// <summary>pivot_root(2), "pivot_root(".", ".")": the old root lies on the new one until it is detached.</summary>
    private static int PivotRoot(int root)
    {
        if (Libc.fchdir(root) < 0 || Libc.pivot_root(Dot, Dot) < 0 || Libc.umount2(Dot, Libc.MNT_DETACH) < 0 || Libc.chdir(Slash) < 0)
        {
            return Errno.Last;
        }

        // To the monitor, before the program can make another directory its root.
        int* message = stackalloc int[2] { PlanFormat.RootStep, 0 };
        return Libc.SendWithDescriptors(ReportDescriptor, (byte*)message, 8, new ReadOnlySpan<int>(&root, 1), Libc.MSG_NOSIGNAL) < 0 ? Errno.Last : 0;
    }
}
