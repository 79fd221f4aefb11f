using System.Text;
using Containers.Engine.Building.Execution;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Cache;

/// <summary>The directories of RUN --mount=type=cache, for those who list and clear them.</summary>
internal sealed class CacheMountStore(string dataRoot) : IBuildCacheFolder
{
    private const int MaxIdBytes = 64 * 1024;

    private readonly string _folder = dataRoot + "/build/mounts";

    public string Kind => "Mount";

    public string ItemType => "CacheMount";

    public IEnumerable<BuildCacheEntry> List(CancellationToken cancel)
    {
        foreach (string folder in Directory.Exists(_folder) ? Directory.EnumerateDirectories(_folder) : [])
        {
            cancel.ThrowIfCancellationRequested();
            string name = Path.GetFileName(folder);
            yield return new BuildCacheEntry
            {
                Id = name,
                Kind = Kind,
                Description = ReadId(folder) ?? name,
                Size = DiskUsage.Of(folder),
                Created = Directory.GetCreationTimeUtc(folder),
                LastUsed = Directory.GetLastWriteTimeUtc(folder),
                InUse = IsInUse(folder),
            };
        }
    }

    public bool Remove(string id)
    {
        string folder = _folder + "/" + Path.GetFileName(id);
        if (!Directory.Exists(folder))
        {
            return false;
        }

        // Whoever waits for this lock finds out that its file is another one by now (CacheMount.Open).
        using FileLock? mine = FileLock.TryTake(folder + "/" + CacheMount.LockName, TimeSpan.Zero, CancellationToken.None);
        if (mine is null)
        {
            return false;
        }

        // Whoever comes now begins with a new one.
        return BuildTrash.TryRemove(dataRoot, folder);
    }

    private static bool IsInUse(string folder)
    {
        try
        {
            using FileLock? free = FileLock.TryTake(folder + "/" + CacheMount.LockName, TimeSpan.Zero, CancellationToken.None);
            return free is null;
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            return false; // Removed this moment.
        }
    }

    private static string? ReadId(string folder)
    {
        try
        {
            return SmallFile.Read(folder + "/id", MaxIdBytes) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
        }
        catch (LinuxException)
        {
            return null; // Its name says enough.
        }
    }
}
