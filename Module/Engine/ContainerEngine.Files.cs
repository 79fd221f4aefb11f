using Containers.Engine.Copying;
using Containers.Engine.Events;
using Containers.Engine.Images;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using Containers.Engine.Storage;
using Containers.Engine.Volumes;

namespace Containers.Engine;

/// <summary>Files in containers and images.</summary>
public sealed partial class ContainerEngine
{
    /// <summary>Opens the files of a place. A running container's are seen as its processes see them, volumes and all.</summary>
    /// <param name="write">
    /// Whether files are written there. A container that does not run is kept from starting until the view is disposed.
    /// </param>
    /// <exception cref="EngineException">
    /// ContainerUnreadable, ReadOnlyDestination, ContainerRestarting, ContainerBusy, ImageLayerNotFound; of images what opening them throws.
    /// </exception>
    public FileView OpenFiles(FilePlace place, bool write, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(place);
        if (write && place.Kind is FilePlaceKind.Image or FilePlaceKind.Layer)
        {
            throw CopyErrors.ReadOnly(place.Label("/"));
        }

        return place.Kind switch
        {
            FilePlaceKind.Host => new FileView(place, null, writable: true),
            FilePlaceKind.Container => OpenContainerFiles(_store.Resolve(place.Name), write, cancel),
            FilePlaceKind.Image => Readable(place.Name, () =>
                new FileView(place, _storage.Select(null).OpenRoot(Images.Open(place.Name), null), writable: false)),
            FilePlaceKind.Layer => OpenLayerFiles(place),
            FilePlaceKind.Volume => OpenVolumeFiles(place),
            _ => throw new ArgumentOutOfRangeException(nameof(place), place.Kind, "An unknown kind of place."),
        };
    }

    /// <summary>
    /// Copies a file, link or directory with all that is in it, by the rules of docker cp. What cannot be read is told and left out; what cannot be
    /// written ends the copy, and nothing is left of the file that was being written.
    /// </summary>
    /// <returns>The path that was made or filled; null when nothing came of it, and why was told.</returns>
    /// <exception cref="EngineException">
    /// ContainerPathNotFound, FileNotFound, NotADirectory, NotAFile, DestinationDirectoryNotFound, DirectoryOntoFile, FileOntoDirectory, FileOntoDevice,
    /// SameFile, CopyIntoItself, LinkNotFollowed, FileDenied, FileUnreadable, FileNotWritten, ReadOnlyDestination, DiskFull, TooManyOpenFiles, FileNeverEnds, TreeTooDeep.
    /// </exception>
    public string? CopyFiles(
        FileView from, string path, FileView to, string destination, FileCopyOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(options);
        if (!to.IsWritable)
        {
            throw new ArgumentException("The view was not opened for writing.", nameof(to));
        }

        if (new FileTransfer(from, to, options, cancel).Run(path, destination) is not { } made)
        {
            return null;
        }

        foreach (FilePlace place in from.Place == to.Place ? [to.Place] : (FilePlace[])[from.Place, to.Place])
        {
            if (place.Kind == FilePlaceKind.Container && _store.TryGetRecord(_store.Resolve(place.Name)) is { } record)
            {
                _events.Write(record, EventActions.Copy, ("from", from.Place.Label(path)), ("to", to.Place.Label(made)));
            }
        }

        return made;
    }

    private FileView OpenContainerFiles(string id, bool write, CancellationToken cancel)
    {
        ContainerRecord record = _store.Record(id);
        FilePlace place = FilePlace.Container(record.Name);
        if (TryOpenRunning(id, place) is { } running)
        {
            return running;
        }

        IStorageDriver storage = _storage.Get(record.StorageDriver);
        ImageRecord image = Images.Open(record.ImageId);
        if (!write)
        {
            return WithMounts(Readable(record.Name, () => new FileView(place, storage.OpenRoot(image, _paths.Container(id)), writable: false)), record);
        }

        FileLock turn = Lock(id, cancel);
        try
        {
            // Somebody may have started it while this session waited for its turn.
            if (TryOpenRunning(id, place) is { } started)
            {
                turn.Dispose();
                return started;
            }

            if (_store.Get(id).State == ContainerState.Restarting)
            {
                throw new EngineException(
                    EngineErrorKind.ResourceBusy, "ContainerRestarting", $"Container \"{record.Name}\" is between two runs.", record.Name,
                    "Try again when it runs, or stop it first.");
            }

            return record.Spec.Storage.ReadOnly
                ? throw CopyErrors.ReadOnly(place.Label("/"))
                : WithMounts(Readable(record.Name, () => new FileView(place, storage.OpenWritable(image, _paths.Container(id)), writable: true, turn)), record);
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    private FileView WithMounts(FileView view, ContainerRecord record)
    {
        try
        {
            AddMounts(view, record, view.IsWritable);
            return view;
        }
        catch
        {
            view.Dispose();
            throw;
        }
    }

    private FileView OpenVolumeFiles(FilePlace place)
    {
        VolumeRecord volume = _volumes.Get(place.Name);
        RootedDirectory root = _volumes.OpenData(volume.Name);
        FileView view = new(place, root, writable: true);
        if (volume.Options.Count == 0)
        {
            return view;
        }

        view.Dispose();
        throw CopyErrors.NotMounted(view, "/");
    }

    /// <summary>The root of its first process, which is that of its mount namespace.</summary>
    private FileView? TryOpenRunning(string id, FilePlace place)
    {
        Container now = _store.Get(id);
        if (!now.IsRunning)
        {
            return null;
        }

        ProcessIdentity process = new(now.ProcessId, now.ProcessStartTime);
        RootedDirectory? root = null;
        try
        {
            root = RootedDirectory.Open($"/proc/{process.Pid}/root");
            if (process.IsAlive)
            {
                FileView view = new(place, root, writable: true);
                root = null;
                return view;
            }
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ESRCH)
        {
            // It ended in this moment.
        }
        finally
        {
            root?.Dispose();
        }

        return null;
    }

    private FileView OpenLayerFiles(FilePlace place)
    {
        ImageRecord image = Images.Open(place.Name);
        IReadOnlyList<Digest> layers = image.Config.RootFs.DiffIds;
        return place.Layer >= 0 && place.Layer < layers.Count
            ? Readable(place.Name, () => new FileView(
                place, RootedDirectory.Open(Options.DataRoot + "/" + LayerStore.RelativeDirectory(layers[place.Layer])), writable: false))
            : throw new EngineException(
                EngineErrorKind.ObjectNotFound, "ImageLayerNotFound", $"Image \"{place.Name}\" has no layer {place.Layer}.", place.Name,
                $"Give a number from 0 to {layers.Count - 1}.");
    }
}
