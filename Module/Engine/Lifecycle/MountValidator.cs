using System.Globalization;
using Containers.Engine.Launch;

namespace Containers.Engine.Lifecycle;

/// <summary>Judges mounts before anything is made: form and place, never what is on the disk.</summary>
internal static class MountValidator
{
    private const int LongestPath = 4000;

    /// <exception cref="EngineException">InvalidMount, DuplicateMount, TooManyMounts.</exception>
    internal static void Validate(IReadOnlyList<MountSpec> mounts)
    {
        if (mounts.Count > MountSpec.Maximum)
        {
            throw new EngineException(
                EngineErrorKind.LimitsExceeded, "TooManyMounts",
                string.Create(CultureInfo.InvariantCulture, $"A container cannot have more than {MountSpec.Maximum} mounts."), mounts.Count,
                "Mount directories above those.");
        }

        if (mounts.Count(mount => mount.SeesHostMounts) is int connected && connected > Slot.LastClone - Slot.FirstClone + 1)
        {
            throw new EngineException(
                EngineErrorKind.LimitsExceeded, "TooManyMounts", "Too many mounts are shared with the host.", connected,
                string.Create(CultureInfo.InvariantCulture, $"At most {Slot.LastClone - Slot.FirstClone + 1} can be slave or shared."));
        }

        foreach (MountSpec mount in mounts)
        {
            ValidateTarget(mount);
            ValidateSource(mount);
            ValidateOptions(mount);
        }

        foreach (IGrouping<string, MountSpec> same in mounts.GroupBy(CleanTarget, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            string both = string.Join(" and ", same.Take(2).Select(Describe));
            throw Invalid("DuplicateMount", $"Two mounts have the same target \"{same.Key}\": {both}.", same.Key, "Give each its own target.");
        }
    }

    /// <summary>The target as everything else compares it: absolute, without ".", "..", double and last slashes.</summary>
    /// <exception cref="EngineException">InvalidMount: no absolute path.</exception>
    internal static string CleanTarget(MountSpec mount)
    {
        string target = mount.Target;
        if (!target.StartsWith('/') || target.Contains('\0', StringComparison.Ordinal) || target.Length > LongestPath)
        {
            throw Invalid(Id(mount), $"\"{target}\" is no absolute path in the container.", target, "Begin the target with a slash.");
        }

        string clean = Path.GetFullPath(target);
        return clean.Length > 1 ? clean.TrimEnd('/') : clean;
    }

    /// <summary>For messages: 'volume "data"', 'bind "/srv"'.</summary>
    internal static string Describe(MountSpec mount)
    {
        string type = mount.Type.ToString().ToLowerInvariant();
        return mount.Anonymous ? "an anonymous volume" : mount.Source.Length == 0 ? "a " + type : $"{type} \"{mount.Source}\"";
    }

    private static void ValidateTarget(MountSpec mount)
    {
        string clean = CleanTarget(mount);
        // Over /proc a container would choose what the engine's own checks read (S10).
        bool devices = clean == "/dev" && mount.Type != MountType.Bind;
        if (clean is "/" or "/proc" or "/sys" || clean.StartsWith("/proc/", StringComparison.Ordinal) || devices)
        {
            throw Invalid(Id(mount), $"Nothing can be mounted at \"{mount.Target}\".", mount.Target, "Choose another target.");
        }
    }

    private static void ValidateSource(MountSpec mount)
    {
        switch (mount.Type)
        {
            case MountType.Bind when !mount.Source.StartsWith('/') || mount.Source.Contains('\0', StringComparison.Ordinal)
                || mount.Source.Length > LongestPath:
                throw Invalid(
                    "InvalidMount", $"\"{mount.Source}\" is no absolute path of the host, as the source for \"{mount.Target}\" must be.", mount.Source,
                    "Begin the source with a slash.");
            case MountType.Tmpfs when mount.Source.Length > 0:
                throw Invalid("InvalidMount", $"The tmpfs at \"{mount.Target}\" can have no source.", mount.Source, "Leave the source away.");
            case MountType.Image when mount.Source.Length == 0:
                throw Invalid("InvalidMount", $"The image mount at \"{mount.Target}\" names no image.", mount.Target, "Give the image as the source.");
            default:
                break;
        }

        if (mount.SubPath is { } path && (path.Length == 0 || path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal)
            || path.Length > LongestPath || path.Split('/').Contains("..")))
        {
            throw Invalid("InvalidMount", $"\"{path}\" is no path below the source for \"{mount.Target}\".", path, "Give a relative path without '..'.");
        }
    }

    private static void ValidateOptions(MountSpec mount)
    {
        bool tmpfs = mount.Type == MountType.Tmpfs;
        Refuse(mount, !tmpfs && (mount.Size is not null || mount.Mode is not null), "a size or a mode", "tmpfs");
        Refuse(mount, tmpfs && mount.SubPath is not null, "a path below it", "volumes, images and binds");
        Refuse(mount, mount.Type != MountType.Bind && mount.Propagation != MountPropagation.RPrivate, "a propagation", "binds");
        Refuse(mount, mount.Type != MountType.Bind && (mount.NonRecursive || mount.CreateSource), "options of a source", "binds");
        Refuse(mount, mount.Type != MountType.Volume && (mount.NoCopy || mount.Anonymous), "options of a volume", "volumes");
        Refuse(mount, mount.Type is MountType.Tmpfs or MountType.Image && (mount.IdMap is not null || mount.ChangeOwner), "owners", "volumes and binds");
        if (mount.Size is <= 0)
        {
            throw Invalid(Id(mount), $"The size of the tmpfs at \"{mount.Target}\" is not positive.", mount.Size, "Give a size such as 64MB.");
        }

        if (mount.Mode is > 0xFFF)
        {
            throw Invalid(Id(mount), $"The mode of the tmpfs at \"{mount.Target}\" has more than twelve bits.", mount.Mode, "Give octal digits such as 1777.");
        }

        if (mount.IdMap is { } map && (map.Users.Count == 0 || map.Groups.Count == 0 || map.Users.Concat(map.Groups).Any(IsBad)))
        {
            throw Invalid(
                "InvalidMount", $"The map of owners for \"{mount.Target}\" is incomplete or out of range.", mount.Target,
                "Give stored:seen:count for users and for groups, for example '1000:0:1'.");
        }
    }

    /// <summary>The id that -Tmpfs has always had.</summary>
    private static string Id(MountSpec mount) => mount.Type == MountType.Tmpfs ? "InvalidTmpfs" : "InvalidMount";

    private static bool IsBad(IdRange range) =>
        range.Count == 0 || (ulong)range.Stored + range.Count > uint.MaxValue || (ulong)range.Seen + range.Count > uint.MaxValue;

    private static void Refuse(MountSpec mount, bool wrong, string what, string only)
    {
        if (wrong)
        {
            throw Invalid("InvalidMount", $"The {mount.Type.ToString().ToLowerInvariant()} at \"{mount.Target}\" cannot have {what}.", mount.Target, $"That is for {only}.");
        }
    }

    private static EngineException Invalid(string errorId, string message, object? target, string? action) =>
        new(EngineErrorKind.InvalidArgument, errorId, message, target, action);
}
