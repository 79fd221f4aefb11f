using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Tests.Launch;
using Xunit;

namespace Containers.Engine.Tests.Monitor;

/// <summary>What the monitor writes in others' formats.</summary>
public sealed class LogDriverTests : IDisposable
{
    private readonly MonitorRun _run = new();

    private string Json => _run["log"] + "/" + PlanInput.Id + "-json.log";

    public void Dispose() => _run.Dispose();

    [SkippableFact]
    public void Json_lines_are_those_of_docker()
    {
        Run(LogFormat.Json, """printf 'one\n\ntw"o\\\t\001 \377 \303\244\n'; sleep 0.1; echo bad >&2; sleep 0.1; printf rest""");
        string[] lines = File.ReadAllLines(Json);

        Assert.Equal(["one\n", "\n", "tw\"o\\\t\u0001 \ufffd ä\n", "bad\n", "rest"], lines.Select(line => Field(line, "log")));
        Assert.Equal(["stdout", "stdout", "stdout", "stderr", "stdout"], lines.Select(line => Field(line, "stream")));
        Assert.All(lines, line => Assert.Matches(@"^\{""log"":"".*"",""stream"":""std(out|err)"",""time"":""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z""\}$", line));
        Assert.InRange(
            DateTimeOffset.UtcNow - DateTimeOffset.Parse(Field(lines[0], "time"), System.Globalization.CultureInfo.InvariantCulture),
            TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Json));
        Assert.Equal(["one", "", "tw\"o\\\t\u0001 \ufffd ä", "bad", "rest"], Read().Select(entry => entry.Line));
    }

    [SkippableFact]
    public void A_long_line_is_cut_at_16_KiB_between_characters_and_read_back_whole()
    {
        Run(LogFormat.Json, "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); printf '%s' 'abcdefghäöü'; done; echo; echo next");
        string[] logs = [.. File.ReadAllLines(Json).Select(line => Field(line, "log"))];
        string whole = string.Concat(Enumerable.Repeat("abcdefghäöü", 3000));

        Assert.Equal(4, logs.Length);
        Assert.All(logs[..2], log => Assert.InRange(Encoding.UTF8.GetByteCount(log), (16 << 10) - 3, 16 << 10));
        Assert.Equal(whole + "\n", logs[0] + logs[1] + logs[2]);
        Assert.DoesNotContain('\ufffd', whole);
        Assert.Equal([whole, "next"], Read().Select(entry => entry.Line));
    }

    [SkippableFact]
    public void Json_files_rotate_as_docker_has_it_and_a_follower_sees_each_line_once()
    {
        // Three seconds of lines over many files, once the follower is there; what it reads is never more than two files behind, on a busy machine either.
        LaunchPlan plan = Plan(LogFormat.Json, "sleep 1; i=0; while [ $i -lt 6000 ]; do i=$((i+1)); echo line $i; [ $((i % 200)) -eq 0 ] && sleep 0.1; done") with
        {
            LogMaximumBytes = 64 << 10, LogMaximumFiles = 3,
        };
        Assert.Null(_run.Start(plan));
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        Task<List<string>> following = Task.Factory.StartNew(
            () => new JsonLogReader(Json, "web", new LogQuery { Follow = true }, () => !_run.HasLock).Read(limit.Token).Select(entry => entry.Line).ToList(),
            limit.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assert.Equal(0, _run.AwaitExit());

        Assert.Equal(Enumerable.Range(1, 6000).Select(i => $"line {i}"), following.Result);
        Assert.Equal(["", ".1", ".2"], Directory.GetFiles(_run["log"]).Select(file => Path.GetFileName(file)[(PlanInput.Id.Length + 9)..]).Order());
        Assert.All(Directory.GetFiles(_run["log"]), file => Assert.InRange(new FileInfo(file).Length, 1, 128 << 10));
        Assert.Equal("line 6000", Read().Last().Line);
        Assert.Equal(Read().Select(entry => entry.Line).Distinct().Count(), Read().Count);
    }

    [SkippableFact]
    public void The_journal_gets_one_message_a_line_with_dockers_fields()
    {
        Skip.If(MonitorRun.Missing is not null, MonitorRun.Missing);
        using Socket journal = Journal("journal.sock");
        LaunchPlan plan = Plan(LogFormat.Journal, """printf 'one\n'; sleep 0.1; printf 'two\001\377\n' >&2; sleep 0.1; printf rest""") with
        {
            JournalSocket = _run["journal.sock"],
            JournalFields = JournalFields.Build(PlanInput.Id, "web", new ContainerSpec { Image = "busybox:1", Log = new LogSpec { Tag = "my=tag" } }),
        };
        Assert.Null(_run.Start(plan));
        Assert.Equal(0, _run.AwaitExit());
        List<Dictionary<string, byte[]>> messages = Receive(journal, 3);

        Assert.Equal(["one"u8.ToArray(), [.. "two"u8, 1, 0xFF], "rest"u8.ToArray()], messages.Select(message => message["MESSAGE"]));
        Assert.Equal(["6", "3", "6"], messages.Select(message => Encoding.UTF8.GetString(message["PRIORITY"])));
        Assert.Equal([false, false, true], messages.Select(message => message.ContainsKey("CONTAINER_PARTIAL_MESSAGE")));
        Dictionary<string, string> first = messages[0].ToDictionary(pair => pair.Key, pair => Encoding.UTF8.GetString(pair.Value));
        Assert.Equal(PlanInput.Id, first["CONTAINER_ID_FULL"]);
        Assert.Equal(PlanInput.Id[..12], first["CONTAINER_ID"]);
        Assert.Equal(("web", "my=tag", "my=tag", "busybox:1"), (first["CONTAINER_NAME"], first["CONTAINER_TAG"], first["SYSLOG_IDENTIFIER"], first["IMAGE_NAME"]));
    }

    [SkippableFact]
    public void A_journal_that_is_gone_loses_lines_and_holds_nothing_up_and_one_that_comes_back_gets_the_next()
    {
        Skip.If(MonitorRun.Missing is not null, MonitorRun.Missing);
        LaunchPlan plan = Plan(LogFormat.Journal, "echo lost; read go; echo found", interactive: true) with
        {
            JournalSocket = _run["journal.sock"],
            JournalFields = JournalFields.Build(PlanInput.Id, "web", new ContainerSpec { Image = "busybox" }),
        };
        Assert.Null(_run.Start(plan));
        _run.AwaitOutput("lost");
        using Socket journal = Journal("journal.sock");
        _run.Type("go\n");
        Assert.Equal(0, _run.AwaitExit());

        Assert.Equal("found"u8.ToArray(), Assert.Single(Receive(journal, 1))["MESSAGE"]);
        Assert.Contains("\"lostLogBytes\":4", _run.StateText, StringComparison.Ordinal);
    }

    private LaunchPlan Plan(LogFormat format, string script, bool interactive = false)
    {
        Skip.If(MonitorRun.Missing is not null, MonitorRun.Missing);
        LaunchPlan plan = _run.Plan(script);
        return plan with
        {
            LogFormat = format, LogMaximumBytes = 10 << 20, LogMaximumFiles = 3,
            Flags = (plan.Flags & ~PlanFlags.NoLog) | (interactive ? PlanFlags.StandardInput : 0),
        };
    }

    private void Run(LogFormat format, string script)
    {
        Assert.Null(_run.Start(Plan(format, script)));
        Assert.Equal(0, _run.AwaitExit());
    }

    private List<ContainerLogEntry> Read() => [.. new JsonLogReader(Json, "web", new LogQuery(), () => true).Read(default)];

    private static string Field(string line, string name)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty(name).GetString()!;
    }

    private Socket Journal(string name)
    {
        Socket journal = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
        journal.Bind(new UnixDomainSocketEndPoint(_run[name]));
        return journal;
    }

    private static List<Dictionary<string, byte[]>> Receive(Socket journal, int count)
    {
        List<Dictionary<string, byte[]>> messages = [];
        byte[] buffer = new byte[256 << 10];
        while (messages.Count < count)
        {
            messages.Add(Parse(buffer.AsSpan(0, journal.Receive(buffer))));
        }

        Assert.Equal(0, journal.Available);
        return messages;
    }

    /// <summary>As journald does: NAME=value up to the line's end, or NAME, line end, length (64 bits, little endian), value, line end.</summary>
    private static Dictionary<string, byte[]> Parse(ReadOnlySpan<byte> message)
    {
        Dictionary<string, byte[]> fields = [];
        while (!message.IsEmpty)
        {
            int end = message.IndexOf((byte)'\n');
            int equals = message[..end].IndexOf((byte)'=');
            if (equals >= 0)
            {
                fields.Add(Encoding.ASCII.GetString(message[..equals]), message[(equals + 1)..end].ToArray());
                message = message[(end + 1)..];
                continue;
            }

            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(message[(end + 1)..]);
            fields.Add(Encoding.ASCII.GetString(message[..end]), message.Slice(end + 9, length).ToArray());
            Assert.Equal((byte)'\n', message[end + 9 + length]);
            message = message[(end + 10 + length)..];
        }

        return fields;
    }
}
