using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;
using Xunit;

namespace Containers.Engine.Tests.Monitor;

/// <summary>A network namespace that was made before the process, and that the monitor holds by a descriptor.</summary>
public class NetworkDescriptorTests
{
    [SkippableFact]
    public void The_program_sees_the_interfaces_that_were_put_there_and_has_no_descriptor_of_the_namespace()
    {
        Skip.If(MonitorRun.Missing is not null, MonitorRun.Missing);
        using NetworkSandbox network = new();
        network.Required("link", "add", "made0", "type", "veth", "peer", "name", "made1");
        using MonitorRun run = new();
        const string Look = "ls /proc/self/fd | tr '\\n' ' '; cat /proc/net/dev; readlink /proc/self/ns/net";
        Assert.Null(run.Start(run.Plan(Look, joins: true), network));
        Assert.Equal(0, run.AwaitExit());
        Assert.StartsWith("0 1 2 3 ", run.Output, StringComparison.Ordinal); // 3 is the directory that ls reads.
        Assert.DoesNotContain("4 ", run.Output[..9], StringComparison.Ordinal);
        Assert.Contains("made0:", run.Output, StringComparison.Ordinal);
        Assert.Contains(network.Identity, run.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_session_reaches_the_namespace_through_the_monitor_between_two_runs_and_the_next_run_is_in_it_again()
    {
        Skip.If(MonitorRun.Missing is not null, MonitorRun.Missing);
        NetworkSandbox network = new();
        string identity = network.Identity;
        using MonitorRun run = new();
        string script = $"readlink /proc/self/ns/net >> {run["seen"]}; exit 3";
        Assert.Null(run.Start(
            run.Plan(script, joins: true) with { Restart = new RestartSpec { Policy = RestartKind.OnFailure, Maximum = 3 } }, network));
        network.Dispose(); // From here on the monitor alone keeps it.

        Assert.Equal(3, run.AwaitExit()); // The first end; the delays are 100, 200 and 400 milliseconds.
        Assert.Equal(identity, NetworkSandbox.Link($"/proc/{run.Monitor.Pid}/fd/{MonitorProtocol.NetworkDescriptor}"));
        Assert.NotEqual(identity, NetworkSandbox.Link($"/proc/{run.Monitor.Pid}/ns/net"));
        int opened = Files.Open($"/proc/{run.Monitor.Pid}/fd/{MonitorProtocol.NetworkDescriptor}", Libc.O_RDONLY);
        Assert.True(opened >= 0, Errno.Describe(-opened));
        Assert.Equal(identity, NetworkSandbox.IdentityOf(opened));
        Assert.Equal(0, Libc.close(opened));

        run.AwaitMonitor();
        Assert.Equal([identity, identity, identity, identity], File.ReadAllLines(run["seen"]));
    }

    [SkippableFact]
    public void With_the_container_the_kernel_removes_the_namespace_and_what_is_in_it()
    {
        Skip.If(MonitorRun.Missing is not null, MonitorRun.Missing);
        using NetworkSandbox outside = new();
        NetworkSandbox network = new();
        outside.Connect("out0", network, "in0");
        using MonitorRun run = new();
        Assert.Null(run.Start(run.Plan("sleep 60", joins: true), network));
        network.Dispose();
        Assert.Equal(0, outside.Ip("link", "show", "out0").ExitCode);
        run.Stop();
        MonitorRun.Eventually(() => outside.Ip("link", "show", "out0").ExitCode != 0, "the interface is still there");
        run.AwaitMonitor();
        Assert.DoesNotContain(
            network.Identity, Directory.GetDirectories("/proc").Select(process => NetworkSandbox.Link(process + "/ns/net")));
    }

    [SkippableFact]
    public void A_killed_monitor_leaves_nothing_either()
    {
        Skip.If(MonitorRun.Missing is not null, MonitorRun.Missing);
        using NetworkSandbox outside = new();
        NetworkSandbox network = new();
        outside.Connect("out0", network, "in0");
        using MonitorRun run = new();
        Assert.Null(run.Start(run.Plan("sleep 60", joins: true), network));
        network.Dispose();
        Assert.True(ProcessIdentity.TryRead(run.ProcessId, out long start, out _));
        Assert.True(run.Monitor.TrySignal(Libc.SIGKILL));
        Assert.True(new ProcessIdentity(run.ProcessId, start).TrySignal(Libc.SIGKILL));
        MonitorRun.Eventually(() => outside.Ip("link", "show", "out0").ExitCode != 0, "the interface is still there");
    }

    [SkippableFact]
    public void A_plan_that_joins_a_namespace_nobody_gave_is_refused()
    {
        Skip.If(MonitorRun.Missing is not null, MonitorRun.Missing);
        using MonitorRun run = new();
        Assert.Equal((-1, Errno.EBADF), run.Start(run.Plan("true", joins: true)));
    }
}
