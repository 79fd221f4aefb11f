using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Execution;

/// <summary>A directory of one build for what ends with it: build/tmp/NAME, locked as long as its session lives, else swept by the next build.</summary>
internal sealed class BuildScratch : IDisposable
{
    private const string LockName = "lock";

    private readonly FileLock _lock;
    private int _next;

    private BuildScratch(string name, string directory, FileLock held)
    {
        Name = name;
        Directory = directory;
        _lock = held;
    }

    /// <summary>Relative to the data root.</summary>
    internal string Name { get; }

    internal string Directory { get; }

    internal static BuildScratch Create(string dataRoot, Action<string> release)
    {
        string folder = dataRoot + "/build/tmp";
        StoreFolder.Ensure(folder);

        // Directory and lock come into being together: without its lock a directory would look like one that a dead session left.
        using FileLock turn = FileLock.TryTake(folder + "/lock", TimeSpan.FromSeconds(60), CancellationToken.None)
            ?? throw new EngineException(
                EngineErrorKind.OperationTimeout, "BuildCacheBusy", "Another session has been sweeping builds for a minute.", folder,
                "Wait for it, or end that session.");
        foreach (string old in System.IO.Directory.GetDirectories(folder))
        {
            Sweep(old, release);
        }

        string name = Guid.NewGuid().ToString("N")[..16];
        string directory = folder + "/" + name;
        StoreFolder.Create(directory);
        FileLock held = FileLock.TryTake(directory + "/" + LockName, TimeSpan.Zero, CancellationToken.None)!;
        return new BuildScratch("build/tmp/" + name, directory, held);
    }

    /// <summary>A new directory in it.</summary>
    /// <returns>Its name in <see cref="Directory"/>.</returns>
    internal string MakeDirectory()
    {
        string name = Interlocked.Increment(ref _next).ToString(System.Globalization.CultureInfo.InvariantCulture);
        StoreFolder.Create(Directory + "/" + name);
        return name;
    }

    public void Dispose()
    {
        try
        {
            FileTree.Remove(Directory);
        }
        finally
        {
            _lock.Dispose();
        }
    }

    private static void Sweep(string directory, Action<string> release)
    {
        try
        {
            using FileLock? dead = FileLock.TryTake(directory + "/" + LockName, TimeSpan.Zero, CancellationToken.None);
            if (dead is null)
            {
                return;
            }

            foreach (string one in System.IO.Directory.GetDirectories(directory))
            {
                release(one);
            }

            FileTree.Remove(directory);
        }
        catch (Exception e) when (e is LinuxException { Errno: Errno.ENOENT } or DirectoryNotFoundException)
        {
            // Whoever moved it here (BuildTrash) has removed it in this moment.
        }
    }
}
