using System.Buffers.Binary;
using Containers.Engine.Lifecycle;
using Containers.Engine.Tests.Images;
using Xunit;

namespace Containers.Engine.Tests.Lifecycle;

public sealed class LogReaderTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly LogFile _log;

    public LogReaderTests() => _log = new LogFile(_folder["log"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_a_log_there_are_no_lines() => Assert.Empty(_log.Lines());

    [Fact]
    public void Pieces_become_lines_with_the_time_of_their_first_piece()
    {
        _log.Append(1, LogFile.Record("one\ntw", 1), LogFile.Record("o\n\nthree", 2), LogFile.Record("!\r\n", 5));
        ContainerLogEntry[] entries = [.. _log.Read()];
        Assert.Equal(["one", "two", "", "three!"], entries.Select(e => e.Line));
        Assert.Equal([1, 1, 2, 2], entries.Select(e => (int)(e.Time - LogFile.Start).TotalSeconds));
        Assert.All(entries, e => Assert.Equal(("web", LogStream.Stdout), (e.Container, e.Stream)));
    }

    [Fact]
    public void The_streams_do_not_mix_their_pieces()
    {
        _log.Append(1, LogFile.Record("out-"), LogFile.Record("err-", stream: 2), LogFile.Record("put\n"),
            LogFile.Record("or\n", stream: 2));
        Assert.Equal(["out-put", "err-or"], _log.Lines());
        Assert.Equal(["err-or"], _log.Lines(new LogQuery { Stream = LogStream.Stderr }));
        Assert.Equal(["out-put"], _log.Lines(new LogQuery { Stream = LogStream.Stdout }));
    }

    [Fact]
    public void What_has_no_line_end_is_the_last_line()
    {
        _log.Append(1, LogFile.Record("a\nrest"), LogFile.Record("warn", stream: 2));
        Assert.Equal(["a", "rest", "warn"], _log.Lines());
    }

    [Fact]
    public void A_line_goes_on_in_the_next_file()
    {
        _log.Append(7, LogFile.Record("first\nbegin-"));
        _log.Append(8, LogFile.Record("end\n"));
        Assert.Equal(["first", "begin-end"], _log.Lines());
    }

    [Fact]
    public void Files_are_read_in_the_order_of_their_numbers_and_others_are_left_alone()
    {
        _log.Append(10, LogFile.Record("c\n"));
        _log.Append(9, LogFile.Record("b\n"));
        _log.Append(2, LogFile.Record("a\n"));
        File.WriteAllText(_folder["log/note.log"], "not a number");
        File.WriteAllText(_folder["log/00000001.txt"], "not a log");
        Assert.Equal(["a", "b", "c"], _log.Lines());
    }

    [Fact]
    public void Tail_since_and_until_choose_lines()
    {
        _log.Append(1, [.. Enumerable.Range(0, 10).Select(i => LogFile.Record($"{i}\n", i))]);
        Assert.Equal(["8", "9"], _log.Lines(new LogQuery { Tail = 2 }));
        Assert.Empty(_log.Lines(new LogQuery { Tail = 0 }));
        Assert.Equal(10, _log.Lines(new LogQuery { Tail = 100 }).Length);
        Assert.Equal(["7", "8", "9"], _log.Lines(new LogQuery { Since = LogFile.Start.AddSeconds(7) }));
        Assert.Equal(["0", "1"], _log.Lines(new LogQuery { Until = LogFile.Start.AddSeconds(1) }));
        Assert.Equal(["5"],
            _log.Lines(new LogQuery { Since = LogFile.Start.AddSeconds(3), Until = LogFile.Start.AddSeconds(5), Tail = 1 }));
    }

    [Fact]
    public void Damaged_bytes_between_records_are_passed_over()
    {
        _log.Append(1, LogFile.Record("a\n"), "CLO garbage CLOG"u8.ToArray(), LogFile.Record("b\n"), new byte[100], LogFile.Record("c\n"));
        Assert.Equal(["a", "b", "c"], _log.Lines());
    }

    [Fact]
    public void A_length_that_no_record_has_does_not_swallow_what_follows()
    {
        byte[] damaged = LogFile.Record("lost\n");
        BinaryPrimitives.WriteUInt32LittleEndian(damaged.AsSpan(4), 0x01ffffff);
        _log.Append(1, LogFile.Record("a\n"), damaged, LogFile.Record("b\n"));
        Assert.Equal(["a", "b"], _log.Lines());
    }

    [Fact]
    public void A_torn_last_record_is_passed_over()
    {
        _log.Append(1, LogFile.Record("a\n"), LogFile.Record("torn away\n")[..20]);
        Assert.Equal(["a"], _log.Lines());
    }

    [Fact]
    public void A_file_of_nothing_but_noise_gives_no_line_and_hides_no_other_file()
    {
        byte[] noise = new byte[300_000];
        new Random(1).NextBytes(noise);
        _log.Append(1, noise);
        _log.Append(2, LogFile.Record("good\n"));
        Assert.Contains("good", _log.Lines());
    }

    [Fact]
    public void Bytes_that_are_no_text_are_replaced_not_dropped()
    {
        byte[] record = LogFile.Record("a?b\n");
        record[^3] = 0xff;
        _log.Append(1, record);
        Assert.Equal(["a\ufffdb"], _log.Lines());
    }

    [Fact]
    public void A_line_of_megabytes_is_one_line()
    {
        string piece = new('x', 65536);
        _log.Append(1, [.. Enumerable.Repeat(LogFile.Record(piece), 40), LogFile.Record("\n")]);
        Assert.Equal(40 * 65536, Assert.Single(_log.Lines()).Length);
    }

    [Fact]
    public async Task Follow_gives_what_comes_over_rotations_and_ends_with_the_container()
    {
        bool ended = false;
        _log.Append(1, LogFile.Record("0\nhalf-"));
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
        List<string> seen = [];
        Task reading = Task.Run(
            () =>
            {
                foreach (ContainerLogEntry entry in _log.Read(new LogQuery { Follow = true }, () => Volatile.Read(ref ended), limit.Token))
                {
                    lock (seen)
                    {
                        seen.Add(entry.Line);
                    }
                }
            },
            limit.Token);
        for (int i = 1; i <= 50; i++)
        {
            _log.Append(1 + (i / 10), LogFile.Record(i == 1 ? "1\n" : $"{i}\n", i));
            await Task.Delay(2, limit.Token);
        }

        _log.Append(7, LogFile.Record("last"));
        Volatile.Write(ref ended, true);
        await reading;
        Assert.Equal(["0", "half-1", .. Enumerable.Range(2, 49).Select(i => $"{i}"), "last"], seen);
    }

    [Fact]
    public void Follow_with_a_tail_begins_with_the_last_lines()
    {
        int asked = 0;
        _log.Append(1, LogFile.Record("1\n2\n3\n"));
        bool Ended()
        {
            if (++asked == 2)
            {
                _log.Append(1, LogFile.Record("4\n"));
            }

            return asked >= 2;
        }

        Assert.Equal(["2", "3", "4"], _log.Read(new LogQuery { Follow = true, Tail = 2 }, Ended).Select(e => e.Line));
    }

    [Fact]
    public void Follow_stops_when_it_is_cancelled()
    {
        _log.Append(1, LogFile.Record("1\n"));
        using CancellationTokenSource stop = new();
        IEnumerator<ContainerLogEntry> entries = _log.Read(new LogQuery { Follow = true }, () => false, stop.Token).GetEnumerator();
        Assert.True(entries.MoveNext());
        stop.CancelAfter(50);
        Assert.Throws<OperationCanceledException>(() => entries.MoveNext());
    }
}
