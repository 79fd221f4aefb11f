using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// A name belongs to whoever creates the file named after it; the file holds the owner's id. Nobody can get a name twice, from however
/// many sessions, and a name whose owner is gone (a session or monitor killed in between) is free again.
/// </summary>
internal sealed class NameReservations(EnginePaths paths)
{
    /// <returns>False when the name belongs to a container that exists.</returns>
    internal bool TryReserve(string name, string id)
    {
        string path = paths.Name(name);
        while (true)
        {
            int fd = Files.Open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, 0x180);
            if (fd >= 0)
            {
                using FileStream file = new(new Microsoft.Win32.SafeHandles.SafeFileHandle(fd, true), FileAccess.Write, 0);
                file.Write(Encoding.ASCII.GetBytes(id));
                return true;
            }

            if (fd != -Errno.EEXIST)
            {
                throw new LinuxException("open", path, -fd);
            }

            if (!TryFreeStale(path))
            {
                return false;
            }
        }
    }

    /// <returns>The id of the name's owner, or null.</returns>
    internal string? Owner(string name)
    {
        try
        {
            return File.ReadAllText(paths.Name(name)).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    internal void Release(string name, string id)
    {
        // As in TryFreeStale: the owner is gone already, and another session may free and take the name between the look and the deletion.
        using FileLock? turn = FileLock.TryTake(paths.Names + "/.lock", TimeSpan.FromSeconds(10), CancellationToken.None);
        if (turn is not null && Owner(name) == id)
        {
            File.Delete(paths.Name(name));
        }
    }

    /// <summary>Frees the names of a container whose own record cannot be read, or that is gone already.</summary>
    internal void ReleaseAll(string id)
    {
        if (!Directory.Exists(paths.Names))
        {
            return;
        }

        foreach (string name in Directory.EnumerateFiles(paths.Names).Select(path => Path.GetFileName(path)).Where(name => name != ".lock"))
        {
            if (Owner(name) == id)
            {
                Release(name, id);
            }
        }
    }

    private bool TryFreeStale(string path)
    {
        // One at a time: between reading and deleting, another session could have freed and taken the name.
        using FileLock? turn = FileLock.TryTake(paths.Names + "/.lock", TimeSpan.FromSeconds(10), CancellationToken.None);
        if (turn is null || !File.Exists(path))
        {
            return turn is not null;
        }

        string owner = File.ReadAllText(path).Trim();
        bool written = owner.Length == 64;

        // In this order: a container that is renamed between the two looks is found by the second.
        if (written && (Directory.Exists(paths.NewContainer(owner)) || Directory.Exists(paths.Container(owner))))
        {
            return false;
        }

        if (!written && DateTime.UtcNow - File.GetLastWriteTimeUtc(path) < TimeSpan.FromSeconds(10))
        {
            return false; // Created this moment, its owner not written yet.
        }

        File.Delete(path);
        return true;
    }
}
