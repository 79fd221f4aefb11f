using Containers.Engine.Launch;

namespace Containers.Engine.Volumes;

/// <summary>
/// The options of docker's local driver: <c>type</c>, <c>device</c> and <c>o</c> of mount(8). Such a volume is mounted by each container that
/// has it, in its own mount namespace; nothing is mounted on the host.
/// </summary>
internal static class VolumeOptions
{
    private static readonly string[] s_known = ["type", "device", "o"];

    /// <exception cref="EngineException">InvalidVolumeOption.</exception>
    internal static void Validate(IReadOnlyDictionary<string, string> options)
    {
        foreach ((string key, string value) in options)
        {
            if (!s_known.Contains(key) || value.AsSpan().ContainsAny("\0\n"))
            {
                throw Invalid($"\"{key}\" is no option of a volume.", key, "Use type, device and o, as mount(8) has them.");
            }
        }

        if (options.Count > 0 && !options.ContainsKey("type") && !IsBind(options))
        {
            throw Invalid("A volume with options needs a type.", "type", "Give type = 'tmpfs', 'nfs', or 'none' with o = 'bind'.");
        }

        if (IsBind(options) && Value(options, "device") is var device && !device.StartsWith('/'))
        {
            throw Invalid($"\"{device}\" is no absolute path.", device, "Give the directory as device.");
        }
    }

    /// <param name="mount">Where it goes.</param>
    /// <param name="volume">A volume with options.</param>
    /// <param name="resolve">From the name of a server to its address.</param>
    internal static PlannedMount Plan(MountSpec mount, VolumeRecord volume, Func<string, string> resolve)
    {
        MountSpec flagged = mount;
        List<string> rest = ["source", Value(volume.Options, "device") is { Length: > 0 } device ? device : Value(volume.Options, "type")];
        foreach (string option in Value(volume.Options, "o").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            switch (option)
            {
                case "ro":
                    flagged = flagged with { ReadOnly = true };
                    break;
                case "nosuid":
                    flagged = flagged with { NoSuid = true };
                    break;
                case "nodev":
                    flagged = flagged with { NoDev = true };
                    break;
                case "noexec":
                    flagged = flagged with { NoExec = true };
                    break;
                case "rw" or "suid" or "dev" or "exec" or "bind" or "rbind" or "defaults":
                    break;
                default:
                    int equals = option.IndexOf('=', StringComparison.Ordinal);
                    string key = equals < 0 ? option : option[..equals];
                    string value = equals < 0 ? "" : option[(equals + 1)..];
                    rest.AddRange([key, key == "addr" ? resolve(value) : value]);
                    break;
            }
        }

        if (IsBind(volume.Options))
        {
            return new PlannedMount(flagged, [LaunchSteps.OpenHost(Slot.Source, Value(volume.Options, "device"))], IsFileSystem: false);
        }

        return mount.SubPath is null
            ? new PlannedMount(
                flagged, [LaunchSteps.CreateFileSystem(Slot.Mount, Value(volume.Options, "type"), LaunchPlanCompiler.Attributes(flagged), [.. rest])], IsFileSystem: true)
            : throw Invalid(
                $"The volume \"{volume.Name}\" is a file system of its own: a path below it cannot be mounted.", mount.SubPath, "Mount all of it.");
    }

    private static bool IsBind(IReadOnlyDictionary<string, string> options) =>
        Value(options, "o").Split(',', StringSplitOptions.TrimEntries).Any(option => option is "bind" or "rbind");

    private static string Value(IReadOnlyDictionary<string, string> options, string key) => options.TryGetValue(key, out string? value) ? value : "";

    private static EngineException Invalid(string message, string target, string action) =>
        new(EngineErrorKind.InvalidArgument, "InvalidVolumeOption", message, target, action);
}
