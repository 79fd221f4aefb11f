using Containers.Engine.Images;
using Containers.Engine.Linux;
using Containers.Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Building.Execution;

/// <summary>
/// Archives that ADD unpacks. Every name is taken apart and looked up in the target as a copy's are, so that neither ".." nor a link in the
/// archive or in the image leads anywhere else (CVE-2018-15664 and its kin); what the store takes apart in the end is the engine's own archive.
/// </summary>
internal static class LocalArchive
{
    private const int MaxDepth = 512;

    /// <summary>Whether a file is a tar, plain or compressed with gzip, bzip2, xz or zstd. Names say nothing: only the content does.</summary>
    internal static bool IsArchive(int parent, ScannedNode file)
    {
        if (file.Type != Libc.S_IFREG || file.Status.stx_size < 2)
        {
            return false;
        }

        using FileStream stream = Open(parent, file);
        try
        {
            _ = Decompression.Open(stream, out Stream content);
            using (content)
            {
                byte[] header = new byte[TarFormat.BlockSize];
                int got = content.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
                return got == header.Length && TarFormat.IsHeader(header);
            }
        }
        catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException or LinuxException))
        {
            return false; // Compressed, or looking like it, but no tar: docker copies it as it is.
        }
    }

    internal static void Unpack(
        int parent, ScannedNode file, TargetTree target, TargetDirectory into, TarWriter writer, long latest, CancellationToken cancel)
    {
        using FileStream stream = Open(parent, file);
        _ = Decompression.Open(stream, out Stream content);
        using (content)
        {
            TarReader reader = new(content);
            EntryPath path = new();
            EntryPath link = new();
            target.Require(into);

            // --chown is for the directory that is unpacked into: what is in an archive has its own owners, and what it only has in its paths is root's.
            (uint, uint) owner = target.Owner;
            target.Owner = (0, 0);
            while (reader.Next() is { } entry)
            {
                cancel.ThrowIfCancellationRequested();
                path.Set(entry.Name.Span, MaxDepth);
                if (!path.IsRoot)
                {
                    Write(entry, reader, target, into, path, link, writer, latest);
                }
            }

            target.Owner = owner;
        }
    }

    private static void Write(
        TarEntry entry, TarReader reader, TargetTree target, TargetDirectory into, EntryPath path, EntryPath link, TarWriter writer, long latest)
    {
        TargetDirectory directory = into;
        foreach (Range part in path.Parent.Split((byte)'/'))
        {
            ReadOnlySpan<byte> name = path.Parent[part];
            if (!name.IsEmpty)
            {
                directory = target.Enter(directory, name) ?? throw ImageErrors.Unsafe(entry.Name.Span, "a file is where it has a directory");
            }
        }

        if (path.Name.StartsWith(".wh."u8))
        {
            throw ImageErrors.Unsafe(entry.Name.Span, "names that begin with .wh. mean removed files in an image");
        }

        if (entry.Type == TarEntryType.Directory)
        {
            TargetDirectory own = target.Enter(directory, path.Name) ?? throw ImageErrors.Unsafe(entry.Name.Span, "a file is where it has a directory");
            target.BeginDirectory(own);
            Describe(entry, target.Entry, latest);
            target.WriteDirectory(own);
            return;
        }

        if (target.Look(directory, path.Name, out _, out _) == TargetTree.Found.Directory)
        {
            throw CopyWriter.Conflict(directory, path.Name, "a file cannot replace a directory");
        }

        target.BeginFile(directory, path.Name, entry.Type);
        Describe(entry, target.Entry, latest);
        switch (entry.Type)
        {
            case TarEntryType.File:
                target.Entry.Size = entry.Size;
                target.Write();
                WriteContent(entry, reader, writer);
                break;
            case TarEntryType.HardLink:
                link.Set(entry.LinkName.Span, MaxDepth);
                target.Entry.LinkName.Set(into.Path);
                target.Entry.LinkName.Append(link.Path);
                target.Write();
                break;
            default:
                target.Entry.LinkName.Set(entry.LinkName.Span);
                target.Write();
                break;
        }
    }

    private static void Describe(TarEntry from, TarEntry to, long latest)
    {
        to.Mode = from.Mode;
        to.Uid = from.Uid;
        to.Gid = from.Gid;
        to.Seconds = Math.Min(from.Seconds, latest);
        to.DeviceMajor = from.DeviceMajor;
        to.DeviceMinor = from.DeviceMinor;
        to.Attributes.AddRange(from.Attributes.Where(attribute => AttributePolicy.IsKept(attribute.Name)));
    }

    private static void WriteContent(TarEntry entry, TarReader reader, TarWriter writer)
    {
        if (entry.Size == 0)
        {
            return;
        }

        IEnumerable<SparseSegment> segments = entry.IsSparse ? entry.Segments : [new SparseSegment(0, entry.Size)];
        byte[] zeros = new byte[64 * 1024];
        long position = 0;
        foreach (SparseSegment segment in segments)
        {
            position = Fill(segment.Offset);
            long end = segment.Offset + segment.Length;
            while (position < end)
            {
                ReadOnlySpan<byte> piece = reader.ReadData(end - position);
                if (piece.IsEmpty)
                {
                    throw ImageErrors.DamagedArchive("a file is shorter than it says");
                }

                writer.WriteData(piece);
                position += piece.Length;
            }
        }

        _ = Fill(entry.Size);
        writer.EndData();

        long Fill(long until)
        {
            while (position < until)
            {
                int step = (int)Math.Min(zeros.Length, until - position);
                writer.WriteData(zeros.AsSpan(0, step));
                position += step;
            }

            return position;
        }
    }

    private static FileStream Open(int parent, ScannedNode file)
    {
        int fd = TreeDirectory.TryOpen(parent, file.Name, Libc.O_NONBLOCK | Libc.O_NOCTTY, file.BareName);
        if (fd < 0)
        {
            throw FileContent.Changed(file.BareName);
        }

        SafeFileHandle handle = new(fd, ownsHandle: true);
        if (TreeScanner.IsSame(TreeDirectory.Status(fd, file.BareName), file.Status))
        {
            return new FileStream(handle, FileAccess.Read);
        }

        handle.Dispose();
        throw FileContent.Changed(file.BareName);
    }
}
