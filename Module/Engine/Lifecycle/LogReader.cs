using System.Runtime.InteropServices;
using System.Text;
using Containers.Engine.Launch.Plan;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// Reads a container's log: records of the monitor (<see cref="LogRecordHeader"/>), split into lines. A line that came in several
/// pieces has the time of its first one. Damage and a record that is still being written are passed over.
/// </summary>
internal class LogReader
{
    private const int BlockSize = 1 << 20;

    private readonly string _directory;
    private readonly string _container;
    private readonly LogQuery _query;
    private readonly Func<bool> _ended;
    private readonly PartialLine[] _partial = [new(), new(), new()];
    private byte[] _block = new byte[BlockSize];
    private long _offset;

    /// <param name="directory">Directory of the numbered files.</param>
    /// <param name="container">Name for the entries.</param>
    /// <param name="query">What is wanted.</param>
    /// <param name="ended">Whether nothing more can come: asked when everything was read.</param>
    internal LogReader(string directory, string container, LogQuery query, Func<bool> ended)
    {
        _directory = directory;
        _container = container;
        _query = query;
        _ended = ended;
    }

    private protected string Container => _container;

    private protected LogQuery Query => _query;

    private protected bool Ended() => _ended();

    /// <summary>
    /// Whether nothing comes for now, but may come again, as when a container is started again: what has no line end is a line then. Asked before
    /// reading, as the end.
    /// </summary>
    internal Func<bool> Pauses { private protected get; init; } = static () => false;

    internal IEnumerable<ContainerLogEntry> Read(CancellationToken cancellation) => _query is { Tail: { } tail, Follow: false }
        ? Last(tail, cancellation)
        : ReadMarked(cancellation).OfType<ContainerLogEntry>();

    /// <summary>The same with null each time everything written so far was read.</summary>
    internal IEnumerable<ContainerLogEntry?> ReadMarked(CancellationToken cancellation)
    {
        Queue<ContainerLogEntry>? last = _query.Tail is null ? null : new();
        foreach (List<ContainerLogEntry>? batch in Walk(cancellation))
        {
            if (batch is null)
            {
                while (last is { Count: > 0 })
                {
                    yield return last.Dequeue();
                }

                last = null;
                yield return null;
            }
            else if (last is not null)
            {
                Keep(last, batch, _query.Tail!.Value);
            }
            else
            {
                for (int i = 0; i < batch.Count; i++)
                {
                    yield return batch[i];
                }
            }
        }
    }

    internal IEnumerable<IReadOnlyList<ContainerLogEntry>> ReadBatches(CancellationToken cancellation) =>
        _query.Tail is { } tail ? [[.. Last(tail, cancellation)]] : Walk(cancellation).OfType<List<ContainerLogEntry>>();

    private Queue<ContainerLogEntry> Last(int count, CancellationToken cancellation)
    {
        Queue<ContainerLogEntry> last = new();
        foreach (List<ContainerLogEntry>? batch in Walk(cancellation))
        {
            Keep(last, batch ?? [], count);
        }

        return last;
    }

    private static void Keep(Queue<ContainerLogEntry> last, List<ContainerLogEntry> batch, int count)
    {
        for (int i = Math.Max(0, batch.Count - count); i < batch.Count; i++)
        {
            if (last.Count == count)
            {
                last.Dequeue();
            }

            last.Enqueue(batch[i]);
        }
    }

    /// <summary>All entries, a batch for each record; null each time everything written so far was read.</summary>
    private protected virtual IEnumerable<List<ContainerLogEntry>?> Walk(CancellationToken cancellation)
    {
        int number = LogFiles.Numbers(_directory).FirstOrDefault();
        int pause = 5;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();

            // Asked before reading: what is written between the two is read in the next round.
            bool ended = !_query.Follow || _query.Until < DateTimeOffset.UtcNow || _ended();
            bool pauses = !ended && Pauses();
            bool progress = false;
            if (number > 0)
            {
                // A newer file was begun after the last write to this one: if there is one now, this one is complete.
                int newer = LogFiles.Numbers(_directory).Find(n => n > number);
                foreach (List<ContainerLogEntry> batch in ReadFile(number, cancellation))
                {
                    progress = true;
                    yield return batch;
                }

                if (newer > 0)
                {
                    number = newer;
                    _offset = 0;
                    continue;
                }
            }
            else
            {
                number = LogFiles.Numbers(_directory).FirstOrDefault();
                progress = number > 0;
            }

            if (ended)
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

    private IEnumerable<List<ContainerLogEntry>> ReadFile(int number, CancellationToken cancellation)
    {
        FileStream file;
        try
        {
            file = new FileStream(
                LogFiles.PathOf(_directory, number), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            yield break; // Rotated away: the reader was slower than the log is long.
        }

        using (file)
        {
            file.Position = _offset;
            int held = 0;
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                int got = file.Read(_block, held, _block.Length - held);
                int available = held + got;
                int position = 0;
                while (TryRecord(available, ref position, out LogRecordHeader header, out int data))
                {
                    List<ContainerLogEntry> batch = Split(header, data);
                    position = data + header.Length;
                    if (batch.Count > 0)
                    {
                        yield return batch;
                    }
                }

                _offset += position;
                held = available - position;
                _block.AsSpan(position, held).CopyTo(_block);
                if (got == 0)
                {
                    yield break;
                }

                if (held == _block.Length)
                {
                    Array.Resize(ref _block, _block.Length * 2);
                }
            }
        }
    }

    /// <summary>Finds the next whole record; skips damaged bytes.</summary>
    private bool TryRecord(int available, ref int position, out LogRecordHeader header, out int data)
    {
        int size = LogRecordHeader.Size;
        while (available - position >= size)
        {
            header = MemoryMarshal.Read<LogRecordHeader>(_block.AsSpan(position));
            if (header.Magic == LogRecordHeader.RecordMagic && header.Stream is 1 or 2 && header.Length <= MonitorProtocol.MaximumData)
            {
                data = position + size;
                return available - data >= header.Length;
            }

            position++;
        }

        header = default;
        data = 0;
        return false;
    }

    private List<ContainerLogEntry> Split(LogRecordHeader header, int start)
    {
        List<ContainerLogEntry> entries = [];
        LogStream stream = (LogStream)header.Stream;
        if (_query.Stream is { } only && only != stream)
        {
            return entries;
        }

        PartialLine partial = _partial[header.Stream];
        DateTimeOffset time = DateTimeOffset.UnixEpoch.AddTicks(header.Time / 100);
        ReadOnlySpan<byte> rest = _block.AsSpan(start, header.Length);
        bool wanted = Wanted(time);
        while (true)
        {
            int end = rest.IndexOf((byte)'\n');
            if (end < 0)
            {
                partial.Append(rest, time);
                return entries;
            }

            ReadOnlySpan<byte> line = rest[..end];
            rest = rest[(end + 1)..];
            if (partial.IsEmpty)
            {
                if (wanted)
                {
                    entries.Add(new ContainerLogEntry(_container, time, stream, Text(line)));
                }

                continue;
            }

            partial.Append(line, time);
            if (Wanted(partial.Time))
            {
                entries.Add(new ContainerLogEntry(_container, partial.Time, stream, Text(partial.Bytes)));
            }

            partial.Clear();
        }
    }

    /// <summary>What was written without a line end.</summary>
    private List<ContainerLogEntry> Rest()
    {
        List<ContainerLogEntry> rest = [];
        for (int stream = 1; stream <= 2; stream++)
        {
            PartialLine partial = _partial[stream];
            if (!partial.IsEmpty && Wanted(partial.Time))
            {
                rest.Add(new ContainerLogEntry(_container, partial.Time, (LogStream)stream, Text(partial.Bytes)));
            }

            partial.Clear();
        }

        return rest;
    }

    private protected bool Wanted(DateTimeOffset time) => (_query.Since is not { } since || time >= since) && (_query.Until is not { } until || time <= until);

    private static string Text(ReadOnlySpan<byte> line) => Encoding.UTF8.GetString(line is [.. var start, (byte)'\r'] ? start : line);

    private sealed class PartialLine
    {
        private byte[] _bytes = [];
        private int _length;

        internal bool IsEmpty => _length == 0;

        internal DateTimeOffset Time { get; private set; }

        internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

        internal void Append(ReadOnlySpan<byte> data, DateTimeOffset time)
        {
            if (data.IsEmpty)
            {
                return;
            }

            if (_length == 0)
            {
                Time = time;
            }

            if (_length + data.Length > _bytes.Length)
            {
                Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + data.Length));
            }

            data.CopyTo(_bytes.AsSpan(_length));
            _length += data.Length;
        }

        internal void Clear() => _length = 0;
    }
}
