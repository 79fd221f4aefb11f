using System.Globalization;
using System.Net;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Linux;
using Containers.Engine.Storage;
using Containers.Engine.Volumes;

namespace Containers.Engine.Lifecycle;

/// <summary>Where the mounts of a container come from.</summary>
internal sealed partial class ContainerLauncher
{
    private List<PlannedMount> PlanMounts(ContainerRecord record, ImageRecord own, bool forReal)
    {
        List<PlannedMount> planned = [];
        foreach (MountSpec mount in record.Spec.Storage.Mounts)
        {
            planned.Add(mount.Type switch
            {
                MountType.Tmpfs => PlannedMount.Tmpfs(mount),
                MountType.Bind => PlannedMount.Bind(mount),
                MountType.Volume => PlanVolume(mount, forReal),
                _ => PlanImage(record, mount, own, planned.Count),
            });
        }

        return planned;
    }

    /// <summary>Of the store nothing is a link: with one in it, it is not what the engine made (S59).</summary>
    private PlannedMount PlanVolume(MountSpec mount, bool forReal)
    {
        VolumeRecord? record = forReal ? volumeStore.Get(mount.Source) : volumeStore.Find(mount.Source);
        if (record is { Options.Count: > 0 })
        {
            return VolumeOptions.Plan(mount, record, forReal ? ResolveHost : name => name);
        }

        return new PlannedMount(
            mount,
            [
                LaunchSteps.OpenHost(Slot.Source, paths.DataRoot, directory: true),
                LaunchSteps.OpenBeneath(Slot.Source, Slot.Source, VolumeStore.RelativeData(mount.Source), links: false, $"volume \"{mount.Source}\""),
            ],
            IsFileSystem: false);
    }

    private PlannedMount PlanImage(ContainerRecord record, MountSpec mount, ImageRecord own, int number)
    {
        ImageRecord image = mount.Source == own.Id ? own : images.Open(mount.Source);
        string place = string.Create(CultureInfo.InvariantCulture, $"{ImagePlaces(record.Id)}/{number}");
        return new PlannedMount(mount, storage.Get(record.StorageDriver).ImageSteps(image, place), IsFileSystem: false);
    }

    /// <summary>What the monitor lets go of when it removes the container.</summary>
    private List<PlanVolume> Letting(ContainerRecord record) =>
    [
        .. record.Spec.Storage.Mounts.Where(mount => mount.Type == MountType.Volume).DistinctBy(mount => mount.Source).Select(mount => new PlanVolume(
            volumeStore.UserOf(mount.Source, record.Id), volumeStore.PathOf(mount.Source),
            mount.Anonymous ? paths.TrashOf("volume-" + mount.Source) : null)),
    ];

    /// <summary>Where the new process mounts images before it binds them, in its own mount namespace.</summary>
    private string ImagePlaces(string id) => paths.Run(id) + "/images";

    /// <summary>What must be there before the process looks for it.</summary>
    private void PrepareMounts(ContainerRecord record, ImageRecord image)
    {
        IReadOnlyList<MountSpec> mounts = record.Spec.Storage.Mounts;
        for (int i = 0; i < mounts.Count; i++)
        {
            if (mounts[i].Type == MountType.Image)
            {
                Files.MakeDirectories(string.Create(CultureInfo.InvariantCulture, $"{ImagePlaces(record.Id)}/{i}"), 0x1C0);
            }

            if (mounts[i] is { Type: MountType.Bind, CreateSource: true } && !Path.Exists(mounts[i].Source))
            {
                MakeSource(record, mounts[i].Source);
            }

            if (mounts[i].SeesHostMounts)
            {
                HostMounts.RequireConnected(mounts[i]);
            }

            if (mounts[i].ChangeOwner)
            {
                ChangeOwner(mounts[i], FindUser(record, image));
            }
        }
    }

    /// <summary>What docker 1.2 makes of a source that is not there, whoever asked for it with -Volume.</summary>
    private static void MakeSource(ContainerRecord record, string source)
    {
        try
        {
            Files.MakeDirectories(source, 0x1ED); // 0755
        }
        catch (LinuxException e)
        {
            throw new EngineException(
                e.Errno is Errno.EACCES or Errno.EPERM ? EngineErrorKind.PermissionDenied : EngineErrorKind.ResourceUnavailable, "MountSourceNotMade",
                $"The directory \"{source}\", which container \"{record.Name}\" mounts, cannot be made: {Errno.Describe(e.Errno)}.", source,
                "Make it, or choose another source.", e);
        }
    }

    private void ChangeOwner(MountSpec mount, UserIdentity user)
    {
        try
        {
            using RootedDirectory source = mount.Type == MountType.Volume ? volumeStore.OpenData(mount.Source) : RootedDirectory.Open(mount.Source);
            TreeOwner.Change(source, user.Uid, user.Gid);
        }
        catch (LinuxException e)
        {
            throw new EngineException(
                e.Errno is Errno.EACCES or Errno.EPERM ? EngineErrorKind.PermissionDenied : EngineErrorKind.WriteError, "OwnerNotChanged",
                $"The files of \"{mount.Source}\" cannot be given to user {user.Uid}: {e.Message}.", mount.Source, "Leave the option U away.", e);
        }
    }

    /// <summary>The kernel takes addresses only; mount.nfs(8) does the same before it asks it.</summary>
    private static string ResolveHost(string name)
    {
        if (IPAddress.TryParse(name, out _))
        {
            return name;
        }

        try
        {
            return Dns.GetHostAddresses(name)[0].ToString();
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or ArgumentException or IndexOutOfRangeException)
        {
            throw new EngineException(
                EngineErrorKind.ConnectionError, "HostNotFound", $"There is no host \"{name}\" to mount a volume from: {e.Message}", name, "Check the name, or give its address.", e);
        }
    }
}
