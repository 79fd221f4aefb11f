using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>
/// Copies the content of one file: shared with the source where the file system can (FICLONE), else inside the kernel (copy_file_range), else
/// by reading and writing. Holes stay holes.
/// </summary>
/// <param name="live">Somebody else may write to the source meanwhile: one that got shorter ends there, instead of being an error.</param>
/// <param name="progress">Told the bytes of each piece.</param>
internal sealed unsafe class FileCopier(CancellationToken cancel, bool live = false, Action<long>? progress = null)
{
    private const int BufferSize = 256 * 1024;

    /// <summary>How much the kernel copies before somebody looks whether it is still wanted.</summary>
    private const long Step = 64 << 20;

    private byte[]? _buffer;
    private bool _cannotClone;
    private bool _cannotCopy;

    internal void Copy(int from, int to, long size, ReadOnlySpan<byte> path)
    {
        if (size == 0 || Clone(from, to))
        {
            return;
        }

        long position = 0;
        while (position < size)
        {
            long data = Libc.lseek(from, position, Libc.SEEK_DATA);
            if (data < 0)
            {
                if (Errno.Last == Errno.ENXIO)
                {
                    break; // A hole to the end.
                }

                data = position;
            }

            long hole = Libc.lseek(from, data, Libc.SEEK_HOLE);
            long end = hole < 0 ? size : Math.Min(hole, size);
            long reached = CopyRange(from, to, data, end, path);
            position = end;
            if (reached < end)
            {
                size = reached;
            }
        }

        if (Libc.ftruncate(to, size) != 0)
        {
            throw new LinuxException("ftruncate", NativePath.ToText(path), Errno.Last);
        }
    }

    private bool Clone(int from, int to)
    {
        if (_cannotClone)
        {
            return false;
        }

        if (Libc.ioctl(to, Libc.FICLONE, from) == 0)
        {
            return true;
        }

        // Not this file system, or not across these two. A full disk shows again when data is written.
        _cannotClone = Errno.Last is Errno.EOPNOTSUPP or Errno.EXDEV or Errno.ENOTTY or Errno.EINVAL or Errno.ENOSYS;
        return false;
    }

    /// <returns>Where it ended: before the end only where the source did, too.</returns>
    private long CopyRange(int from, int to, long start, long end, ReadOnlySpan<byte> path)
    {
        while (start < end)
        {
            cancel.ThrowIfCancellationRequested();
            if (_cannotCopy)
            {
                long moved = Move(from, to, start, end, path);
                if (moved == 0)
                {
                    return start;
                }

                start += moved;
                continue;
            }

            long source = start;
            long target = start;
            nint copied = Libc.copy_file_range(from, &source, to, &target, (nuint)Math.Min(end - start, Step), 0);
            if (copied > 0)
            {
                start += copied;
                progress?.Invoke(copied);
            }
            else if (copied == 0 || Errno.Last is Errno.EXDEV or Errno.EOPNOTSUPP or Errno.EINVAL or Errno.ENOSYS or Errno.EPERM)
            {
                _cannotCopy = true;
            }
            else if (Errno.Last != Errno.EINTR)
            {
                throw new LinuxException("copy_file_range", NativePath.ToText(path), Errno.Last);
            }
        }

        return start;
    }

    private long Move(int from, int to, long start, long end, ReadOnlySpan<byte> path)
    {
        _buffer ??= GC.AllocateUninitializedArray<byte>(BufferSize);
        fixed (byte* buffer = _buffer)
        {
            nint got;
            do
            {
                got = Libc.pread(from, buffer, (nuint)Math.Min(end - start, BufferSize), start);
            }
            while (got < 0 && Errno.Last == Errno.EINTR);
            if (got == 0 && live)
            {
                return 0;
            }

            if (got <= 0)
            {
                throw new LinuxException("pread", NativePath.ToText(path), got < 0 ? Errno.Last : Errno.EIO);
            }

            for (nint done = 0; done < got;)
            {
                nint written = Libc.pwrite(to, buffer + done, (nuint)(got - done), start + done);
                if (written < 0 && Errno.Last != Errno.EINTR)
                {
                    throw new LinuxException("pwrite", NativePath.ToText(path), Errno.Last);
                }

                done += Math.Max(written, 0);
            }

            progress?.Invoke(got);
            return got;
        }
    }
}
