using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Events;

/// <summary>
/// Reads the events of a data root, oldest first, and follows them over rotation, deletion and damage. A file is held open until the next one
/// was found, so that its identity cannot be given to another.
/// </summary>
internal sealed class EventReader(string directory, EventQuery query)
{
    private const int BlockSize = 64 << 10;

    /// <summary>Looked at all the same when nothing was reported: where inotify has no watch left, and for an -Until.</summary>
    private const int LongestWait = 1000;

    private readonly string _current = directory + "/" + EventFile.Name;
    private readonly string _older = directory + "/" + EventFile.Name + EventFile.OlderSuffix;
    private byte[] _block = new byte[BlockSize];
    private int _held;
    private bool _skipping;
    private long _last;
    private long _after;

    internal IEnumerable<ContainerEvent> Read(CancellationToken cancel) =>
        query is { Tail: { } tail, Follow: false } ? Wanted(cancel).TakeLast(tail) : Wanted(cancel);

    private IEnumerable<ContainerEvent> Wanted(CancellationToken cancel)
    {
        DateTimeOffset since = query.Since ?? (query.Follow ? DateTimeOffset.UtcNow : DateTimeOffset.MinValue);
        foreach (ContainerEvent one in All(cancel))
        {
            if (one.Time > query.Until)
            {
                yield break; // Lines have the order of their times.
            }

            if (one.Time >= since && query.Filter?.Invoke(one) != false)
            {
                yield return one;
            }
        }
    }

    private IEnumerable<ContainerEvent> All(CancellationToken cancel)
    {
        // Watched before it is read, and the newer file opened before the older one: nothing falls in between.
        using DirectoryWatch? watch = query.Follow ? new DirectoryWatch(directory, cancel) : null;
        FileStream? file = TryOpen(_current);
        try
        {
            if (query is { Follow: true, Since: null })
            {
                if (file is not null)
                {
                    file.Position = Math.Max(0, file.Length - 1); // At the end of the last line: what is being written is whole when it is read.
                }
            }
            else if (TryOpen(_older) is { } older)
            {
                foreach (ContainerEvent one in IsSame(file, older) ? [] : ReadOn(older, cancel))
                {
                    yield return one;
                }

                older.Dispose();
                _held = 0;
            }

            while (true)
            {
                long after = 0;
                FileStream? next = query.Follow ? Next(file, out after) : null;
                foreach (ContainerEvent one in file is null ? [] : ReadOn(file, cancel))
                {
                    yield return one; // Whoever began the next file had seen this one complete.
                }

                if (next is not null)
                {
                    file?.Dispose();
                    file = next;
                    _after = after;
                    _held = 0;
                    _skipping = false;
                }
                else if (watch is null || query.Until <= DateTimeOffset.UtcNow)
                {
                    yield break;
                }
                else
                {
                    watch.Wait(query.Until is { } until
                        ? (int)Math.Clamp((until - DateTimeOffset.UtcNow).TotalMilliseconds + 1, 1, LongestWait) : LongestWait);
                    cancel.ThrowIfCancellationRequested();
                }
            }
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <param name="file">What is read now.</param>
    /// <param name="after">Of the next file only events after this time are news.</param>
    /// <returns>The file that comes after this one, or null when this is still the last, or there is none.</returns>
    private FileStream? Next(FileStream? file, out long after)
    {
        after = 0;
        FileStream? current = TryOpen(_current);
        if (file is null || current is null)
        {
            return current;
        }

        if (IsSame(file, current))
        {
            if (file.Length >= file.Position)
            {
                current.Dispose();
                return null;
            }

            if (file.Length < file.Position - _held)
            {
                return current; // Somebody emptied it: from its start again.
            }

            // A writer took back the half record that it could not finish.
            file.Position = file.Length;
            _held = 0;
            current.Dispose();
            return null;
        }

        // Two may have been begun while nobody looked here: then the older one of them comes first. Or ours was deleted, and the older one is
        // older than ours: of that one all was read before.
        if (TryOpen(_older) is { } older)
        {
            if (!IsSame(older, file) && !IsSame(older, current))
            {
                current.Dispose();
                after = _last;
                return older;
            }

            older.Dispose();
        }

        return current;
    }

    private static bool IsSame(FileStream? one, FileStream? other)
    {
        if (one is null || other is null)
        {
            return false;
        }

        Libc.statx_t a = RootedDirectory.StatHandle(one.SafeFileHandle, one.Name);
        Libc.statx_t b = RootedDirectory.StatHandle(other.SafeFileHandle, other.Name);
        return a.stx_ino == b.stx_ino && a.stx_dev_major == b.stx_dev_major && a.stx_dev_minor == b.stx_dev_minor;
    }

    /// <summary>The events from where the file's position is to its end.</summary>
    private IEnumerable<ContainerEvent> ReadOn(FileStream file, CancellationToken cancel)
    {
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            int got = file.Read(_block, _held, _block.Length - _held);
            if (got == 0)
            {
                yield break;
            }

            int end = _held + got;
            int start = 0;
            while (_block.AsSpan(start, end - start).IndexOf((byte)'\n') is >= 0 and int length)
            {
                ContainerEvent? one = _skipping ? null : EventText.TryParse(_block.AsSpan(start, length));
                _skipping = false;
                start += length + 1;
                if (one is not null && one.UnixTimeNanoseconds > _after)
                {
                    _last = one.UnixTimeNanoseconds;
                    yield return one;
                }
            }

            _held = end - start;
            _block.AsSpan(start, _held).CopyTo(_block);
            if (_held > EventFile.MaximumRecord * 2)
            {
                _held = 0; // No record is so long: garbage, up to the next line.
                _skipping = true;
            }
            else if (_held == _block.Length)
            {
                Array.Resize(ref _block, _block.Length * 2);
            }
        }
    }

    /// <summary>Not by FileStream's own open: it would take a shared flock(2), and keep writers from theirs.</summary>
    private static FileStream? TryOpen(string path)
    {
        int fd = Files.Open(path, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        if (fd >= 0)
        {
            return new FileStream(new SafeFileHandle(fd, ownsHandle: true), FileAccess.Read, 0);
        }

        return -fd is Errno.ENOENT or Errno.ENOTDIR ? null : throw new LinuxException("open", path, -fd);
    }
}
