using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Storage;

/// <summary>
/// The plain trees that a flat driver makes of images, below roots/DRIVER: one for each stack of layers that a container was made of, complete
/// when it has its name. A directory with another name is what a crash left. Whoever makes or removes one holds the lock; whoever copies one
/// holds it shared, so that it is not removed meanwhile.
/// </summary>
internal sealed class FlatRoots(string dataRoot, string driver)
{
    private const string NewPrefix = "new-";
    private const string OldPrefix = "old-";

    /// <summary>Making a root takes as long as copying an image does; another session may be at several.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private readonly string _folder = dataRoot + "/roots/" + driver;

    /// <summary>The tree in a root's directory.</summary>
    internal const string Tree = "fs";

    internal string Folder => _folder;

    internal string PathOf(Digest chain) => _folder + "/" + chain.Hex[..16];

    /// <summary>The lock on making and removing.</summary>
    /// <exception cref="EngineException">ImageRootBusy.</exception>
    internal FileLock Lock(CancellationToken cancel)
    {
        Files.MakeDirectory(dataRoot + "/roots", 0x1C0);
        Files.MakeDirectory(_folder, 0x1C0);
        return FileLock.TryTake(_folder + "/lock", s_patience, cancel) ?? throw new EngineException(
            EngineErrorKind.OperationTimeout, "ImageRootBusy", $"Another session has been unpacking images for {s_patience.TotalMinutes} minutes.",
            _folder, "Wait for it, or end that session.");
    }

    /// <summary>Whether the root is there and complete.</summary>
    internal bool Has(Digest chain)
    {
        byte[]? text = SmallFile.Read(PathOf(chain) + "/chain", 256);
        return text is not null && Encoding.ASCII.GetString(text) == chain.ToString();
    }

    /// <summary>Makes a root. The caller holds the lock.</summary>
    /// <param name="fill">Given the path of the tree, which does not exist yet.</param>
    /// <param name="destroy">Takes back what <paramref name="fill"/> made where plain deletion cannot.</param>
    internal unsafe void Make(Digest chain, Action<string> fill, Action<string> destroy)
    {
        string directory = _folder + "/" + NewPrefix + Guid.NewGuid().ToString("N")[..16];
        StoreFolder.Create(directory);
        try
        {
            fill(directory + "/" + Tree);
            SmallFile.Replace(directory + "/chain", Encoding.ASCII.GetBytes(chain.ToString()));
            using (SafeFileHandle handle = SmallFile.OpenDirectory(directory))
            {
                if (Libc.syncfs((int)handle.DangerousGetHandle()) != 0)
                {
                    throw new LinuxException("syncfs", directory, Errno.Last);
                }
            }

            string target = PathOf(chain);
            if (Directory.Exists(target))
            {
                // Of the same 16 digits, or damaged: what has no right record is not used by anybody.
                Discard(target, destroy);
            }

            Files.Rename(directory, target);
            Files.SyncDirectory(_folder);
        }
        catch
        {
            Remove(directory, destroy);
            throw;
        }
    }

    /// <summary>Keeps a root from being removed until it is disposed. The caller holds the lock.</summary>
    internal SafeFileHandle Pin(Digest chain)
    {
        SafeFileHandle handle = SmallFile.OpenDirectory(PathOf(chain));
        if (Libc.flock((int)handle.DangerousGetHandle(), Libc.LOCK_SH) != 0)
        {
            int errno = Errno.Last;
            handle.Dispose();
            throw new LinuxException("flock", PathOf(chain), errno);
        }

        return handle;
    }

    /// <summary>Removes the roots that are not in the set, and what crashes left. Takes the lock, but waits for nobody.</summary>
    /// <returns>The directories that are gone.</returns>
    internal IReadOnlyList<string> RemoveAllBut(IReadOnlySet<string> used, Action<string> destroy)
    {
        List<string> removed = [];
        if (!Directory.Exists(_folder))
        {
            return removed;
        }

        using FileLock? turn = FileLock.TryTake(_folder + "/lock", TimeSpan.Zero, CancellationToken.None);
        if (turn is null)
        {
            return removed;
        }

        foreach (string directory in Directory.GetDirectories(_folder))
        {
            if (!used.Contains(Path.GetFileName(directory)) && Discard(directory, destroy))
            {
                removed.Add(directory);
            }
        }

        return removed;
    }

    private bool Discard(string directory, Action<string> destroy)
    {
        using SafeFileHandle handle = SmallFile.OpenDirectory(directory);
        if (Libc.flock((int)handle.DangerousGetHandle(), Libc.LOCK_EX | Libc.LOCK_NB) != 0)
        {
            return false; // Somebody is copying it.
        }

        string old = directory;
        if (!Path.GetFileName(directory).StartsWith(OldPrefix, StringComparison.Ordinal))
        {
            old = _folder + "/" + OldPrefix + Guid.NewGuid().ToString("N")[..16];
            Files.Rename(directory, old);
        }

        Remove(old, destroy);
        return true;
    }

    private static void Remove(string directory, Action<string> destroy)
    {
        destroy(directory + "/" + Tree);
        FileTree.Remove(directory);
    }
}
