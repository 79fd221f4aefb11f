using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>
/// Makes a layer's archive again from its index and its files. Files are opened below the layer's root without following a link
/// anywhere. Whether the bytes are the right ones only their digest says.
/// </summary>
internal sealed unsafe class TarRebuilder : IDisposable
{
    private readonly string _directory;
    private readonly SafeFileHandle _files;
    private readonly SafeFileHandle? _lostFolder;
    private readonly ParentCache _parents;
    private readonly ParentCache _lostParents;
    private readonly LostContents? _lost;

    /// <param name="directory">The layer's directory.</param>
    /// <exception cref="LinuxException">Something of the layer cannot be opened.</exception>
    /// <exception cref="InvalidDataException">The index is damaged.</exception>
    internal TarRebuilder(string directory)
    {
        _directory = directory;
        _files = SmallFile.OpenDirectory(Path.Join(directory, "fs"));
        _parents = new ParentCache((int)_files.DangerousGetHandle());
        string lost = Path.Join(directory, LostFiles.FolderName);
        if (Directory.Exists(lost))
        {
            _lostFolder = SmallFile.OpenDirectory(lost);
            _lost = LostContents.Read(OpenIndex);
        }

        _lostParents = new ParentCache(_lostFolder is null ? -1 : (int)_lostFolder.DangerousGetHandle());
    }

    /// <summary>The producer of a pipe: everything up to the end of the archive.</summary>
    /// <exception cref="LayerDamage">A file is missing, or is none, or has another length.</exception>
    internal void Write(BlockPipe pipe)
    {
        using TarIndexReader index = OpenIndex();
        long content = 0;
        while (true)
        {
            switch (index.Next())
            {
                case TarIndexFormat.End:
                    return;
                case TarIndexFormat.Raw:
                    pipe.Writer.Write(index.RawBytes);
                    break;
                case TarIndexFormat.Content or TarIndexFormat.Parts:
                    WriteFile(pipe, index, _lost?.Find(content++));
                    break;
            }
        }
    }

    public void Dispose()
    {
        _parents.Dispose();
        _lostParents.Dispose();
        _files.Dispose();
        _lostFolder?.Dispose();
    }

    private static void WritePart(BlockPipe pipe, int fd, SparseSegment part, ReadOnlySpan<byte> path)
    {
        long offset = part.Offset;
        long end = part.Offset + part.Length;
        while (offset < end)
        {
            Span<byte> room = pipe.GetSpan();
            nint got;
            fixed (byte* start = room)
            {
                got = Libc.pread(fd, start, (nuint)Math.Min(room.Length, end - offset), offset);
            }

            if (got < 0)
            {
                if (Errno.Last == Errno.EINTR)
                {
                    continue;
                }

                throw new LinuxException("read", NativePath.ToText(path), Errno.Last);
            }

            if (got == 0)
            {
                throw LayerDamage.Of(path, "is shorter than it was");
            }

            pipe.Advance((int)got);
            offset += got;
        }
    }

    private TarIndexReader OpenIndex()
    {
        string path = Path.Join(_directory, TarIndexFormat.FileName);
        fixed (byte* native = NativePath.From(path))
        {
            int fd = Libc.openat(Libc.AT_FDCWD, native, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
            if (fd < 0)
            {
                throw new LinuxException("open", path, Errno.Last);
            }

            FileStream file = new(new SafeFileHandle(fd, ownsHandle: true), FileAccess.Read, 1);
            try
            {
                return new TarIndexReader(file);
            }
            catch (InvalidDataException)
            {
                file.Dispose();
                throw;
            }
        }
    }

    private void WriteFile(BlockPipe pipe, TarIndexReader index, byte[]? lost)
    {
        int fd = lost is null
            ? Open(_parents, (int)_files.DangerousGetHandle(), index.PathBytes, index.PathLength)
            : Open(_lostParents, (int)_lostFolder!.DangerousGetHandle(), NativePath.From(lost), lost.Length);
        if (fd < 0)
        {
            throw Errno.Last is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.EXDEV or Errno.ENXIO
                ? LayerDamage.Of(index.Path, "is missing")
                : new LinuxException("open", NativePath.ToText(index.Path), Errno.Last);
        }

        try
        {
            Libc.statx_t status;
            byte empty = 0;
            if (Libc.statx(fd, &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) != 0)
            {
                throw new LinuxException("statx", NativePath.ToText(index.Path), Errno.Last);
            }

            if ((status.stx_mode & Libc.S_IFMT) != Libc.S_IFREG)
            {
                throw LayerDamage.Of(index.Path, "is missing");
            }

            if (status.stx_size != (ulong)index.Number)
            {
                throw LayerDamage.Of(index.Path, $"has {status.stx_size} bytes, not {index.Number}");
            }

            foreach (SparseSegment part in index.Parts)
            {
                WritePart(pipe, fd, part, index.Path);
            }
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    /// <summary>Opens a file by a zero-terminated path; -1 with errno. Devices and fifos open without effect or not at all.</summary>
    private static int Open(ParentCache cache, int root, byte[] path, int length)
    {
        int slash = path.AsSpan(0, length).LastIndexOf((byte)'/');
        ReadOnlySpan<byte> parent = path.AsSpan(0, Math.Max(slash, 0));
        fixed (byte* bytes = path)
        {
            if (!cache.TryGet(parent, out int directory))
            {
                path[slash] = 0;
                directory = RealPath.TryOpenDirectory(root, bytes);
                path[slash] = (byte)'/';
                if (directory < 0)
                {
                    return -1;
                }

                cache.Set(parent, directory, null);
            }

            const int Flags = Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY;
            return Libc.openat(directory, bytes + slash + 1, Flags | Libc.O_NOFOLLOW, 0);
        }
    }
}
