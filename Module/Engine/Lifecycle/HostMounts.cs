using System.Globalization;
using Containers.Engine.Launch;
using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>What the host has mounted, as proc_pid_mountinfo(5) says it.</summary>
internal static class HostMounts
{
    /// <summary>A mount that is shared with nobody cannot pass anything on, and the kernel would not say so.</summary>
    /// <exception cref="EngineException">MountNotShared.</exception>
    internal static void RequireConnected(MountSpec mount)
    {
        using RootedDirectory? source = TryOpen(mount.Source);
        if (source is null)
        {
            return; // A file, or nothing: the launch says what is wrong.
        }

        ulong id = RootedDirectory.StatHandle(source.Handle, mount.Source).stx_mnt_id;
        string first = id.ToString(CultureInfo.InvariantCulture) + " ";
        string[] fields = (File.ReadLines("/proc/self/mountinfo").FirstOrDefault(line => line.StartsWith(first, StringComparison.Ordinal)) ?? "").Split(' ');
        IEnumerable<string> optional = fields.Skip(6).TakeWhile(field => field != "-");
        bool shared = mount.Propagation is MountPropagation.Shared or MountPropagation.RShared;
        if (!optional.Any(field => field.StartsWith("shared:", StringComparison.Ordinal) || (!shared && field.StartsWith("master:", StringComparison.Ordinal))))
        {
            string place = fields.Length > 4 ? fields[4] : mount.Source;
            throw new EngineException(
                EngineErrorKind.InvalidOperation, "MountNotShared",
                $"\"{mount.Source}\" lies on the mount \"{place}\", which is {(shared ? "not shared" : "neither shared nor a slave")}: nothing can be passed on.",
                mount.Source, $"Run: mount --make-shared {place}, or leave the propagation away.");
        }
    }

    private static RootedDirectory? TryOpen(string path)
    {
        try
        {
            return RootedDirectory.Open(path);
        }
        catch (LinuxException)
        {
            return null;
        }
    }
}
