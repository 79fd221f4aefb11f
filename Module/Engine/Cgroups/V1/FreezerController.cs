using System.Diagnostics;
using Containers.Engine.Linux;

namespace Containers.Engine.Cgroups.V1;

/// <summary>freezer of cgroup v1 (cgroup-v1/freezer-subsystem.rst), used where no unified hierarchy is mounted.</summary>
internal static class FreezerController
{
    internal static bool IsFrozen(string directory) => State(directory) == "FROZEN";

    internal static void Freeze(string directory)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            // Written again each time: a process that forked meanwhile keeps the state at FREEZING.
            CgroupFile.Write(directory, "freezer.state", "FROZEN");
            if (IsFrozen(directory))
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(start) > CgroupTree.Patience)
            {
                Thaw(directory);
                throw CgroupErrors.FreezeTimedOut(directory);
            }

            Thread.Sleep(1);
        }
    }

    internal static void Thaw(string directory) => CgroupFile.Write(directory, "freezer.state", "THAWED");

    /// <summary>
    /// Frozen processes cannot fork: SIGKILL reaches each one listed and takes effect when they thaw. What could not be frozen
    /// in time is caught by the next round.
    /// </summary>
    /// <param name="freezer">The freezer directory, or null where that controller is missing.</param>
    /// <param name="processes">A directory that lists the processes.</param>
    internal static void Kill(string? freezer, string processes)
    {
        long start = Stopwatch.GetTimestamp();
        while (CgroupTree.Processes(processes) is { Count: > 0 })
        {
            if (freezer is not null)
            {
                _ = CgroupFile.TryWrite($"{freezer}/freezer.state", "FROZEN");
            }

            foreach (int pid in CgroupTree.Processes(processes))
            {
                _ = Libc.kill(pid, Libc.SIGKILL); // ESRCH: it ended by itself
            }

            if (freezer is not null)
            {
                _ = CgroupFile.TryWrite($"{freezer}/freezer.state", "THAWED");
            }

            if (Stopwatch.GetElapsedTime(start) > CgroupTree.Patience)
            {
                throw CgroupErrors.KillTimedOut(processes);
            }

            Thread.Sleep(1);
        }
    }

    private static string? State(string directory) => CgroupFile.TryRead($"{directory}/freezer.state")?.Trim();
}
