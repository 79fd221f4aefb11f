using System.Diagnostics;
using System.Globalization;
using Containers.Engine.Linux;

namespace Containers.Engine.Cgroups;

/// <summary>What is done alike to a cgroup directory of either version: list its processes, make and remove it.</summary>
internal static class CgroupTree
{
    /// <summary>How long the kernel may take to let go of killed processes, to freeze, or to end a kill.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The processes of a directory and of those a privileged container nested in it.</summary>
    internal static IReadOnlyList<int> Processes(string directory)
    {
        List<int> processes = [];
        Collect(directory, processes);
        return processes;
    }

    /// <summary>Makes the last directory of a path, and parents where they are missing; each one made is pushed.</summary>
    /// <exception cref="LinuxException">mkdir failed; EEXIST means the last directory is there.</exception>
    internal static void Make(string path, Stack<string> made)
    {
        int errno = CgroupFile.MakeDirectory(path);
        for (int round = 0; errno == Errno.ENOENT && round < 3; round++)
        {
            // Another session may remove an empty parent just now, hence the rounds.
            string parent = Path.GetDirectoryName(path)!;
            try
            {
                Make(parent, made);
            }
            catch (LinuxException e) when (e.Errno == Errno.EEXIST)
            {
                // somebody else made it: as good
            }

            errno = CgroupFile.MakeDirectory(path);
        }

        if (errno != 0)
        {
            throw new LinuxException("mkdir", path, errno);
        }

        made.Push(path);
    }

    /// <summary>As <see cref="Make"/>, but a left-over empty directory is replaced, so that no old limit survives.</summary>
    /// <exception cref="EngineException">CgroupInUse.</exception>
    internal static void MakeFresh(string path, Stack<string> made)
    {
        try
        {
            Make(path, made);
        }
        catch (LinuxException e) when (e.Errno == Errno.EEXIST)
        {
            if (Processes(path).Count > 0 || !Remove(path))
            {
                throw CgroupErrors.InUse(path);
            }

            Make(path, made);
        }
    }

    /// <summary>Takes back what a failed creation made, newest first. Parents that others use by now stay.</summary>
    internal static void Undo(Stack<string> made)
    {
        while (made.TryPop(out string? path))
        {
            _ = CgroupFile.RemoveDirectory(path);
        }
    }

    /// <summary>Removes a cgroup and those nested in it. Busy (processes still being reaped) is tried again for a while.</summary>
    internal static bool Remove(string path)
    {
        long start = Stopwatch.GetTimestamp();
        for (int pause = 1; ; pause = Math.Min(pause * 2, 16))
        {
            switch (CgroupFile.RemoveDirectory(path))
            {
                case 0 or Errno.ENOENT:
                    return true;
                case Errno.EBUSY or Errno.ENOTEMPTY:
                    break;
                case int errno:
                    throw CgroupErrors.From(new LinuxException("rmdir", path, errno), path);
            }

            // Every try looks again: processes that still run may nest further groups meanwhile.
            foreach (string nested in Nested(path))
            {
                _ = RemoveOnce(nested);
            }

            if (CgroupFile.RemoveDirectory(path) is 0 or Errno.ENOENT)
            {
                return true;
            }

            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                return false;
            }

            Thread.Sleep(pause);
        }
    }

    private static bool RemoveOnce(string path)
    {
        if (CgroupFile.RemoveDirectory(path) is 0 or Errno.ENOENT)
        {
            return true;
        }

        foreach (string nested in Nested(path))
        {
            _ = RemoveOnce(nested);
        }

        return CgroupFile.RemoveDirectory(path) is 0 or Errno.ENOENT;
    }

    private static void Collect(string directory, List<int> processes)
    {
        string text = CgroupFile.TryRead($"{directory}/cgroup.procs") ?? string.Empty;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            // 0 stands for a process outside our pid namespace; a signal to 0 would go to ourselves.
            if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0)
            {
                processes.Add(pid);
            }
        }

        foreach (string nested in Nested(directory))
        {
            Collect(nested, processes);
        }
    }

    private static string[] Nested(string directory)
    {
        try
        {
            return Directory.GetDirectories(directory);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
