using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>Layers that no image has: what an interrupted pull fetched, and what removals left because somebody held it.</summary>
internal sealed unsafe partial class LayerStore
{
    /// <summary>Complete layers whose short id is not in the set and that nobody holds.</summary>
    internal IEnumerable<(string ShortId, string DiffId, long Size)> Unused(HashSet<string> usedShortIds)
    {
        foreach ((string name, string directory) in Complete())
        {
            if (!usedShortIds.Contains(name) && !IsHeld(directory))
            {
                LayerRecord? record = ReadRecord(directory);
                yield return (name, record?.DiffId ?? name, record?.Size ?? 0);
            }
        }
    }

    /// <summary>Every complete layer's directory.</summary>
    internal IEnumerable<(string ShortId, string Directory)> Complete()
    {
        if (!Directory.Exists(_folder))
        {
            yield break;
        }

        foreach (string directory in Directory.EnumerateDirectories(_folder))
        {
            string name = Path.GetFileName(directory);
            if (!IsTemporary(name))
            {
                yield return (name, directory);
            }
        }
    }

    /// <summary>Directories that <see cref="Sweep"/> would remove.</summary>
    internal IEnumerable<string> Leftovers()
    {
        Lazy<MountedLayers> mounted = new(MountedLayers.Read);
        return !Directory.Exists(_folder)
            ? []
            : Directory.EnumerateDirectories(_folder)
                .Where(directory => IsTemporary(Path.GetFileName(directory)) && !IsHeld(directory) && !IsMounted(directory, mounted));
    }

    /// <summary>Whether it is still there.</summary>
    /// <param name="name">Of one of <see cref="Leftovers"/>.</param>
    internal bool IsLeftover(string name) => Directory.Exists(Path.Join(_folder, name));

    /// <summary>Renames one layer away. The caller holds the store's lock, knows that no image has it, and sweeps afterwards.</summary>
    /// <returns>False where somebody holds it.</returns>
    internal bool SetAsideLayer(string shortId) => SetAside(Path.Join(_folder, shortId), out _);

    private static LayerRecord? ReadRecord(string directory)
    {
        try
        {
            return SmallFile.Read(Path.Join(directory, RecordName), MaxRecordBytes) is byte[] json
                ? System.Text.Json.JsonSerializer.Deserialize(json, ImagesJsonContext.Default.LayerRecord)
                : null;
        }
        catch (Exception e) when (e is LinuxException or System.Text.Json.JsonException)
        {
            return null; // A damaged one is unused all the same; only its size stays unknown.
        }
    }

    private static bool IsHeld(string directory)
    {
        try
        {
            using SafeFileHandle handle = SmallFile.OpenDirectory(directory);
            return !TryLock(handle, Libc.LOCK_EX);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return true; // Gone already: not there to be removed.
        }
    }
}
