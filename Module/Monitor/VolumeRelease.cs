using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>
/// What a container that removes itself had of volumes. Those that were made for it go with it, unless another container has them by now. What
/// cannot be done here, for want of a lock or because we are killed, the next session's sweep does: each such volume is marked.
/// </summary>
internal static unsafe class VolumeRelease
{
    private const int LockMilliseconds = 200;

    /// <summary>Texts of one volume in <see cref="PlanHeader.PassingVolumes"/>.</summary>
    private const int Texts = 5;

    /// <summary>The names are free at once; the files go with <see cref="Delete"/>.</summary>
    internal static void Run(PlanHeader* plan)
    {
        for (byte** volume = plan->PassingVolumes; volume != null && *volume != null; volume += Texts)
        {
            Move(volume[0], volume[1], volume[2], volume[3], volume[4]);
        }

        for (byte** user = plan->VolumeUsers; user != null && *user != null; user++)
        {
            Libc.unlinkat(Libc.AT_FDCWD, *user, 0);
        }
    }

    internal static void Delete(PlanHeader* plan)
    {
        for (byte** volume = plan->PassingVolumes; volume != null && *volume != null; volume += Texts)
        {
            Supervisor.RemoveTree(volume[4]);
        }
    }

    private static void Move(byte* lockFile, byte* users, byte* user, byte* directory, byte* trash)
    {
        int fd = Libc.openat(Libc.AT_FDCWD, lockFile, Libc.O_RDWR | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return;
        }

        if (TryLock(fd))
        {
            Libc.unlinkat(Libc.AT_FDCWD, user, 0);
            if (IsEmpty(users))
            {
                Libc.renameat(Libc.AT_FDCWD, directory, Libc.AT_FDCWD, trash);
            }
        }

        Libc.close(fd);
    }

    private static bool TryLock(int fd)
    {
        for (int waited = 0; Libc.flock(fd, Libc.LOCK_EX | Libc.LOCK_NB) < 0; waited++)
        {
            if (waited >= LockMilliseconds)
            {
                return false;
            }

            Libc.poll(null, 0, 1);
        }

        return true;
    }

    private static bool IsEmpty(byte* path)
    {
        int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return false;
        }

        byte* buffer = stackalloc byte[1024];
        DirectoryReader reader = new(fd, buffer, 1024);
        bool empty = !reader.Next() && reader.Error == 0;
        Libc.close(fd);
        return empty;
    }
}
