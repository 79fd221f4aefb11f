using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Linux;
using Containers.Engine.Storage;

namespace Containers.Engine.Building.Execution;

/// <summary>
/// The root that is copied into, as it is below the new layer. Links are resolved here, name by name, and never leave it (CVE-2022-4122). A
/// directory that gets something is written into the layer first, as it was: overlay shows the uppermost one's owner, mode and attributes.
/// </summary>
/// <param name="root">The layers below; null for none, and for a copy that is independent of them.</param>
/// <param name="writer">The new layer.</param>
/// <param name="owner">Of directories that are made on the way, at first.</param>
/// <param name="now">Time of directories that are made on the way: seconds since 1970.</param>
/// <param name="latest">Later times are written as this one.</param>
internal sealed unsafe class TargetTree(RootedDirectory? root, TarWriter writer, (uint Uid, uint Gid) owner, long now, long latest)
{
    private const int MaxLinks = 255;

    private readonly TarEntry _entry = new();

    private int _links;

    /// <summary>The entry that callers fill before <see cref="Write"/>.</summary>
    internal TarEntry Entry => _entry;

    internal TargetDirectory Root { get; } = new() { Parent = null, Path = [], Exists = root is not null };

    /// <summary>Something was written.</summary>
    internal bool Any { get; private set; }

    internal long Latest => latest;

    /// <summary>Whose the directories are that are made on the way.</summary>
    internal (uint Uid, uint Gid) Owner { get; set; } = owner;

    /// <summary>What is at a name.</summary>
    internal enum Found
    {
        Nothing,
        Directory,
        Link,
        Other,
    }

    /// <summary>The directory of a path, links followed; what is missing will be made when something is written into it.</summary>
    /// <returns>Null where a file stands in the way.</returns>
    internal TargetDirectory? Walk(TargetDirectory from, string path)
    {
        _links = 0;
        return Follow(from, path);
    }

    /// <summary>Whether a path is a directory by now, links followed.</summary>
    internal bool IsDirectory(string path)
    {
        _links = 0;
        return Follow(Root, path, mustExist: true) is not null;
    }

    /// <summary>Looks a name up.</summary>
    /// <param name="directory">The directory itself where it is one.</param>
    internal Found Look(TargetDirectory parent, ReadOnlySpan<byte> name, out TargetDirectory? directory, out byte[] link)
    {
        link = [];
        string text = Key(name);
        if (parent.Made.TryGetValue(text, out directory))
        {
            return directory is null ? Found.Other : Found.Directory;
        }

        if (root is null || !parent.Exists)
        {
            return Found.Nothing;
        }

        byte[] native = NativePath.From(name);
        int fd = Open(parent);
        try
        {
            if (!TreeDirectory.TryStat(fd, native, parent.Path, out Libc.statx_t status))
            {
                return Found.Nothing;
            }

            switch (status.stx_mode & Libc.S_IFMT)
            {
                case Libc.S_IFDIR:
                    directory = new TargetDirectory { Parent = parent, Path = [.. parent.Path, .. name, (byte)'/'], Exists = true };
                    parent.Made[text] = directory;
                    return Found.Directory;
                case Libc.S_IFLNK:
                    link = TreeDirectory.ReadLink(fd, native);
                    return Found.Link;
                default:
                    return Found.Other;
            }
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    /// <summary>A directory below another one, links followed; a missing one is not written yet.</summary>
    /// <returns>Null where something else is there.</returns>
    internal TargetDirectory? Enter(TargetDirectory parent, ReadOnlySpan<byte> name) => Look(parent, name, out TargetDirectory? directory, out byte[] link) switch
    {
        Found.Directory => directory,
        Found.Link => Resolve(parent, link),
        Found.Nothing => Make(parent, name),
        _ => null,
    };

    /// <summary>Writes a directory and those above it, as they are, or as directories on the way are made.</summary>
    internal void Require(TargetDirectory directory)
    {
        if (directory.Written)
        {
            return;
        }

        if (directory.Parent is not null)
        {
            Require(directory.Parent);
        }

        if (directory.Parent is null && !directory.Exists)
        {
            directory.Written = true; // The root of an image without anything is what the store makes it.
            return;
        }

        Begin(TarEntryType.Directory, directory.Path);
        if (directory.Exists)
        {
            int fd = Open(directory);
            try
            {
                Libc.statx_t status = TreeDirectory.Status(fd, directory.Path);
                _entry.Mode = status.stx_mode & 0xFFFu;
                _entry.Uid = status.stx_uid;
                _entry.Gid = status.stx_gid;
                _entry.Seconds = Math.Min(status.stx_mtime.tv_sec, latest);
                FileAttributesReader.Read(fd, directory.Path, _entry.Attributes);
            }
            finally
            {
                _ = Libc.close(fd);
            }
        }
        else
        {
            _entry.Mode = 0x1ED;
            (_entry.Uid, _entry.Gid) = Owner;
            _entry.Seconds = Math.Min(now, latest);
        }

        WriteDirectory(directory);
    }

    /// <summary>Begins an entry for the directory itself, with a source's metadata instead of its own; its parents are written.</summary>
    internal void BeginDirectory(TargetDirectory directory)
    {
        if (directory.Parent is not null)
        {
            Require(directory.Parent);
        }

        Begin(TarEntryType.Directory, directory.Path);
    }

    internal void WriteDirectory(TargetDirectory directory)
    {
        if (directory.Path.Length == 0)
        {
            _entry.Name.Set("./"u8);
        }

        directory.Written = true;
        if (directory.Parent is not null)
        {
            directory.Parent.Made[Key(NameOf(directory))] = directory;
        }

        Write();
    }

    /// <summary>Begins an entry for something that is no directory; its parents are written. What was there is replaced.</summary>
    internal void BeginFile(TargetDirectory parent, ReadOnlySpan<byte> name, TarEntryType type)
    {
        Require(parent);
        Begin(type, parent.Path);
        _entry.Name.Append(name);
        parent.Made[Key(name)] = null;
    }

    internal void Write()
    {
        Any = true;
        writer.WriteEntry(_entry);
    }

    /// <summary>Names may be any bytes: each byte is one character here.</summary>
    private static string Key(ReadOnlySpan<byte> name) => Encoding.Latin1.GetString(name);

    private static ReadOnlySpan<byte> NameOf(TargetDirectory directory) => directory.Path.AsSpan(directory.Parent!.Path.Length).TrimEnd((byte)'/');

    private void Begin(TarEntryType type, ReadOnlySpan<byte> path)
    {
        _entry.Clear();
        _entry.Type = type;
        _entry.Name.Set(path);
    }

    private static TargetDirectory Make(TargetDirectory parent, ReadOnlySpan<byte> name)
    {
        TargetDirectory made = new() { Parent = parent, Path = [.. parent.Path, .. name, (byte)'/'], Exists = false };
        parent.Made[Key(name)] = made;
        return made;
    }

    private TargetDirectory? Resolve(TargetDirectory from, byte[] link) => ++_links > MaxLinks ? null : Follow(from, NativePath.ToText(link));

    private TargetDirectory? Follow(TargetDirectory from, string path, bool mustExist = false)
    {
        TargetDirectory? current = path.StartsWith('/') ? Root : from;
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".")
            {
                continue;
            }

            if (part == "..")
            {
                current = current!.Parent ?? Root;
                continue;
            }

            byte[] name = Encoding.UTF8.GetBytes(part);
            if (mustExist)
            {
                Found found = Look(current!, name, out TargetDirectory? directory, out byte[] link);
                current = found == Found.Directory ? directory
                    : found == Found.Link && ++_links <= MaxLinks ? Follow(current!, NativePath.ToText(link), mustExist: true)
                    : null;
            }
            else
            {
                current = Enter(current!, name);
            }

            if (current is null)
            {
                return null;
            }
        }

        return current;
    }

    /// <summary>The layers below do not change while they are held: a path without links is the same directory each time.</summary>
    private int Open(TargetDirectory directory)
    {
        Libc.open_how how = new()
        {
            flags = (ulong)(uint)(Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC),
            resolve = Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_SYMLINKS,
        };
        fixed (byte* path = directory.Path.Length == 0 ? NativePath.From("."u8) : NativePath.From(directory.Path.AsSpan()))
        {
            int fd = Libc.openat2((int)root!.Handle.DangerousGetHandle(), path, &how);
            return fd >= 0 ? fd : throw new LinuxException("openat2", NativePath.ToText(directory.Path), Errno.Last);
        }
    }
}
