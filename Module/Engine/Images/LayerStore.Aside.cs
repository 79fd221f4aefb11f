using System.Globalization;
using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>
/// Layers that gave way to a sound one, or that no image has, have another name and are deleted; but containers that ran before go on with the very
/// directory that they mounted. While one of these processes lives, it stays.
/// </summary>
internal sealed partial class LayerStore
{
    private const string UsersName = "users";
    private const int MaxUsersBytes = 1 << 20;

    /// <summary>What people call the container of an id.</summary>
    internal Func<string, string> ContainerName { get; set; } = id => id[..12];

    /// <summary>Keeps who has it mounted, as a sound layer has its name from now on. Where that is not written, whoever has the new one counts, too.</summary>
    /// <returns>Ids of the containers among them.</returns>
    private IReadOnlyList<string> KeepUsers(string aside)
    {
        string name = Path.GetFileName(aside);
        (IReadOnlyList<ProcessIdentity> processes, IReadOnlyList<string> containers) =
            MountedLayers.Read().UsersOf(dataRoot, name, FormerName(name) ?? name);
        string text = string.Concat(processes.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Pid} {one.StartTime}\n")));
        try
        {
            SmallFile.Replace(Path.Join(aside, UsersName), Encoding.ASCII.GetBytes(text));
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOSPC or Errno.EDQUOT)
        {
        }

        return containers;
    }

    /// <summary>Somebody has it mounted who is not to lose it.</summary>
    /// <param name="directory">Of a layer that was set aside, or of anything else that is temporary.</param>
    /// <param name="mounted">What is mounted, read once it is needed.</param>
    private bool IsMounted(string directory, Lazy<MountedLayers> mounted)
    {
        string name = Path.GetFileName(directory);
        if (FormerName(name) is not string former)
        {
            return false;
        }

        return SmallFile.Read(Path.Join(directory, UsersName), MaxUsersBytes) is byte[] users
            ? Encoding.ASCII.GetString(users).Split('\n', StringSplitOptions.RemoveEmptyEntries).Any(IsAlive)
            : mounted.Value.UsersOf(dataRoot, name, former).Processes.Count > 0;
    }

    private static bool IsAlive(string line) =>
        line.Split(' ') is [string pid, string start]
        && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        && long.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out long time)
        && new ProcessIdentity(number, time).IsAlive;

    /// <summary>old-LAYER-RANDOM: what it was mounted as.</summary>
    private static string NameAside(string former) => $"{OldPrefix}{former}-{Guid.NewGuid().ToString("N")[..8]}";

    private static string? FormerName(string name) =>
        name.StartsWith(OldPrefix, StringComparison.Ordinal) && name.LastIndexOf('-') is int end && end > OldPrefix.Length ? name[OldPrefix.Length..end] : null;
}
