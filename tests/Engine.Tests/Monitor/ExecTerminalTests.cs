using System.Text;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using Xunit;

namespace Containers.Engine.Tests.Monitor;

/// <summary>A further program with a terminal, through the monitor: who has the master, and what is left.</summary>
public sealed unsafe class ExecTerminalTests
{
    [SkippableFact]
    public void The_session_gets_the_master_of_a_controlling_terminal()
    {
        using MonitorRun run = Begin();
        using Further further = new(run, "tty; stty size; echo hello >/dev/tty; read -r line; echo \"got $line\"; exit 5", new TerminalSize(33, 77));
        Assert.Equal(MessageType.Started, further.Begun);
        further.AwaitOutput("hello");
        Assert.StartsWith("/dev/pts/0\r\n33 77\r\n", further.Output, StringComparison.Ordinal);
        further.Type("grüße\r");
        further.AwaitOutput("got grüße");
        Assert.Equal(5, further.AwaitExit());
    }

    [SkippableFact]
    public void A_program_that_cannot_be_started_gives_no_terminal_and_leaves_none()
    {
        using MonitorRun run = Begin();
        int before = Descriptors(run);
        using (Further further = new(run, "", default, plan => plan with { Steps = [.. plan.Steps.SkipLast(1), LaunchSteps.Execute(["x"], [], ["/missing"])] }))
        {
            Assert.Equal(MessageType.Failed, further.Begun);
            Assert.True(further.Master < 0);
        }

        MonitorRun.Eventually(() => Descriptors(run) == before, "the monitor keeps descriptors");
    }

    [SkippableFact]
    public void The_end_of_the_session_hangs_up_and_a_hundred_leave_nothing()
    {
        using MonitorRun run = Begin();
        int before = Descriptors(run);
        for (int i = 0; i < 100; i++)
        {
            using Further further = new(run, i == 0 ? $"trap '' TERM; trap 'touch {run["hup"]}; exit' HUP; echo ready; while :; do sleep 0.05; done" : "exec cat", default);
            Assert.Equal(MessageType.Started, further.Begun);
            if (i == 0)
            {
                further.AwaitOutput("ready");
            }
        }

        MonitorRun.Eventually(() => File.Exists(run["hup"]), "no hang-up");
        MonitorRun.Eventually(() => Descriptors(run) == before, $"the monitor has {Descriptors(run)} descriptors after {before}");
    }

    [SkippableFact]
    public void A_program_that_is_let_go_of_writes_on_and_the_monitor_is_idle_then()
    {
        using MonitorRun run = Begin();
        int before = Descriptors(run);
        using (Further further = new(run, $"read -r line; yes | head -c 1000000; touch {run["done"]}; setsid -c sh -c 'exit 0'; sleep 1; exit 0", default))
        {
            further.Detach();
            Assert.Equal(MessageType.Done, further.Receive());
            further.Type("go\r");
        }

        MonitorRun.Eventually(() => File.Exists(run["done"]), "what it writes holds it up");
        long ticks = run.MonitorTicks();
        Thread.Sleep(300);
        Assert.InRange(run.MonitorTicks() - ticks, 0, 10);
        MonitorRun.Eventually(() => Descriptors(run) == before, "the monitor keeps descriptors");
    }

    [SkippableFact]
    public void A_directory_that_is_no_devpts_is_refused()
    {
        using MonitorRun run = Begin();
        using Further further = new(run, "echo never", default, plan => plan with
        {
            Steps = [.. plan.Steps.Select(step => step.Code == PlanOpcode.OpenInRoot ? LaunchSteps.OpenInRoot(Slot.Target, "/dev", OpenInRootFlags.Directory) : step)],
        });
        Assert.Equal((MessageType.Failed, Errno.ENODEV), (further.Begun, further.Body.B));
    }

    private static int Descriptors(MonitorRun run) => Directory.GetFileSystemEntries($"/proc/{run.Monitor.Pid}/fd").Length;

    private static MonitorRun Begin()
    {
        Skip.If(MonitorRun.Missing is not null, MonitorRun.Missing);
        MonitorRun run = new();
        LaunchPlan plan = run.Plan("exec sleep 1000");
        Assert.Null(run.Start(plan with
        {
            CloneFlags = Libc.CLONE_NEWNS | Libc.CLONE_NEWPID,
            Steps =
            [
                LaunchSteps.MakeMountsPrivate(),
                LaunchSteps.OpenHost(Slot.Root, "/", directory: true),
                LaunchSteps.CreateFileSystem(
                    Slot.Mount, "devpts", Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NOEXEC,
                    "source", "devpts", "newinstance", "", "ptmxmode", "0666", "mode", "0620", "gid", "5"),
                LaunchSteps.OpenInRoot(Slot.Target, "/dev/pts", OpenInRootFlags.Directory),
                LaunchSteps.Attach(Slot.Mount, Slot.Target, "/dev/pts"),
                .. plan.Steps,
            ],
        }));
        return run;
    }

    /// <summary>A session with a further program.</summary>
    private sealed class Further : IDisposable
    {
        private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(20));
        private readonly MonitorConnection _connection;
        private readonly StringBuilder _output = new();

        internal Further(MonitorRun run, string script, TerminalSize size, Func<LaunchPlan, LaunchPlan>? change = null)
        {
            LaunchPlan plan = run.Plan(script);
            plan = plan with
            {
                Flags = PlanFlags.Further | PlanFlags.Terminal | PlanFlags.StandardInput,
                RunDirectory = run["exec"],
                DataDirectory = run["exec"],
                Steps =
                [
                    LaunchSteps.JoinContainer(Libc.CLONE_NEWNS | Libc.CLONE_NEWPID, "mnt pid"),
                    LaunchSteps.OpenHost(Slot.Root, "/", directory: true),
                    LaunchSteps.OpenInRoot(Slot.Target, "/dev/pts", OpenInRootFlags.Directory | OpenInRootFlags.NoLink),
                    LaunchSteps.OpenTerminal(Slot.Target, size),
                    LaunchSteps.EnterProcessNamespace(),
                    .. plan.Steps,
                ],
            };
            _connection = run.Connect();
            ContainerEngine.Send(_connection, change is null ? plan : change(plan), null);
            Begun = Receive();
            Master = _connection.TakeDescriptor();
        }

        internal MessageType Begun { get; }

        internal int Master { get; private set; }

        internal MessageBody Body { get; private set; }

        internal string Output => _output.ToString();

        internal MessageType Receive()
        {
            Assert.True(_connection.Receive(out MessageType type, out ReadOnlyMemory<byte> data, _patience.Token), "the monitor died");
            Body = MonitorConnection.Body(data);
            return type;
        }

        internal void AwaitOutput(string text)
        {
            byte* buffer = stackalloc byte[4096];
            while (!Output.Contains(text, StringComparison.Ordinal))
            {
                Libc.pollfd one = new() { fd = Master, events = Libc.POLLIN };
                Assert.True(Libc.poll(&one, 1, 10_000) > 0, $"nothing comes after: {Output}");
                nint got = Libc.read(Master, buffer, 4096);
                Assert.True(got > 0, $"it ended after: {Output}");
                _output.Append(Encoding.UTF8.GetString(buffer, (int)got));
            }
        }

        internal void Type(string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            fixed (byte* p = bytes)
            {
                Assert.Equal(bytes.Length, (int)Libc.write(Master, p, (nuint)bytes.Length));
            }
        }

        internal void Detach() => _connection.Send(MessageType.Detach, default, [Master]);

        internal int AwaitExit()
        {
            Assert.Equal(MessageType.Exited, Receive());
            return Body.A;
        }

        public void Dispose()
        {
            _connection.Dispose();
            if (Master >= 0)
            {
                Libc.close(Master);
            }

            Master = -1;
            _patience.Dispose();
        }
    }
}
