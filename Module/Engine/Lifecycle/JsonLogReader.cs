using System.Text;
using System.Text.Json;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// Reads docker's json-file: the file without a number is the newest, .1 is older, and so on. A file is followed by what it is, not by its name,
/// so that a rotation in the middle loses and repeats nothing. Damaged lines are passed over.
/// </summary>
internal sealed class JsonLogReader(string path, string container, LogQuery query, Func<bool> ended)
    : LogReader(Path.GetDirectoryName(path)!, container, query, ended)
{
    private const int BlockSize = 256 << 10;

    /// <summary>A record of ours has at most 100 KB: what is longer is no line.</summary>
    private const int LongestLine = 1 << 20;

    private readonly StringBuilder[] _partial = [new(), new(), new()];
    private readonly DateTimeOffset[] _partialTime = new DateTimeOffset[3];
    private byte[] _block = new byte[BlockSize];
    private int _held;
    private bool _skipping;
    private DateTimeOffset _last;
    private DateTimeOffset _after;

    private protected override IEnumerable<List<ContainerLogEntry>?> Walk(CancellationToken cancellation)
    {
        FileStream? file = null;
        int pause = 5;
        try
        {
            foreach (FileStream one in OpenAll())
            {
                file?.Dispose();
                file = one;
                _held = 0;
                foreach (List<ContainerLogEntry> batch in ReadOn(file, cancellation))
                {
                    yield return batch;
                }
            }

            while (true)
            {
                cancellation.ThrowIfCancellationRequested();

                // Both asked before reading: what is written in between is read in this round, or in the next.
                bool last = !Query.Follow || Query.Until < DateTimeOffset.UtcNow || Ended();
                bool pauses = !last && Pauses();
                FileStream? next = Next(file, out DateTimeOffset after);
                bool progress = next is not null;
                foreach (List<ContainerLogEntry> batch in file is null ? [] : ReadOn(file, cancellation))
                {
                    progress = true;
                    yield return batch;
                }

                if (next is not null)
                {
                    file?.Dispose();
                    (file, _after, _held, _skipping) = (next, after, 0, false);
                    continue;
                }

                if (last)
                {
                    yield return Rest();
                    yield return null;
                    yield break;
                }

                if (pauses && !progress)
                {
                    yield return Rest();
                }

                yield return null;
                pause = progress ? 5 : Math.Min(pause * 2, 100);
                cancellation.WaitHandle.WaitOne(pause);
            }
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>All files, oldest first. The newest is opened first: one that is renamed in between is met again, and left out.</summary>
    private List<FileStream> OpenAll()
    {
        List<FileStream> files = [];
        for (int number = 0; TryOpen(number) is { } file; number++)
        {
            if (files.Exists(other => IsSame(other, file)))
            {
                file.Dispose();
            }
            else
            {
                files.Add(file);
            }
        }

        files.Reverse();
        return files;
    }

    /// <param name="file">What is read now, or null when there was nothing.</param>
    /// <param name="after">Of the next file only lines after this time are new.</param>
    /// <returns>The file after it; null when it is the newest.</returns>
    private FileStream? Next(FileStream? file, out DateTimeOffset after)
    {
        after = default;
        FileStream? newer = null;
        for (int number = 0; TryOpen(number) is { } one; number++)
        {
            if (file is not null && IsSame(one, file))
            {
                one.Dispose();
                if (newer is null && file.Length < file.Position)
                {
                    file.Position = 0; // Somebody emptied it.
                    _held = 0;
                }

                return newer;
            }

            newer?.Dispose();
            newer = one;
        }

        // Ours is gone, because it was rotated away or deleted: the oldest that is there, as far as it is news.
        after = _last;
        return newer;
    }

    private FileStream? TryOpen(int number)
    {
        string name = number == 0 ? path : path + "." + number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        int fd = Files.Open(name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        return fd >= 0
            ? new FileStream(new SafeFileHandle(fd, ownsHandle: true), FileAccess.Read, 0)
            : -fd is Errno.ENOENT or Errno.ENOTDIR ? null : throw new LinuxException("open", name, -fd);
    }

    private static bool IsSame(FileStream one, FileStream other)
    {
        Libc.statx_t a = RootedDirectory.StatHandle(one.SafeFileHandle, one.Name);
        Libc.statx_t b = RootedDirectory.StatHandle(other.SafeFileHandle, other.Name);
        return a.stx_ino == b.stx_ino && a.stx_dev_major == b.stx_dev_major && a.stx_dev_minor == b.stx_dev_minor;
    }

    private IEnumerable<List<ContainerLogEntry>> ReadOn(FileStream file, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            int got = file.Read(_block, _held, _block.Length - _held);
            if (got == 0)
            {
                yield break;
            }

            int end = _held + got;
            int start = 0;
            List<ContainerLogEntry> batch = [];
            while (_block.AsSpan(start, end - start).IndexOf((byte)'\n') is >= 0 and int length)
            {
                if (!_skipping)
                {
                    Add(_block.AsSpan(start, length), batch);
                }

                _skipping = false;
                start += length + 1;
            }

            _held = end - start;
            _block.AsSpan(start, _held).CopyTo(_block);
            if (_held > LongestLine)
            {
                (_held, _skipping) = (0, true);
            }
            else if (_held == _block.Length)
            {
                Array.Resize(ref _block, _block.Length * 2);
            }

            if (batch.Count > 0)
            {
                yield return batch;
            }
        }
    }

    private void Add(ReadOnlySpan<byte> line, List<ContainerLogEntry> batch)
    {
        if (!TryParse(line, out string text, out LogStream stream, out DateTimeOffset time) || time <= _after)
        {
            return;
        }

        _last = time;
        if (Query.Stream is { } only && only != stream)
        {
            return;
        }

        StringBuilder partial = _partial[(int)stream];
        bool whole = text.EndsWith('\n');
        if (partial.Length > 0 || !whole)
        {
            _partialTime[(int)stream] = partial.Length == 0 ? time : _partialTime[(int)stream];
            partial.Append(text);
            if (!whole)
            {
                return;
            }

            (text, time) = (partial.ToString(), _partialTime[(int)stream]);
            partial.Clear();
        }

        if (Wanted(time))
        {
            batch.Add(new ContainerLogEntry(Container, time, stream, text[..^1].TrimEnd('\r')));
        }
    }

    /// <summary>{"log":TEXT,"stream":"stdout"|"stderr","time":RFC3339}, in any order.</summary>
    private static bool TryParse(ReadOnlySpan<byte> line, out string text, out LogStream stream, out DateTimeOffset time)
    {
        (text, stream, time) = ("", LogStream.Stdout, default);
        bool found = false;
        bool dated = false;
        try
        {
            Utf8JsonReader reader = new(line);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("log"u8))
                {
                    reader.Read();
                    text = reader.GetString() ?? "";
                    found = true;
                }
                else if (reader.ValueTextEquals("stream"u8))
                {
                    reader.Read();
                    stream = reader.ValueTextEquals("stderr"u8) ? LogStream.Stderr : LogStream.Stdout;
                }
                else if (reader.ValueTextEquals("time"u8))
                {
                    reader.Read();
                    dated = DateTimeOffset.TryParse(
                        reader.GetString(), System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out time);
                }
                else
                {
                    reader.Skip(); // attrs, of docker's own.
                }
            }

            return found && dated;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private List<ContainerLogEntry> Rest()
    {
        List<ContainerLogEntry> rest = [];
        for (int stream = 1; stream <= 2; stream++)
        {
            if (_partial[stream].Length > 0 && Wanted(_partialTime[stream]))
            {
                rest.Add(new ContainerLogEntry(Container, _partialTime[stream], (LogStream)stream, _partial[stream].ToString()));
            }

            _partial[stream].Clear();
        }

        return rest;
    }
}
