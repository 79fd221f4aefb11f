using System.Globalization;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Storage;

namespace Containers.Engine.Inspection;

/// <summary>Puts together what records, image and store know of a container. Reads, and changes nothing.</summary>
internal sealed class ContainerInspector(EnginePaths paths, HostFacts host)
{
    /// <param name="record">What it was made as.</param>
    /// <param name="now">As it is.</param>
    /// <param name="image">Its image; null when that is damaged.</param>
    internal ContainerDetail Describe(ContainerRecord record, Container now, ImageRecord? image)
    {
        ContainerSpec spec = record.Spec;
        string run = paths.Run(record.Id);
        (IReadOnlyList<string> masked, IReadOnlyList<string> readOnly) = LaunchPlanCompiler.ProtectedPaths(spec.Security, host);
        return new ContainerDetail
        {
            Container = now,
            Spec = spec,
            Path = record.Command.Count > 0 ? record.Command[0] : "",
            Arguments = [.. record.Command.Skip(1)],
            Config = CommitConfig.Defaults(spec, image?.Config.Config ?? new ImageDefaults()),
            ResolvConfPath = run + "/resolv.conf",
            HostNamePath = run + "/hostname",
            HostsPath = run + "/hosts",
            LogPath = spec.Log.Disabled ? "" : paths.Log(record.Id),
            Mounts = [.. spec.Storage.Mounts.OrderBy(mount => mount.Target, StringComparer.Ordinal).Select(Mount)],
            GraphDriver = Root(record, now, image),
            Capabilities = LaunchPlanCompiler.Capabilities(spec.Security, host).Names,
            MaskedPaths = masked,
            ReadOnlyPaths = readOnly,
            CgroupPath = (spec.CgroupParent?.Trim('/') ?? ContainerLauncher.CgroupRoot) + "/" + record.Id,
        };
    }

    private ContainerMountDetail Mount(MountSpec mount)
    {
        // A volume is a directory of the store that has its name.
        string source = mount.Type == MountType.Volume ? $"{paths.DataRoot}/volumes/{mount.Source}/_data" : mount.Source;
        string whole = mount.SubPath is { Length: > 0 } below && mount.Type != MountType.Image ? source + "/" + below.Trim('/') : source;
        return new ContainerMountDetail(
            mount.Type, mount.Type == MountType.Volume ? mount.Source : "", whole, mount.Target, mount.ReadOnly || mount.Type == MountType.Image,
            mount.Propagation);
    }

    private ContainerGraphDriver Root(ContainerRecord record, Container now, ImageRecord? image)
    {
        string driver = record.StorageDriver ?? OverlayDriver.DriverName;
        Dictionary<string, string> data = new(StringComparer.Ordinal);
        if (driver == OverlayDriver.DriverName)
        {
            string own = paths.Container(record.Id) + "/layer/";
            data["LowerDir"] = string.Join(':', (image?.LayerDirectories ?? []).Select(layer => $"{paths.DataRoot}/{layer}"));
            data["UpperDir"] = own + "upper";
            data["WorkDir"] = own + "work";
        }

        if (now.ProcessId > 0)
        {
            // The host never mounts it: this is the way to it, as long as the process lives.
            data["MergedDir"] = string.Create(CultureInfo.InvariantCulture, $"/proc/{now.ProcessId}/root");
        }

        return new ContainerGraphDriver(driver, data);
    }
}
