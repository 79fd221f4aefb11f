using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>Regular files: content, holes, owner, attributes, mode and time, in the order that the kernel needs.</summary>
internal sealed unsafe partial class LayerExtractor
{
    // Looking for zeros pays only where a hole saves something.
    private const int HoleSize = 32 * 1024;
    private const int MinimumSizeForHoles = 2 * HoleSize;

    private void ExtractFile(int parent, byte* name, TarEntry entry, TarReader reader)
    {
        const int Flags = Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_CLOEXEC;
        int fd;
        while ((fd = Libc.openat(parent, name, Flags | Libc.O_NOFOLLOW, 0x180)) < 0)
        {
            RetryAfterClearing(parent, name, "openat");
        }

        try
        {
            if (entry.IsSparse)
            {
                foreach (SparseSegment segment in entry.Segments)
                {
                    Copy(fd, reader, segment.Offset, segment.Length, lookForHoles: false);
                }

                SetLength(fd, entry.Size);
            }
            else if (entry.Size > 0)
            {
                bool holes = entry.Size >= MinimumSizeForHoles;
                if (Copy(fd, reader, 0, entry.Size, holes) != entry.Size)
                {
                    SetLength(fd, entry.Size);
                }
            }

            ContentBytes += entry.Size;
            _index?.Content(_parents.Real(_path.Parent), _path.Name, entry);

            // chown clears setuid bits, and chown and write clear security.capability: owner first, then attributes, then mode.
            ChangeOwner(fd, entry, _path);
            SetAttributes(fd, entry, _path);
            if (Libc.fchmod(fd, entry.Mode) != 0)
            {
                throw Failed("fchmod", _path);
            }

            Libc.timespec* times = stackalloc Libc.timespec[2];
            Fill(times, entry.Seconds, entry.Nanoseconds);
            byte empty = 0;
            if (Libc.utimensat(fd, &empty, times, Libc.AT_EMPTY_PATH) != 0)
            {
                throw Failed("utimensat", _path);
            }
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    private static void Fill(Libc.timespec* times, long seconds, uint nanoseconds)
    {
        times[0] = new Libc.timespec { tv_sec = seconds, tv_nsec = nanoseconds };
        times[1] = times[0];
    }

    /// <summary>Copies data to an offset; returns the end of the last byte written.</summary>
    private long Copy(int fd, TarReader reader, long offset, long length, bool lookForHoles)
    {
        long end = offset + length;
        long written = offset;
        while (offset < end)
        {
            ReadOnlySpan<byte> piece = reader.ReadData(end - offset);
            if (piece.IsEmpty)
            {
                throw ImageErrors.DamagedArchive("a file is shorter than it says");
            }

            if (lookForHoles)
            {
                WriteWithHoles(fd, piece, offset, ref written);
            }
            else
            {
                Write(fd, piece, offset);
                written = offset + piece.Length;
            }

            offset += piece.Length;
        }

        return written;
    }

    private void WriteWithHoles(int fd, ReadOnlySpan<byte> piece, long offset, ref long written)
    {
        int start = 0;
        int position = 0;
        while (position < piece.Length)
        {
            // Steps end on multiples of HoleSize in the file, so that holes are whole pages; the pieces of a read may cut one.
            int step = (int)Math.Min(piece.Length - position, HoleSize - ((offset + position) & (HoleSize - 1)));
            if (piece.Slice(position, step).IndexOfAnyExcept((byte)0) < 0)
            {
                if (position > start)
                {
                    Write(fd, piece[start..position], offset + start);
                    written = offset + position;
                }

                start = position + step;
            }

            position += step;
        }

        if (start < piece.Length)
        {
            Write(fd, piece[start..], offset + start);
            written = offset + piece.Length;
        }
    }

    private void Write(int fd, ReadOnlySpan<byte> data, long offset)
    {
        _uncheckedBytes += data.Length;
        if (_uncheckedBytes >= SpaceCheckInterval)
        {
            _uncheckedBytes = 0;
            CheckSpace();
        }

        fixed (byte* start = data)
        {
            int done = 0;
            while (done < data.Length)
            {
                nint count = Libc.pwrite(fd, start + done, (nuint)(data.Length - done), offset + done);
                if (count < 0)
                {
                    if (Errno.Last == Errno.EINTR)
                    {
                        continue;
                    }

                    throw Failed("write", _path);
                }

                done += (int)count;
            }
        }
    }

    private void SetLength(int fd, long length)
    {
        if (Libc.ftruncate(fd, length) != 0)
        {
            throw Failed("ftruncate", _path);
        }
    }

    private void ChangeOwner(int fd, TarEntry entry, EntryPath path)
    {
        // What we create is ours already: most of an image belongs to root.
        if (entry.Uid == _user && entry.Gid == 0 && _user == 0 && !path.IsRoot && entry.Type == TarEntryType.File)
        {
            return;
        }

        byte empty = 0;
        if (Libc.fchownat(fd, &empty, entry.Uid, entry.Gid, Libc.AT_EMPTY_PATH) != 0)
        {
            throw Failed("fchownat", path);
        }
    }

    private void ChangeOwnerByName(int parent, byte* name, TarEntry entry)
    {
        if (Libc.fchownat(parent, name, entry.Uid, entry.Gid, Libc.AT_SYMLINK_NOFOLLOW) != 0)
        {
            throw Failed("fchownat", _path);
        }
    }

    private void SetTimesByName(int parent, byte* name, TarEntry entry)
    {
        Libc.timespec* times = stackalloc Libc.timespec[2];
        Fill(times, entry.Seconds, entry.Nanoseconds);
        if (Libc.utimensat(parent, name, times, Libc.AT_SYMLINK_NOFOLLOW) != 0)
        {
            throw Failed("utimensat", _path);
        }
    }

    private void SetAttributes(int fd, TarEntry entry, EntryPath path)
    {
        foreach (ExtendedAttribute attribute in entry.Attributes)
        {
            if (!AttributePolicy.IsKept(attribute.Name))
            {
                continue;
            }

            fixed (byte* name = NativePath.From(attribute.Name), value = attribute.Value)
            {
                if (Libc.fsetxattr(fd, name, value, (nuint)attribute.Value.Length, 0) == 0)
                {
                    continue;
                }
            }

            // A file system without such attributes (an old tmpfs) can still hold the image, as docker has it.
            if (Errno.Last != Errno.EOPNOTSUPP)
            {
                throw Failed("fsetxattr", path);
            }

            LostAttributes++;
        }
    }
}
