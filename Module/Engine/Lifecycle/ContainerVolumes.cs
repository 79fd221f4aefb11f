using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Linux;
using Containers.Engine.Storage;
using Containers.Engine.Volumes;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Lifecycle;

/// <summary>The volumes of one container: made, filled and entered before it exists, let go of with it.</summary>
/// <param name="volumes">All volumes.</param>
/// <param name="storage">To look into the image.</param>
/// <param name="isActive">Whether a container runs, or somebody works on it.</param>
internal sealed class ContainerVolumes(VolumeStore volumes, StorageDrivers storage, Func<string, bool> isActive)
{
    /// <summary>
    /// Makes the volumes that are missing, with what the image has at their place; fills those that are empty in the same way; enters the
    /// container as a user of each. A failure takes back what was made.
    /// </summary>
    /// <exception cref="EngineException">VolumeDamaged, VolumeBusy, DiskFull, VolumeFailed, VolumeDenied.</exception>
    internal void Acquire(ContainerRecord record, ImageRecord image, IList<string> warnings, CancellationToken cancel)
    {
        List<MountSpec> mounts = [.. Of(record)];
        if (mounts.Count == 0)
        {
            return;
        }

        List<string> made = [];
        Lazy<RootedDirectory> root = new(() => storage.Get(record.StorageDriver).OpenRoot(image, null));
        try
        {
            foreach (MountSpec mount in mounts)
            {
                Acquire(record, mount, root, made, warnings, cancel);
            }
        }
        catch
        {
            Release(record, removeAnonymous: true);
            foreach (string name in made)
            {
                volumes.TryRemoveUnused(name);
            }

            throw;
        }
        finally
        {
            if (root.IsValueCreated)
            {
                root.Value.Dispose();
            }
        }
    }

    /// <summary>The container is gone, or will never be.</summary>
    /// <param name="removeAnonymous">Those that were made for it go, too, where no other container has them.</param>
    internal void Release(ContainerRecord record, bool removeAnonymous)
    {
        foreach (MountSpec mount in Of(record))
        {
            volumes.RemoveUser(mount.Source, record.Id);
            if (removeAnonymous && mount.Anonymous)
            {
                volumes.TryRemoveUnused(mount.Source);
            }
        }
    }

    /// <summary>Held while a container starts, until its mounts are made.</summary>
    /// <exception cref="EngineException">VolumeNotFound, VolumeDamaged, VolumeBusy.</exception>
    internal VolumePins Pin(ContainerRecord record, CancellationToken cancel)
    {
        VolumePins pins = new();
        try
        {
            foreach (string name in Of(record).Select(mount => mount.Source).Distinct(StringComparer.Ordinal))
            {
                pins.Add(volumes.Pin(name, cancel));
                volumes.OpenData(name).Dispose();
            }

            return pins;
        }
        catch
        {
            pins.Dispose();
            throw;
        }
    }

    private static IEnumerable<MountSpec> Of(ContainerRecord record) =>
        record.Spec.Storage.Mounts.Where(mount => mount.Type == MountType.Volume);

    private void Acquire(
        ContainerRecord record, MountSpec mount, Lazy<RootedDirectory> root, List<string> made, IList<string> warnings, CancellationToken cancel)
    {
        string name = mount.Source;
        try
        {
            for (int attempt = 0; ; attempt++)
            {
                using SafeFileHandle? content = mount.NoCopy || mount.SubPath is not null ? null : Content(root.Value, mount.Target);
                Action<SafeFileHandle>? fill = content is null ? null : data => new TreeCopier(cancel).Copy(content, data);
                bool passing = mount.Anonymous && record.Spec.RemoveOnExit;
                bool isNew = volumes.Find(name) is null && volumes.TryCreate(NewRecord(mount), fill, durable: !passing, cancel);
                if (isNew)
                {
                    made.Add(name);
                }

                try
                {
                    volumes.AddUser(name, record.Id, passing, cancel);
                }
                catch (EngineException e) when (e.ErrorId == "VolumeNotFound" && attempt < 10)
                {
                    continue; // Removed between the two.
                }

                if (!isNew && fill is not null)
                {
                    FillEmpty(record, name, fill, warnings, cancel);
                }

                return;
            }
        }
        catch (LinuxException e)
        {
            throw VolumeErrors.From(e, name);
        }
    }

    /// <summary>docker's rule: a volume without anything in it gets what the image has there.</summary>
    private void FillEmpty(ContainerRecord record, string name, Action<SafeFileHandle> fill, IList<string> warnings, CancellationToken cancel)
    {
        if (volumes.Get(name).Options.Count > 0 || !IsEmpty(name))
        {
            return;
        }

        using FileLock turn = volumes.Lock(name, cancel);
        if (!IsEmpty(name))
        {
            return;
        }

        if (volumes.Users(name).Any(user => user != record.Id && isActive(user)))
        {
            warnings.Add($"The volume \"{name}\" is empty, but another container runs with it: it is not filled with what the image has.");
            return;
        }

        volumes.TryFill(name, fill, cancel);
    }

    private bool IsEmpty(string name)
    {
        using RootedDirectory data = volumes.OpenData(name);
        int fd = TreeDirectory.Reopen((int)data.Handle.DangerousGetHandle(), "/"u8);
        try
        {
            return TreeDirectory.Names(fd, "/"u8).Count == 0;
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    /// <summary>The directory of the image, found as the container would find it; null where there is none.</summary>
    private static SafeFileHandle? Content(RootedDirectory root, string target)
    {
        try
        {
            return root.TryOpenFile(target, Libc.O_RDONLY | Libc.O_DIRECTORY);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOTDIR or Errno.ELOOP)
        {
            return null; // Nothing a directory can be mounted on: the start says so.
        }
    }

    private static VolumeRecord NewRecord(MountSpec mount) => new()
    {
        Name = mount.Source, Anonymous = mount.Anonymous, Created = DateTimeOffset.UtcNow,
    };
}

/// <summary>Locks of the volumes of a container that starts.</summary>
internal sealed class VolumePins : IDisposable
{
    private readonly List<FileLock> _locks = [];

    internal void Add(FileLock one) => _locks.Add(one);

    public void Dispose() => _locks.ForEach(one => one.Dispose());
}
