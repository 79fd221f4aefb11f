using System.Text;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using Xunit;

namespace Containers.Engine.Tests.Monitor;

/// <summary>A terminal from a devpts of its own, through the monitor: sizes, job control, hang-ups, restarts, sessions.</summary>
public sealed class TerminalTests
{
    private static LaunchPlan Plan(MonitorRun run, string script, TerminalSize size = default, Func<LaunchPlan, LaunchPlan>? change = null)
    {
        LaunchPlan plan = run.Plan(script);
        plan = plan with
        {
            CloneFlags = Libc.CLONE_NEWNS | Libc.CLONE_NEWPID,
            Flags = plan.Flags | PlanFlags.Terminal | PlanFlags.StandardInput,
            Steps =
            [
                LaunchSteps.MakeMountsPrivate(),
                LaunchSteps.OpenHost(Slot.Root, "/", directory: true),
                LaunchSteps.CreateFileSystem(Slot.Proc, "proc", LaunchSteps.NoSuidNoDevNoExec),
                LaunchSteps.OpenInRoot(Slot.Target, "/proc", OpenInRootFlags.Directory),
                LaunchSteps.Attach(Slot.Proc, Slot.Target, "/proc"),
                LaunchSteps.CreateFileSystem(
                    Slot.Mount, "devpts", Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NOEXEC,
                    "source", "devpts", "newinstance", "", "ptmxmode", "0666", "mode", "0620", "gid", "5"),
                LaunchSteps.OpenInRoot(Slot.Target, "/dev/pts", OpenInRootFlags.Directory),
                LaunchSteps.Attach(Slot.Mount, Slot.Target, "/dev/pts"),
                LaunchSteps.OpenTerminal(Slot.Mount, size),
                .. plan.Steps,
            ],
        };
        return change is null ? plan : change(plan);
    }

    [SkippableFact]
    public void The_process_has_a_controlling_terminal_of_the_size_that_was_asked_for()
    {
        using MonitorRun run = Begin();
        Assert.Null(run.Start(Plan(run, "tty; stty size; test -c /dev/tty && echo hello >/dev/tty; ps -o pid,tty,comm", new TerminalSize(33, 77))));
        Assert.Equal(0, run.AwaitExit());
        Assert.StartsWith("/dev/pts/0\r\n33 77\r\nhello\r\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("136,0", run.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void What_was_written_before_the_end_arrives_whole_however_slowly_it_is_read()
    {
        using MonitorRun run = Begin();
        Assert.Null(run.Start(Plan(run, "stty -opost; seq 1 60000")));
        Thread.Sleep(700);
        Assert.Equal(0, run.AwaitExit());
        string[] lines = run.Output.Split('\n');
        Assert.Equal(60001, lines.Length);
        Assert.Equal("60000", lines[59999]);
    }

    [SkippableFact]
    public void A_new_size_is_told_to_the_programs_and_kept_for_the_next_run()
    {
        using MonitorRun run = Begin();
        string marker = run["second"];
        Assert.Null(run.Start(Plan(
            run,
            $"if [ -e {marker} ]; then stty size; sleep 100; fi; trap 'stty size; touch {marker}; exit 3' WINCH; echo ready; while :; do sleep 0.1; done",
            new TerminalSize(24, 80),
            plan => plan with { Restart = new RestartSpec { Policy = RestartKind.Always } })));
        run.AwaitOutput("ready");
        run.Tell(MessageType.Resize, new MessageBody { A = 40, B = 132 });
        run.AwaitOutput("40 132\r\n");
        Assert.Equal(3, run.AwaitExit());
        MonitorRun.Eventually(() => run.Attach(), "no second run");
        run.Tell(MessageType.Resize, new MessageBody { A = 41, B = 132 });
        MonitorRun.Eventually(() => run.StateText.Contains("\"restartCount\":1", StringComparison.Ordinal), "not restarted: " + run.StateText);
        run.Stop();
    }

    [SkippableFact]
    public void Keys_are_signals_to_the_foreground_program_and_bytes_otherwise()
    {
        using MonitorRun run = Begin();
        Assert.Null(run.Start(Plan(run, "trap : INT; (echo ready; exec sleep 100); echo status $?; read -r line; echo \"got $line\"; cat; exit 7")));
        run.AwaitOutput("ready");
        run.Type("\u0003");
        run.AwaitOutput("status 130");
        run.Type("grüße ✓\r");
        run.AwaitOutput("got grüße ✓");
        run.Type("zeile\r");
        run.AwaitOutput("zeile\r\nzeile");
        run.Type("\u0004");
        Assert.Equal(7, run.AwaitExit());
    }

    [SkippableFact]
    public void With_an_init_a_key_reaches_the_program_once()
    {
        using MonitorRun run = Begin();
        LaunchPlan plan = Plan(run, "trap 'echo caught' INT; echo ready; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done; ps -o pid,pgid,comm; exit 5");
        List<LaunchStep> steps = [.. plan.Steps];
        steps.Insert(steps.Count - 1, LaunchSteps.RunInit());
        Assert.Null(run.Start(plan with { Steps = steps }));
        run.AwaitOutput("ready");
        run.Type("\u0003");
        Assert.Equal(5, run.AwaitExit());
        Assert.Equal(2, run.Output.Split("caught").Length);
    }

    [SkippableFact]
    public void A_terminal_that_is_closed_and_opened_again_goes_on()
    {
        using MonitorRun run = Begin();
        Assert.Null(run.Start(Plan(run, "exec 0</dev/null 1>/dev/null 2>&1; sleep 0.5; exec 1>/dev/tty 0</dev/tty; echo again; read x; echo \"read $x\"")));
        run.AwaitOutput("again");
        run.Type("me\r");
        run.AwaitOutput("read me");
        Assert.Equal(0, run.AwaitExit());
    }

    [SkippableFact]
    public void A_hung_up_terminal_neither_ends_the_run_nor_keeps_the_monitor_busy()
    {
        using MonitorRun run = Begin();

        // Another process takes the terminal for its session and leaves: the kernel hangs it up for everybody.
        Assert.Null(run.Start(Plan(run, "busybox setsid -c busybox sh -c 'exit 0'; sleep 1; exec 1>/dev/pts/0; echo still here; sleep 100")));
        run.AwaitOutput("still here");
        long before = run.MonitorTicks();
        Thread.Sleep(500);
        Assert.InRange(run.MonitorTicks() - before, 0, 10);
        run.Stop();
    }

    [SkippableFact]
    public void Two_sessions_see_the_same_and_both_may_type()
    {
        using MonitorRun run = Begin();
        Assert.Null(run.Start(Plan(run, "echo ready; while read -r line; do echo \"<$line>\"; [ \"$line\" = end ] && exit 4; done")));
        run.AwaitOutput("ready");
        using MonitorConnection other = run.Connect();
        other.Send(MessageType.Attach, default(MessageBody));
        other.Send(MessageType.Input, "from-two\r"u8);
        run.AwaitOutput("<from-two>");
        run.Type("end\r");
        Assert.Equal(4, run.AwaitExit());
        StringBuilder seen = new();
        while (other.Receive(out MessageType type, out ReadOnlyMemory<byte> data, CancellationToken.None) && type != MessageType.Exited)
        {
            seen.Append(type == MessageType.Output ? Encoding.UTF8.GetString(data.Span) : "");
        }

        Assert.Contains("<end>", seen.ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Nobody_may_type_without_a_standard_input()
    {
        using MonitorRun run = Begin();
        Assert.Null(run.Start(Plan(
            run, "echo ready; read -t 1 line && echo got; echo over", default, plan => plan with { Flags = plan.Flags & ~PlanFlags.StandardInput })));
        run.AwaitOutput("ready");
        run.Type("text\r");
        Assert.Equal(0, run.AwaitExit());
        Assert.DoesNotContain("got", run.Output, StringComparison.Ordinal);
        Assert.Contains("over", run.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_directory_that_is_no_devpts_gives_no_terminal()
    {
        using MonitorRun run = Begin();
        LaunchPlan plan = run.Plan("echo never");
        (int Step, int Errno)? failure = run.Start(plan with
        {
            Flags = plan.Flags | PlanFlags.Terminal,
            Steps = [LaunchSteps.OpenHost(Slot.Mount, "/dev", directory: true), LaunchSteps.OpenTerminal(Slot.Mount, default), .. plan.Steps],
        });
        Assert.Equal((1, Errno.ENODEV), failure);
    }

    [SkippableFact]
    public void A_program_that_cannot_be_started_says_so_and_leaves_no_terminal()
    {
        using MonitorRun run = Begin();
        LaunchPlan plan = Plan(run, "");
        LaunchStep missing = LaunchSteps.Execute(["missing"], [], ["/missing"]);
        (int Step, int Errno)? failure = run.Start(plan with { Steps = [.. plan.Steps.SkipLast(1), missing] });
        Assert.Equal((plan.Steps.Count - 1, Errno.ENOENT), failure);
    }

    private static MonitorRun Begin()
    {
        Skip.If(MonitorRun.Missing is not null, MonitorRun.Missing);
        return new MonitorRun();
    }
}
