using System.Text.Json;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>
/// The layers on disk. A new one is made in "new-*", which its maker holds locked; when all of it is on disk, layer.json last,
/// it is renamed into place in one step. So a directory with another name is complete, and one of these that nobody has locked
/// is what a crash left: the next import sweeps it, unless a container that runs still has it mounted.
/// </summary>
internal sealed unsafe partial class LayerStore(string dataRoot)
{
    private const string NewPrefix = "new-";
    private const string OldPrefix = "old-";
    private const string RecordName = "layer.json";
    private const int MaxRecordBytes = 64 * 1024;

    /// <summary>0755: what "/" has in a container when the archive does not say.</summary>
    private const uint RootMode = 0x1ED;

    private readonly string _folder = Path.Join(dataRoot, "layers");

    /// <summary>Overlay's option page is small: 16 digits are enough to tell layers apart, and layer.json holds the rest.</summary>
    internal static string ShortId(Digest diffId) => diffId.Hex[..16];

    /// <summary>Relative to the data root, as lowerdir takes it.</summary>
    internal static string RelativeDirectory(Digest diffId) => $"layers/{ShortId(diffId)}/fs";

    /// <summary>The record of a complete layer; null where it is missing.</summary>
    /// <exception cref="EngineException">DamagedLayer.</exception>
    internal LayerRecord? Find(Digest diffId)
    {
        string directory = Path.Join(_folder, ShortId(diffId));
        byte[]? json;
        LayerRecord? record;
        try
        {
            json = SmallFile.Read(Path.Join(directory, RecordName), MaxRecordBytes);
            record = json is null ? null : JsonSerializer.Deserialize(json, ImagesJsonContext.Default.LayerRecord);
        }
        catch (Exception e) when (e is LinuxException or JsonException)
        {
            throw Damaged(diffId, "its record cannot be read", e);
        }

        if (json is null)
        {
            return null;
        }

        if (record is null || record.DiffId != diffId.ToString())
        {
            throw Damaged(diffId, "its record is of another layer");
        }

        return Directory.Exists(Path.Join(directory, "fs")) ? record : throw Damaged(diffId, "its files are missing");
    }

    /// <summary>Starts a layer; dispose it to throw it away unless it was published.</summary>
    internal NewLayer Begin()
    {
        StoreFolder.Ensure(_folder);
        while (true)
        {
            string directory = Path.Join(_folder, NewPrefix + Guid.NewGuid().ToString("N")[..16]);
            StoreFolder.Create(directory);
            SafeFileHandle handle = SmallFile.OpenDirectory(directory);

            // Between mkdir and this lock a sweeper may have taken it for garbage.
            if (TryLock(handle, Libc.LOCK_EX) && Directory.Exists(directory))
            {
                try
                {
                    return new NewLayer(directory, handle, OpenRoot(Path.Join(directory, "fs")));
                }
                catch
                {
                    FileTree.Remove(directory);
                    handle.Dispose();
                    throw;
                }
            }

            handle.Dispose();
        }
    }

    private static SafeFileHandle OpenRoot(string files)
    {
        StoreFolder.Create(files);
        SafeFileHandle root = SmallFile.OpenDirectory(files);
        if (Libc.fchmod((int)root.DangerousGetHandle(), RootMode) == 0)
        {
            return root;
        }

        int error = Errno.Last;
        root.Dispose();
        throw new LinuxException("fchmod", files, error);
    }

    /// <summary>Everything of the layer reaches the disk, then its record.</summary>
    internal static void Seal(NewLayer layer, Digest diffId, long size)
    {
        if (Libc.syncfs((int)layer.Files.DangerousGetHandle()) != 0)
        {
            throw new LinuxException("syncfs", layer.Directory, Errno.Last);
        }

        LayerRecord record = new()
        {
            DiffId = diffId.ToString(),
            Size = size,
            TarSize = layer.TarSize,
            LostAttributes = layer.LostAttributes,
            Created = DateTimeOffset.UtcNow,
        };
        SmallFile.Replace(
            Path.Join(layer.Directory, RecordName), JsonSerializer.SerializeToUtf8Bytes(record, ImagesJsonContext.Default.LayerRecord));
    }

    /// <summary>
    /// Puts a sealed layer into place. The caller holds the store's lock. Where the same layer is there already, by another
    /// session or another image, that one stays and this one is thrown away by its disposal.
    /// </summary>
    /// <returns>Ids of containers that run on a damaged one that gave way: they keep it until they are started again.</returns>
    internal IReadOnlyList<string> Publish(NewLayer layer, Digest diffId)
    {
        string target = Path.Join(_folder, ShortId(diffId));
        if (IsComplete(diffId))
        {
            return [];
        }

        string? aside = null;
        if (Directory.Exists(target) || File.Exists(target))
        {
            // Also where somebody reads it: who has it locked keeps it from being swept, under whatever name.
            SetAside(target, out aside, evenIfHeld: true);
        }

        Rename(layer.Directory, target);
        layer.Published = true;
        layer.Share();
        using SafeFileHandle folder = SmallFile.OpenDirectory(_folder);
        SmallFile.Sync(folder, _folder);
        return aside is null ? [] : KeepUsers(aside);
    }

    /// <summary>
    /// Takes back what <see cref="Publish"/> put into place, when the image that wanted it could not be written. The caller has
    /// held the store's lock all the time, so that nobody else can use it yet.
    /// </summary>
    internal void Withdraw(NewLayer layer, Digest diffId)
    {
        if (layer.Published)
        {
            Rename(Path.Join(_folder, ShortId(diffId)), layer.Directory);
            layer.Published = false;
        }
    }

    /// <summary>Renames away every layer that is not in the set. The caller holds the store's lock.</summary>
    /// <returns>The digests of the layers that are gone.</returns>
    internal List<string> SetAsideAllBut(HashSet<string> usedShortIds)
    {
        List<string> removed = [];
        if (!Directory.Exists(_folder))
        {
            return removed;
        }

        foreach (string directory in Directory.EnumerateDirectories(_folder))
        {
            string name = Path.GetFileName(directory);
            if (usedShortIds.Contains(name) || IsTemporary(name))
            {
                continue;
            }

            string label = Label(directory, name);
            if (SetAside(directory, out _))
            {
                removed.Add(label);
            }
        }

        return removed;
    }

    /// <summary>Deletes what crashes and removals left and nobody has mounted. Needs no lock: what somebody works on is locked by them.</summary>
    internal void Sweep()
    {
        if (!Directory.Exists(_folder))
        {
            return;
        }

        ReceiveLock.Sweep(_folder);
        Lazy<MountedLayers> mounted = new(MountedLayers.Read);
        foreach (string directory in Directory.EnumerateDirectories(_folder))
        {
            if (!IsTemporary(Path.GetFileName(directory)))
            {
                continue;
            }

            SafeFileHandle handle;
            try
            {
                handle = SmallFile.OpenDirectory(directory);
            }
            catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
            {
                continue;
            }

            using (handle)
            {
                if (TryLock(handle, Libc.LOCK_EX) && !IsMounted(directory, mounted))
                {
                    FileTree.Remove(directory);
                }
            }
        }
    }

    private static bool IsTemporary(string name) =>
        name.StartsWith(NewPrefix, StringComparison.Ordinal) || name.StartsWith(OldPrefix, StringComparison.Ordinal);

    private static bool TryLock(SafeFileHandle handle, int operation) =>
        Libc.flock((int)handle.DangerousGetHandle(), operation | Libc.LOCK_NB) == 0;

    private static string Label(string directory, string name)
    {
        try
        {
            byte[]? json = SmallFile.Read(Path.Join(directory, RecordName), MaxRecordBytes);
            return json is null
                ? name
                : JsonSerializer.Deserialize(json, ImagesJsonContext.Default.LayerRecord)?.DiffId ?? name;
        }
        catch (Exception e) when (e is LinuxException or JsonException)
        {
            // Only a label for the report: a damaged layer goes all the same.
            return name;
        }
    }

    private static void Rename(string from, string to)
    {
        fixed (byte* source = NativePath.From(from), target = NativePath.From(to))
        {
            if (Libc.renameat(Libc.AT_FDCWD, source, Libc.AT_FDCWD, target) != 0)
            {
                throw new LinuxException("rename", to, Errno.Last);
            }
        }
    }

    private static EngineException Damaged(Digest diffId, string why, Exception? inner = null) => new(
        EngineErrorKind.InvalidData, "DamagedLayer", $"The layer '{diffId}' cannot be used: {why}.", diffId.ToString(),
        "Remove the image and make it again.", inner);

    /// <summary>There, and nothing is known against it.</summary>
    private bool IsComplete(Digest diffId) => IsThere(diffId) && DamageOf(diffId) is null;

    private bool IsThere(Digest diffId)
    {
        try
        {
            return Find(diffId) is not null;
        }
        catch (EngineException e) when (e.ErrorId == "DamagedLayer")
        {
            // The import at hand replaces it: that heals the images that share it.
            return false;
        }
    }

    /// <summary>False where somebody holds the layer locked, as an import that is about to use it does, or a check that reads it.</summary>
    private bool SetAside(string path, out string? aside, bool evenIfHeld = false)
    {
        aside = null;
        if (Directory.Exists(path))
        {
            using SafeFileHandle handle = SmallFile.OpenDirectory(path);
            if (!TryLock(handle, Libc.LOCK_EX) && !evenIfHeld)
            {
                return false;
            }

            string place = Path.Join(_folder, NameAside(Path.GetFileName(path)));
            Rename(path, place);
            aside = place;
            return true;
        }

        return SmallFile.Remove(path);
    }
}
