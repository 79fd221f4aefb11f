using System.Diagnostics;

namespace Containers.Engine.Cgroups.V2;

/// <summary>cgroup.freeze (Linux 5.2) and cgroup.kill (5.14): part of every v2 directory, no controller needed.</summary>
internal static class FreezerController
{
    internal static bool IsFrozen(string directory) =>
        CgroupFile.Field(CgroupFile.TryRead($"{directory}/cgroup.events"), "frozen") == 1;

    internal static void Freeze(string directory)
    {
        CgroupFile.Write(directory, "cgroup.freeze", "1");
        long start = Stopwatch.GetTimestamp();
        while (!IsFrozen(directory))
        {
            if (Stopwatch.GetElapsedTime(start) > CgroupTree.Patience)
            {
                Thaw(directory);
                throw CgroupErrors.FreezeTimedOut(directory);
            }

            Thread.Sleep(1);
        }
    }

    internal static void Thaw(string directory) => CgroupFile.Write(directory, "cgroup.freeze", "0");

    /// <summary>Kills all, frozen ones and the children of forks in flight included.</summary>
    internal static void Kill(string directory) => CgroupFile.Write(directory, "cgroup.kill", "1");
}
