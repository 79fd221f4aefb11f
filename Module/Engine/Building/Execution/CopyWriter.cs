using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;
using Containers.Engine.Linux;
using Containers.Engine.Storage;

namespace Containers.Engine.Building.Execution;

/// <summary>What is written instead of what the source has.</summary>
/// <param name="Owner">Of everything; null for what the sources have.</param>
/// <param name="Mode">Null for what the sources have.</param>
internal sealed record CopyChange((uint Uid, uint Gid)? Owner, ModeChange? Mode);

/// <summary>
/// Writes scanned trees into a layer: sorted, whole seconds, hard links to the first name met, as commits have it. Every file must still be
/// what the scan read, so that a layer is never kept under the name of other content.
/// </summary>
internal sealed class CopyWriter(TargetTree target, TarWriter writer, CopyChange change, CancellationToken cancel)
{
    private const int ReadSize = 256 * 1024;

    private readonly Dictionary<(ulong Inode, uint Major, uint Minor), byte[]> _linked = [];
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(ReadSize);

    /// <summary>Copies what is in a directory into another one. The directory itself is not copied: a target that is not there is a new directory.</summary>
    /// <param name="parent">The directory that holds the source.</param>
    /// <param name="itself">The target is the directory itself, and has its metadata where it is not there.</param>
    internal void CopyContents(int parent, ScannedNode source, TargetDirectory into, bool itself = false)
    {
        if (itself && !into.Exists && !into.Written && !source.OnlyForChildren)
        {
            WriteDirectory(source, into);
        }
        else
        {
            target.Require(into);
        }

        CopyChildren(parent, source, into);
    }

    /// <summary>Copies a file, link or node to a name.</summary>
    internal void CopyFile(int parent, ScannedNode source, TargetDirectory into, ReadOnlySpan<byte> name)
    {
        if (name.StartsWith(".wh."u8))
        {
            string path = NativePath.ToText(name);
            throw new EngineException(
                EngineErrorKind.InvalidOperation, "ReservedFileName",
                $"The file '{path}' cannot be kept in an image: names that begin with .wh. mean removed files there.", path, "Rename it, or leave it out.");
        }

        if (target.Look(into, name, out _, out _) == TargetTree.Found.Directory)
        {
            throw Conflict(into, name, "a file cannot replace a directory");
        }

        if (source.Type != Libc.S_IFREG)
        {
            WriteNode(source, into, name);
            return;
        }

        int fd = TreeDirectory.TryOpen(parent, source.Name, Libc.O_NONBLOCK | Libc.O_NOCTTY, source.BareName);
        if (fd < 0)
        {
            throw FileContent.Changed(source.BareName);
        }

        try
        {
            Unchanged(fd, source);
            if (WriteAsLink(source, into, name))
            {
                return;
            }

            target.BeginFile(into, name, TarEntryType.File);
            Describe(source);
            target.Entry.Size = (long)source.Status.stx_size;
            target.Entry.Attributes.AddRange(source.Attributes);
            byte[] path = target.Entry.Name.Span.ToArray();
            target.Write();
            FileContent.Copy(fd, (long)source.Status.stx_size, writer, _buffer, path, cancel);
            Unchanged(fd, source);
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    private void CopyChildren(int parent, ScannedNode source, TargetDirectory into)
    {
        int fd = TreeDirectory.TryOpen(parent, source.Name, Libc.O_DIRECTORY, source.BareName);
        if (fd < 0)
        {
            throw FileContent.Changed(source.BareName);
        }

        try
        {
            foreach (ScannedNode child in source.Children!)
            {
                cancel.ThrowIfCancellationRequested();
                if (!child.IsDirectory)
                {
                    CopyFile(fd, child, into, child.BareName);
                    continue;
                }

                TargetDirectory directory = target.Enter(into, child.BareName)
                    ?? throw Conflict(into, child.BareName, "a directory cannot replace a file");
                if (child.OnlyForChildren)
                {
                    target.Require(directory);
                }
                else
                {
                    WriteDirectory(child, directory);
                }

                CopyChildren(fd, child, directory);
            }
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    /// <summary>A directory with the source's metadata, also where it is there already.</summary>
    internal void WriteDirectory(ScannedNode source, TargetDirectory directory)
    {
        target.BeginDirectory(directory);
        Describe(source);
        target.Entry.Attributes.AddRange(source.Attributes);
        target.WriteDirectory(directory);
    }

    private void WriteNode(ScannedNode source, TargetDirectory into, ReadOnlySpan<byte> name)
    {
        if (source.Type != Libc.S_IFLNK && WriteAsLink(source, into, name))
        {
            return;
        }

        target.BeginFile(into, name, source.Type switch
        {
            Libc.S_IFLNK => TarEntryType.SymbolicLink,
            Libc.S_IFCHR => TarEntryType.CharacterDevice,
            Libc.S_IFBLK => TarEntryType.BlockDevice,
            _ => TarEntryType.Fifo,
        });
        Describe(source);
        if (source.Type == Libc.S_IFLNK)
        {
            target.Entry.Mode = 0x1FF; // chmod(1) does not touch links either.
            target.Entry.LinkName.Set(source.Link);
        }
        else if (source.Type is Libc.S_IFCHR or Libc.S_IFBLK)
        {
            target.Entry.DeviceMajor = source.Status.stx_rdev_major;
            target.Entry.DeviceMinor = source.Status.stx_rdev_minor;
        }

        target.Write();
    }

    private bool WriteAsLink(ScannedNode source, TargetDirectory into, ReadOnlySpan<byte> name)
    {
        if (source.Status.stx_nlink < 2)
        {
            return false;
        }

        byte[] path = [.. into.Path, .. name];
        (ulong, uint, uint) key = (source.Status.stx_ino, source.Status.stx_dev_major, source.Status.stx_dev_minor);
        if (!_linked.TryGetValue(key, out byte[]? first))
        {
            _linked[key] = path;
            return false;
        }

        if (first.AsSpan().SequenceEqual(path))
        {
            return false; // The same file once more: it replaces itself.
        }

        target.BeginFile(into, name, TarEntryType.HardLink);
        Describe(source);
        target.Entry.LinkName.Set(first);
        target.Write();
        return true;
    }

    private void Describe(ScannedNode source)
    {
        Libc.statx_t status = source.Status;
        TarEntry entry = target.Entry;
        uint mode = status.stx_mode & 0xFFFu;
        entry.Mode = change.Mode?.Apply(mode, source.IsDirectory) ?? mode;
        (entry.Uid, entry.Gid) = change.Owner ?? (status.stx_uid, status.stx_gid);
        entry.Seconds = Math.Min(status.stx_mtime.tv_sec, target.Latest);
    }

    private static void Unchanged(int fd, ScannedNode source)
    {
        if (!TreeScanner.IsSame(TreeDirectory.Status(fd, source.BareName), source.Status))
        {
            throw FileContent.Changed(source.BareName);
        }
    }

    internal static EngineException Conflict(TargetDirectory into, ReadOnlySpan<byte> name, string why)
    {
        string path = "/" + NativePath.ToText(into.Path) + NativePath.ToText(name);
        return new EngineException(
            EngineErrorKind.InvalidOperation, "CopyConflict", $"'{path}' cannot be written: {why}.", path,
            "Choose another destination, or remove what is there with a RUN before.");
    }
}
