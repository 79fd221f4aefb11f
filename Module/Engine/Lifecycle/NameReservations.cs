using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// A name belongs to whoever makes the file named after it (link(2) makes it once); the file holds the owner's id. Nobody can get a name twice, from however
/// many sessions, and a name whose owner is gone (a session or monitor killed in between) is free again.
/// </summary>
internal sealed class NameReservations(EnginePaths paths)
{
    /// <returns>False when the name belongs to a container that exists.</returns>
    internal bool TryReserve(string name, string id)
    {
        // Written under another name and linked, so that there is no moment in which the file is there without its owner: one that was left in
        // it would be nobody's. A session that is killed before the end of this leaves a file that ReleaseAll finds by its content.
        string mine = paths.Names + "/." + id;
        try
        {
            using (FileStream file = new(mine, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            {
                file.Write(Encoding.ASCII.GetBytes(id));
            }

            string path = paths.Name(name);
            while (true)
            {
                if (Files.TryLinkNew(mine, path))
                {
                    return true;
                }

                if (!TryFreeStale(path))
                {
                    return false;
                }
            }
        }
        finally
        {
            File.Delete(mine);
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

        // In this order: a container that is renamed between the two looks is found by the second. A file without an id is what a power cut left.
        string owner = File.ReadAllText(path).Trim();
        if (owner.Length == 64 && (Directory.Exists(paths.NewContainer(owner)) || Directory.Exists(paths.Container(owner))))
        {
            return false;
        }

        File.Delete(path);
        return true;
    }
}
