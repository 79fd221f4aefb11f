using System.Text.Json;
using Containers.Engine.Events;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Volumes;

/// <summary>
/// The volumes on disk, one directory each: <c>volume.json</c>, <c>_data</c>, <c>lock</c>, and <c>users/ID</c> for each container that has it.
/// A volume comes into being by a rename, complete or not at all, and goes by one; two sessions that make one of the same name have one winner.
/// </summary>
/// <remarks>
/// A user's file is written before the container's record, under the volume's lock, and counts as long as there is such a container: nobody
/// can remove a volume between the two.
/// </remarks>
/// <param name="containerExists">Whether there is, or is being made, a container of an id.</param>
internal sealed class VolumeStore(string dataRoot, Func<string, bool> containerExists)
{
    internal const string DataName = "_data";

    private const string NewPrefix = ".new-";
    private const string RecordName = "volume.json";
    private const string LockName = "lock";

    /// <summary>Volumes that go with the container they were made for.</summary>
    private const string PassingName = ".passing";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = dataRoot + "/volumes";

    /// <summary>Told of volumes that come and go.</summary>
    internal EventLog? Events { get; init; }

    /// <summary>Relative to the data root: what a launch opens, without any link.</summary>
    internal static string RelativeData(string name) => "volumes/" + Key(name) + "/" + DataName;

    internal string PathOf(string name) => _folder + "/" + Key(name);

    internal string DataOf(string name) => PathOf(name) + "/" + DataName;

    internal string UserOf(string name, string containerId) => PathOf(name) + "/users/" + containerId;

    /// <summary>All of them by name; a damaged one has a problem.</summary>
    internal List<(string Name, VolumeRecord? Record, string? Problem)> List()
    {
        List<(string, VolumeRecord?, string?)> all = [];
        foreach (string key in Keys())
        {
            try
            {
                if (Find(key) is { } record)
                {
                    all.Add((record.Name, record, Directory.Exists(DataOf(key)) ? null : "Its directory is gone."));
                }
            }
            catch (EngineException e) when (e.ErrorId == "VolumeDamaged")
            {
                all.Add((key, null, e.Message));
            }
        }

        all.Sort((a, b) => string.CompareOrdinal(a.Item1, b.Item1));
        return all;
    }

    /// <returns>Null when there is none of that name.</returns>
    /// <exception cref="EngineException">VolumeDamaged.</exception>
    internal VolumeRecord? Find(string name)
    {
        if (!VolumeName.IsValid(name))
        {
            return null;
        }

        string path = PathOf(name);
        if (new DirectoryInfo(path) is { LinkTarget: not null })
        {
            throw VolumeErrors.Damaged(name, "its directory in the store is a link."); // S59
        }

        try
        {
            VolumeRecord record = RecordFile.Read(path + "/" + RecordName, VolumeJson.Default.VolumeRecord);
            return record.Version > VolumeRecord.CurrentVersion
                ? throw new JsonException($"it was written by a newer version of the module (format {record.Version}).")
                : Key(record.Name) != Key(name) ? throw new JsonException("its record is that of another volume.") : record;
        }
        catch (FileNotFoundException) when (Directory.Exists(path))
        {
            throw VolumeErrors.Damaged(name, "it has no record.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw VolumeErrors.Damaged(name, e.Message, e);
        }
    }

    /// <summary>Whether anything has the name, be it damaged.</summary>
    internal bool IsThere(string name) => VolumeName.IsValid(name) && Path.Exists(PathOf(name));

    /// <exception cref="EngineException">VolumeNotFound, VolumeDamaged.</exception>
    internal VolumeRecord Get(string name) => Find(name) ?? throw VolumeErrors.NotFound(name);

    /// <summary>Makes a volume, filled before anybody sees it.</summary>
    /// <param name="record">What it is.</param>
    /// <param name="fill">Given the open, empty directory of its files (root, 0755); null for nothing.</param>
    /// <param name="durable">It must still be there after a power cut.</param>
    /// <returns>False when there is one of this name already, made by whomever.</returns>
    internal bool TryCreate(VolumeRecord record, Action<SafeFileHandle>? fill, bool durable, CancellationToken cancel)
    {
        if (Directory.Exists(PathOf(record.Name)))
        {
            return false;
        }

        Files.MakeDirectory(_folder, 0x1C0);
        string directory = _folder + "/" + NewPrefix + VolumeName.Random()[..16];
        using FileLock held = Begin(directory);
        try
        {
            Files.MakeDirectory(directory + "/users", 0x1C0);
            Files.MakeDirectory(directory + "/" + DataName, 0x1ED); // 0755
            if (fill is not null)
            {
                using SafeFileHandle data = OpenDirectory(directory + "/" + DataName);
                fill(data);
                cancel.ThrowIfCancellationRequested();
                if (durable)
                {
                    Sync(data);
                }
            }

            RecordFile.Write(directory + "/" + RecordName, record, VolumeJson.Default.VolumeRecord, durable);
            Files.Rename(directory, PathOf(record.Name)); // A directory that has something in it is not replaced (rename(2)).
            if (durable)
            {
                Files.SyncDirectory(_folder);
            }

            Tell(EventActions.Create, record.Name);
            return true;
        }
        catch (LinuxException e) when (e.Call == "rename" && e.Errno is Errno.ENOTEMPTY or Errno.EEXIST or Errno.ENOTDIR)
        {
            FileTree.Remove(directory);
            return false;
        }
        catch
        {
            FileTree.Remove(directory);
            throw;
        }
    }

    /// <summary>Fills a volume that is empty, all or nothing; one with anything in it stays as it is.</summary>
    /// <returns>False when it was not empty.</returns>
    internal bool TryFill(string name, Action<SafeFileHandle> fill, CancellationToken cancel)
    {
        string directory = _folder + "/" + NewPrefix + VolumeName.Random()[..16];
        using FileLock held = Begin(directory);
        try
        {
            string made = directory + "/" + DataName;
            Files.MakeDirectory(made, 0x1ED);
            using SafeFileHandle data = OpenDirectory(made);
            fill(data);
            cancel.ThrowIfCancellationRequested();
            Sync(data);
            Files.Rename(made, DataOf(name)); // Onto an empty directory only.
            return true;
        }
        catch (LinuxException e) when (e.Call == "rename" && e.Errno is Errno.ENOTEMPTY or Errno.EEXIST)
        {
            return false;
        }
        finally
        {
            FileTree.Remove(directory);
        }
    }

    /// <summary>Puts other files in the place of a volume's. The caller holds its lock and knows that nobody has them mounted.</summary>
    internal void Replace(string name, Action<SafeFileHandle> fill, CancellationToken cancel)
    {
        string directory = _folder + "/" + NewPrefix + VolumeName.Random()[..16];
        using FileLock held = Begin(directory);
        try
        {
            string made = directory + "/" + DataName;
            Files.MakeDirectory(made, 0x1ED);
            using (SafeFileHandle data = OpenDirectory(made))
            {
                fill(data);
                cancel.ThrowIfCancellationRequested();
                Sync(data);
            }

            Files.Exchange(made, DataOf(name));
        }
        finally
        {
            FileTree.Remove(directory);
        }
    }

    /// <summary>Changes the record; the name may be another one, and is then taken, too.</summary>
    /// <returns>False when there is a volume of the new name.</returns>
    internal bool TryRename(VolumeRecord record, string newName)
    {
        string from = PathOf(record.Name);
        if (Key(record.Name) != Key(newName) && Directory.Exists(PathOf(newName)))
        {
            return false;
        }

        // First the directory: a record that does not fit it would be a damaged volume.
        string place = PathOf(newName);
        VolumeRecord renamed = record with { Name = newName };
        if (place == from)
        {
            RecordFile.Write(from + "/" + RecordName, renamed, VolumeJson.Default.VolumeRecord, durable: true);
            return true;
        }

        RecordFile.Write(from + "/" + RecordName, renamed, VolumeJson.Default.VolumeRecord, durable: true);
        try
        {
            Files.Rename(from, place);
        }
        catch (LinuxException e)
        {
            RecordFile.Write(from + "/" + RecordName, record, VolumeJson.Default.VolumeRecord, durable: true);
            if (e.Errno is Errno.ENOTEMPTY or Errno.EEXIST)
            {
                return false;
            }

            throw;
        }

        Files.SyncDirectory(_folder);
        Tell(EventActions.Destroy, record.Name);
        Tell(EventActions.Create, newName);
        return true;
    }

    private void Tell(string action, string name) => Events?.Write(ContainerEventType.Volume, action, name, name, ("driver", VolumeRecord.LocalDriver));

    /// <summary>One at a time works on a volume; a holder that died has let go.</summary>
    /// <exception cref="EngineException">VolumeNotFound, VolumeBusy.</exception>
    internal FileLock Lock(string name, CancellationToken cancel) => Lock(name, FileLock.TryTake, cancel);

    /// <summary>Whoever has it shared starts a container: nobody takes the volume away, or puts other files in its place, meanwhile.</summary>
    /// <exception cref="EngineException">VolumeNotFound, VolumeBusy.</exception>
    internal FileLock Pin(string name, CancellationToken cancel) => Lock(name, FileLock.TryShare, cancel);

    private FileLock Lock(string name, Func<string, TimeSpan, CancellationToken, FileLock?> take, CancellationToken cancel)
    {
        try
        {
            return take(PathOf(name) + "/" + LockName, s_patience, cancel) ?? throw VolumeErrors.Busy(name);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            throw VolumeErrors.NotFound(name);
        }
    }

    /// <summary>Enters a container as a user.</summary>
    /// <param name="passing">The volume goes with it.</param>
    /// <exception cref="EngineException">VolumeNotFound, VolumeDamaged, VolumeBusy.</exception>
    internal void AddUser(string name, string containerId, bool passing, CancellationToken cancel)
    {
        using FileLock turn = Lock(name, cancel);
        _ = Get(name);
        if (passing)
        {
            // The mark comes first: whatever is killed after it, the sweep finds the volume.
            Files.MakeDirectory(_folder + "/" + PassingName, 0x1C0);
            Files.Write(_folder + "/" + PassingName + "/" + Key(name), [], 0x180);
        }

        Files.MakeDirectory(PathOf(name) + "/users", 0x1C0);
        Files.Write(UserOf(name, containerId), [], 0x180); // 0600
    }

    internal void RemoveUser(string name, string containerId)
    {
        if (VolumeName.IsValid(name))
        {
            _ = SmallFile.Remove(UserOf(name, containerId));
        }
    }

    /// <summary>Ids of the containers that have it.</summary>
    internal List<string> Users(string name)
    {
        try
        {
            return [.. Directory.EnumerateFiles(PathOf(name) + "/users").Select(path => Path.GetFileName(path)!).Where(containerExists)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Removes a volume that no container has.</summary>
    /// <returns>False when one has it, or another session is at it.</returns>
    internal bool TryRemoveUnused(string name)
    {
        try
        {
            using FileLock? turn = FileLock.TryTake(PathOf(name) + "/" + LockName, TimeSpan.Zero, CancellationToken.None);
            if (turn is null || Users(name).Count > 0)
            {
                return false;
            }

            Remove(name);
            return true;
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return true; // Another session was faster.
        }
    }

    /// <summary>The caller holds the lock and has looked at the users. Gone at once; the files take the time they take.</summary>
    internal void Remove(string name)
    {
        string trash = $"{dataRoot}/trash/volume-{VolumeName.Random()[..32]}";
        Files.MakeDirectory(dataRoot + "/trash", 0x1C0);
        Files.Rename(PathOf(name), trash);
        Files.SyncDirectory(_folder);
        Tell(EventActions.Destroy, name);
        _ = SmallFile.Remove(_folder + "/" + PassingName + "/" + Key(name));
        FileTree.Remove(trash);
    }

    /// <summary>A link or file in the store under a volume's name: it goes by itself, and what it leads to stays.</summary>
    internal bool TryRemoveFalse(string name)
    {
        if (VolumeName.IsValid(name) && new DirectoryInfo(PathOf(name)) is { LinkTarget: not null })
        {
            File.Delete(PathOf(name));
            return true;
        }

        return false;
    }

    /// <summary>The files of a volume, for reading or filling: no link of the store is followed.</summary>
    /// <exception cref="EngineException">VolumeDamaged.</exception>
    internal RootedDirectory OpenData(string name)
    {
        using RootedDirectory root = RootedDirectory.Open(dataRoot);
        int fd = OpenBeneath(root, RelativeData(name));
        return fd >= 0
            ? new RootedDirectory(new SafeFileHandle(fd, ownsHandle: true))
            : throw VolumeErrors.Damaged(
                name, fd == -Errno.ELOOP ? "a link is in the place of its directory." : fd == -Errno.ENOENT ? "its directory is gone." : Errno.Describe(-fd) + ".");
    }

    /// <summary>Removes what was made halfway by sessions that died, and volumes whose container removed itself.</summary>
    internal void Sweep()
    {
        if (!Directory.Exists(_folder))
        {
            return;
        }

        if (Directory.GetDirectories(_folder, NewPrefix + "*") is { Length: > 0 } half)
        {
            using FileLock? turn = FileLock.TryTake(_folder + "/.lock", TimeSpan.Zero, CancellationToken.None);
            foreach (string directory in turn is null ? [] : half)
            {
                RemoveIfDead(directory);
            }
        }

        foreach (string mark in Marks())
        {
            string name = Path.GetFileName(mark);
            if (!Directory.Exists(PathOf(name)))
            {
                File.Delete(mark);
            }
            else
            {
                _ = TryRemoveUnused(name);
            }
        }
    }

    private string[] Marks()
    {
        string folder = _folder + "/" + PassingName;
        return Directory.Exists(folder) ? Directory.GetFiles(folder) : [];
    }

    private static void RemoveIfDead(string directory)
    {
        try
        {
            using FileLock? dead = FileLock.TryTake(directory + "/" + LockName, TimeSpan.Zero, CancellationToken.None);
            if (dead is not null)
            {
                FileTree.Remove(directory);
            }
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            // Published, or removed, in this moment.
        }
    }

    /// <summary>Names differ by more than case, as those of containers do.</summary>
    private static string Key(string name) => name.ToLowerInvariant();

    private IEnumerable<string> Keys()
    {
        try
        {
            return [.. new DirectoryInfo(_folder).EnumerateFileSystemInfos().Where(one => one.Attributes.HasFlag(FileAttributes.Directory) || one.LinkTarget is not null)
                .Select(one => one.Name).Where(VolumeName.IsValid)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Directory and lock come into being together: without its lock a directory looks like one that a dead session left.</summary>
    private FileLock Begin(string directory)
    {
        using FileLock turn = FileLock.TryTake(_folder + "/.lock", s_patience, CancellationToken.None) ?? throw VolumeErrors.Busy(directory);
        Files.MakeDirectory(directory, 0x1C0);
        return FileLock.TryTake(directory + "/" + LockName, TimeSpan.Zero, CancellationToken.None)!;
    }

    private static SafeFileHandle OpenDirectory(string path)
    {
        int fd = Files.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw new LinuxException("open", path, -fd);
    }

    private static unsafe int OpenBeneath(RootedDirectory root, string path)
    {
        Libc.open_how how = new()
        {
            flags = (ulong)(uint)(Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC),
            resolve = Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_NO_MAGICLINKS,
        };
        fixed (byte* native = NativePath.From(path))
        {
            int fd = Libc.openat2((int)root.Handle.DangerousGetHandle(), native, &how);
            return fd >= 0 ? fd : -Errno.Last;
        }
    }

    private static void Sync(SafeFileHandle directory)
    {
        if (Libc.syncfs((int)directory.DangerousGetHandle()) != 0)
        {
            throw new LinuxException("syncfs", "volume", Errno.Last);
        }
    }
}
