using System.Text;
using Containers.Engine.Events;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;
using Containers.Engine.Tests.Images;
using Xunit;

namespace Containers.Engine.Tests.Events;

public sealed class EventLogTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("containers-events-").FullName;
    private readonly EventLog _log;

    public EventLogTests() => _log = new EventLog(_root);

    private string Current => EventLog.PathOf(_root);

    private string Older => Current + EventFile.OlderSuffix;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void What_was_written_is_read_with_all_it_says()
    {
        DateTimeOffset before = DateTimeOffset.UtcNow;
        _log.Write(ContainerEventType.Container, EventActions.Die, "4f00", "wéb \"1\"\n", ("exitCode", "137"), ("image", "busybox"));

        ContainerEvent one = Assert.Single(Read());
        Assert.Equal(ContainerEventType.Container, one.Type);
        Assert.Equal("die", one.Action);
        Assert.Equal("4f00", one.Id);
        Assert.Equal("wéb \"1\"\n", one.Name);
        Assert.Equal("137", one.Attributes["exitCode"]);
        Assert.Equal("busybox", one.Attributes["image"]);
        Assert.InRange(one.Time, before.AddTicks(-1), DateTimeOffset.UtcNow);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Current));
    }

    [Fact]
    public void Nothing_happened_where_there_is_no_log()
    {
        Assert.Empty(Read());
        Assert.Empty(new EventReader(_root + "/none/events", new EventQuery()).Read(default));
    }

    [SkippableFact]
    public void On_a_full_disk_events_are_lost_whole_and_later_ones_are_there()
    {
        Skip.IfNot(Shell.IsRoot, "mounting a small tmpfs needs root");
        string small = Directory.CreateDirectory(_root + "/small").FullName;
        Shell.Run("mount -t tmpfs -o size=64k none small", _root);
        try
        {
            EventLog log = new(small);
            File.WriteAllBytes(small + "/filler", new byte[40 * 1024]);
            for (int i = 0; i < 200; i++)
            {
                log.Write(ContainerEventType.Container, EventActions.Start, $"{i:x4}", "name", ("image", "busybox"));
            }

            string[] written = Ids();
            Assert.InRange(written.Length, 1, 199);
            Assert.Equal(Enumerable.Range(0, written.Length).Select(i => $"{i:x4}"), written);
            File.Delete(small + "/filler");
            log.Write(ContainerEventType.Container, EventActions.Start, "ffff", "name");
            Assert.Equal([.. written, "ffff"], Ids());

            string[] Ids() => [.. new EventReader(log.Directory, new EventQuery()).Read(default).Select(one => one.Id)];
        }
        finally
        {
            Shell.Run("umount small", _root);
        }
    }

    [Fact]
    public void Eight_writers_at_once_lose_nothing_and_the_lines_have_the_order_of_their_times()
    {
        const int Writers = 8;
        const int Each = 500;
        Parallel.For(0, Writers, new ParallelOptions { MaxDegreeOfParallelism = Writers }, writer =>
        {
            EventLog own = new(_root);
            for (int i = 0; i < Each; i++)
            {
                own.Write(ContainerEventType.Network, EventActions.Connect, $"{writer}", $"{i}");
            }
        });

        List<ContainerEvent> all = Read();
        Assert.Equal(Writers * Each, all.Count);
        Assert.Equal(all.Select(one => one.UnixTimeNanoseconds).Order(), all.Select(one => one.UnixTimeNanoseconds));
        foreach (IGrouping<string, ContainerEvent> writer in all.GroupBy(one => one.Id))
        {
            Assert.Equal(Enumerable.Range(0, Each).Select(i => $"{i}"), writer.Select(one => one.Name));
        }
    }

    [Fact]
    public async Task The_log_is_bounded_and_a_follower_sees_each_event_once_while_eight_writers_rotate_it()
    {
        const int Writers = 8;
        const int Each = 1000;
        string padding = new('x', 1000); // Two files full and a bit: never more than a slow follower can still find.
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        _log.Write(ContainerEventType.Volume, EventActions.Create, "old", "old");
        using IEnumerator<ContainerEvent> follower = Follow(limit.Token).GetEnumerator();
        Task<bool> first = Task.Run(follower.MoveNext);
        while (!first.IsCompleted)
        {
            // Until it is there: what was written before is not for it.
            _log.Write(ContainerEventType.Volume, EventActions.Create, "ready", "ready");
            await Task.WhenAny(first, Task.Delay(20));
        }

        Assert.True(await first);
        Task writing = Task.Run(() => Parallel.For(0, Writers, new ParallelOptions { MaxDegreeOfParallelism = Writers }, writer =>
        {
            EventLog own = new(_root);
            for (int i = 0; i < Each; i++)
            {
                own.Write(ContainerEventType.Volume, EventActions.Create, $"{writer}", $"{i}", ("padding", padding));
            }
        }));

        List<(string Id, string Name)> seen = [];
        while (seen.Count < Writers * Each && follower.MoveNext())
        {
            if (follower.Current.Id != "ready")
            {
                seen.Add((follower.Current.Id, follower.Current.Name));
            }
        }

        await writing.WaitAsync(limit.Token);
        Assert.Equal(Writers * Each, seen.Distinct().Count());
        Assert.DoesNotContain(seen, one => one.Id == "old");
        Assert.InRange(new FileInfo(Older).Length, EventFile.MaximumBytes, EventFile.MaximumBytes + EventFile.MaximumRecord);
        Assert.InRange(File.Exists(Current) ? new FileInfo(Current).Length : 0, 0, EventFile.MaximumBytes);
    }

    [Fact]
    public void Half_a_record_garbage_and_empty_lines_hide_nothing_that_is_whole()
    {
        Write("one");
        File.AppendAllText(Current, "{\"time\":1764211200000000000,\"type\":\"Container\",\"act"); // A kill in the middle of a write.
        Write("two");
        File.AppendAllText(Current, "\n\n{}\nnull\n{\"time\":\"x\",\"type\":\"Container\",\"action\":\"die\"}\n");
        File.AppendAllText(Current, "{\"time\":1764211200000000000,\"type\":\"Nonsense\",\"action\":\"die\"}\n");
        byte[] noise = new byte[300_000];
        new Random(1).NextBytes(noise);
        using (FileStream file = new(Current, FileMode.Append))
        {
            file.Write(noise.AsSpan().ToArray().Select(b => b == '\n' ? (byte)0 : b).ToArray());
        }

        File.AppendAllText(Current, "\n");
        Write("three");

        Assert.Equal(["one", "two", "three"], Read().Select(one => one.Name));
    }

    [Fact]
    public async Task A_follower_goes_on_when_the_log_is_emptied_deleted_and_made_again()
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        Write("before");
        using IEnumerator<ContainerEvent> follower = Follow(limit.Token).GetEnumerator();
        bool isThere = false;
        string Next()
        {
            do
            {
                Assert.True(follower.MoveNext());
            }
            while (follower.Current.Name == "ready" && isThere);
            return follower.Current.Name;
        }

        Task<string> ready = Task.Run(Next);
        while (!ready.IsCompleted)
        {
            Write("ready");
            await Task.WhenAny(ready, Task.Delay(20));
        }

        Assert.Equal("ready", await ready);
        isThere = true;
        Write("one");
        Assert.Equal("one", Next());

        using (FileStream file = new(new Microsoft.Win32.SafeHandles.SafeFileHandle(OpenForWriting(), true), FileAccess.Write))
        {
            file.SetLength(0);
        }

        Write("two");
        Assert.Equal("two", Next());

        File.Delete(Current);
        Write("three");
        Assert.Equal("three", Next());

        Directory.Delete(Path.GetDirectoryName(Current)!, recursive: true);
        Task<string> waiting = Task.Run(Next);
        Thread.Sleep(600);
        Write("four");
        Assert.Equal("four", await waiting);
    }

    [Fact]
    public void A_deleted_file_does_not_bring_older_events_back()
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        Write("old");
        File.Move(Current, Older);
        Write("new");
        using IEnumerator<ContainerEvent> follower = new EventReader(
            EventLog.DirectoryOf(_root), new EventQuery { Follow = true, Since = DateTimeOffset.UnixEpoch }).Read(limit.Token).GetEnumerator();
        List<string> seen = [];
        for (int i = 0; i < 2; i++)
        {
            Assert.True(follower.MoveNext());
            seen.Add(follower.Current.Name);
        }

        File.Delete(Current);
        Write("newer");
        Assert.True(follower.MoveNext());
        seen.Add(follower.Current.Name);
        Assert.Equal(["old", "new", "newer"], seen);
    }

    [Fact]
    public void Since_until_tail_and_filter_choose()
    {
        Write("a");
        Thread.Sleep(2);
        DateTimeOffset middle = DateTimeOffset.UtcNow;
        Thread.Sleep(2);
        Write("b");
        Write("c");

        Assert.Equal(["b", "c"], Read(new EventQuery { Since = middle }).Select(one => one.Name));
        Assert.Equal(["a"], Read(new EventQuery { Until = middle }).Select(one => one.Name));
        Assert.Equal(["c"], Read(new EventQuery { Tail = 1 }).Select(one => one.Name));
        Assert.Equal(["b"], Read(new EventQuery { Tail = 1, Filter = one => one.Name != "c" }).Select(one => one.Name));
    }

    [Fact]
    public void Following_ends_at_its_time_and_at_once_when_cancelled()
    {
        Write("a");
        Assert.Empty(new EventReader(EventLog.DirectoryOf(_root), new EventQuery { Follow = true, Until = DateTimeOffset.UtcNow.AddMilliseconds(200) }).Read(default));

        using CancellationTokenSource stop = new(200);
        long start = Environment.TickCount64;
        Assert.Throws<OperationCanceledException>(() => Follow(stop.Token).Count());
        Assert.InRange(Environment.TickCount64 - start, 100, 2000);
    }

    [Fact]
    public void A_writer_that_cannot_get_the_lock_writes_all_the_same()
    {
        Write("one");
        using FileLock held = FileLock.TryTake(Current, TimeSpan.Zero, default)!;
        long start = Environment.TickCount64;
        Write("two");

        Assert.InRange(Environment.TickCount64 - start, 0, 1500);
        Assert.Equal(["one", "two"], Read().Select(one => one.Name));
    }

    [Fact]
    public void Labels_that_are_too_long_for_a_record_are_left_out()
    {
        _log.Write(ContainerEventType.Container, EventActions.Create, "id", "huge", ("label", new string('x', EventFile.MaximumRecord)));
        Write("small");

        Assert.Equal(["small"], Read().Select(one => one.Name));
    }

    [Fact]
    public void A_place_that_cannot_be_written_to_fails_nothing()
    {
        File.WriteAllText(EventLog.DirectoryOf(_root), "a file where the directory should be");
        Write("lost");

        Assert.Empty(Read());
        File.Delete(EventLog.DirectoryOf(_root));
    }

    [Fact]
    public void What_a_monitor_says_of_its_container_makes_a_whole_record()
    {
        string subject = EventText.Subject("4f00", "web", [new("image", "bus\"ybox"), new("label", "a\nb")]);
        string line = $"{{\"time\":1764211200000000001,\"type\":\"Container\",\"action\":\"die\",{subject},\"exitCode\":\"3\"}}}}";

        ContainerEvent one = EventText.TryParse(Encoding.UTF8.GetBytes(line))!;
        Assert.Equal("web", one.Name);
        Assert.Equal("bus\"ybox", one.Attributes["image"]);
        Assert.Equal("a\nb", one.Attributes["label"]);
        Assert.Equal("3", one.Attributes["exitCode"]);
        Assert.Equal(1764211200000000001, one.UnixTimeNanoseconds);
    }

    private void Write(string name) => _log.Write(ContainerEventType.Volume, EventActions.Create, name, name);

    private List<ContainerEvent> Read(EventQuery? query = null) =>
        [.. new EventReader(EventLog.DirectoryOf(_root), query ?? new EventQuery()).Read(default)];

    private IEnumerable<ContainerEvent> Follow(CancellationToken cancel) =>
        new EventReader(EventLog.DirectoryOf(_root), new EventQuery { Follow = true }).Read(cancel);

    private int OpenForWriting() => Files.Open(Current, Libc.O_WRONLY);
}
