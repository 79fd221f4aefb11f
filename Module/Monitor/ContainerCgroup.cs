using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>The container's cgroup as the monitor uses it: freeze, kill all, count memory kills, remove. Paths come from the plan.</summary>
internal readonly unsafe struct ContainerCgroup(PlanHeader* plan)
{
    private readonly PlanHeader* _plan = plan;

    /// <returns>0 or an errno.</returns>
    internal int Freeze(bool freeze)
    {
        if (_plan->CgroupFreezeFile == null)
        {
            return Errno.EOPNOTSUPP;
        }

        bool v1 = (_plan->Flags & PlanFlags.FreezeIsV1) != 0;
        ReadOnlySpan<byte> text = v1 ? freeze ? "FROZEN"u8 : "THAWED"u8 : freeze ? "1"u8 : "0"u8;
        return WriteFile(_plan->CgroupFreezeFile, text);
    }

    /// <summary>Kills every process: one write on Linux 5.14 and later, otherwise freeze, signal each, thaw.</summary>
    internal void Kill()
    {
        if (_plan->CgroupKillFile != null && WriteFile(_plan->CgroupKillFile, "1"u8) == 0)
        {
            return;
        }

        if (_plan->CgroupProcessesFile == null)
        {
            return;
        }

        // A process frozen between the rounds cannot fork away; the bound is for a freezer that cannot freeze.
        for (int round = 0; round < 100; round++)
        {
            Freeze(true);
            int killed = SignalAll();
            Freeze(false);
            if (killed == 0)
            {
                return;
            }

            Libc.poll(null, 0, 2);
        }
    }

    /// <summary>The number of processes the kernel killed in this cgroup for lack of memory.</summary>
    internal long OomKills()
    {
        if (_plan->CgroupOomFile == null)
        {
            return 0;
        }

        byte* text = stackalloc byte[1024];
        nint length = ReadFile(_plan->CgroupOomFile, text, 1024);
        ReadOnlySpan<byte> content = new(text, length < 0 ? 0 : (int)length);
        ReadOnlySpan<byte> key = "oom_kill "u8;
        for (int i = 0; i + key.Length < content.Length; i++)
        {
            // "oom_group_kill" and "oom_kill_disable" are other keys: the line must begin with ours.
            if ((i == 0 || content[i - 1] == '\n') && content[i..].StartsWith(key))
            {
                long value = 0;
                for (int k = i + key.Length; k < content.Length && content[k] is >= (byte)'0' and <= (byte)'9'; k++)
                {
                    value = (value * 10) + (content[k] - '0');
                }

                return value;
            }
        }

        return 0;
    }

    /// <summary>
    /// Removes the directories, and those that a privileged container made in them. A cgroup is busy for a moment after its last
    /// process: bounded retries.
    /// </summary>
    internal void Remove()
    {
        for (byte** directory = _plan->CgroupDirectories; directory != null && *directory != null; directory++)
        {
            for (int attempt = 0; attempt < 200;)
            {
                if (Libc.unlinkat(Libc.AT_FDCWD, *directory, Libc.AT_REMOVEDIR) == 0 || Errno.Last != Errno.EBUSY)
                {
                    break;
                }

                if (!RemoveOneNested(*directory))
                {
                    Libc.poll(null, 0, attempt < 20 ? 1 : 10);
                    attempt++;
                }
            }

            if ((_plan->Flags & PlanFlags.RemoveCgroupParents) != 0)
            {
                RemoveParent(*directory);
            }
        }
    }

    /// <summary>Descends along the first directories, whatever the depth, and removes the one at the end.</summary>
    /// <returns>False when there is none, or when it is busy.</returns>
    private static bool RemoveOneNested(byte* directory)
    {
        const int LongestName = 256;
        byte* name = stackalloc byte[LongestName];
        int parent = -1;
        int current = Libc.openat(Libc.AT_FDCWD, directory, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        while (current >= 0 && FindDirectory(current, name, LongestName))
        {
            int next = Libc.openat(current, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
            Libc.close(parent);
            parent = current;
            current = next;
        }

        bool removed = parent >= 0 && current >= 0 && Libc.unlinkat(parent, name, Libc.AT_REMOVEDIR) == 0;
        Libc.close(current);
        Libc.close(parent);
        return removed;
    }

    /// <summary>The first subdirectory, by the types that getdents64(2) gives; cgroup file systems know them all.</summary>
    private static bool FindDirectory(int fd, byte* name, int size)
    {
        const int BufferSize = 4096;
        const byte DirectoryType = 4; // DT_DIR
        byte* buffer = stackalloc byte[BufferSize];
        nint got;
        while ((got = Libc.getdents64(fd, buffer, BufferSize)) > 0)
        {
            // struct linux_dirent64: d_ino, d_off, d_reclen at 16, d_type at 18, d_name at 19.
            for (nint at = 0; at < got; at += *(ushort*)(buffer + at + 16))
            {
                byte* found = buffer + at + 19;
                int length = PathText.Length(found);
                if (buffer[at + 18] == DirectoryType && length < size && found[0] != '.')
                {
                    new ReadOnlySpan<byte>(found, length + 1).CopyTo(new Span<byte>(name, size));
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>One attempt: it fails as long as other containers are in it.</summary>
    private static void RemoveParent(byte* directory)
    {
        int slash = PathText.Cut(directory);
        directory[slash] = 0;
        Libc.unlinkat(Libc.AT_FDCWD, directory, Libc.AT_REMOVEDIR);
        directory[slash] = (byte)'/';
    }

    internal static int WriteFile(byte* path, ReadOnlySpan<byte> text)
    {
        int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_WRONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return Errno.Last;
        }

        int errno;
        fixed (byte* p = text)
        {
            errno = Libc.write(fd, p, (nuint)text.Length) < 0 ? Errno.Last : 0;
        }

        Libc.close(fd);
        return errno;
    }

    private static nint ReadFile(byte* path, byte* buffer, int size)
    {
        int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return -1;
        }

        nint length = Libc.read(fd, buffer, (nuint)size);
        Libc.close(fd);
        return length;
    }

    private int SignalAll()
    {
        const int Size = 16384;
        byte* text = stackalloc byte[Size];
        nint length = ReadFile(_plan->CgroupProcessesFile, text, Size);
        int count = 0;
        int pid = 0;
        for (nint i = 0; i < length; i++)
        {
            if (text[i] == '\n')
            {
                if (pid > 1)
                {
                    Libc.kill(pid, Libc.SIGKILL);
                    count++;
                }

                pid = 0;
            }
            else
            {
                pid = (pid * 10) + (text[i] - '0');
            }
        }

        return count;
    }
}
