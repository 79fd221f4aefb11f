using System.Net;
using System.Net.Sockets;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using Xunit;

namespace Containers.Engine.Tests.Monitor;

/// <summary>Published ports that the monitor keeps from other programs, in a namespace that plays the host.</summary>
public class HeldPortTests
{
    private static PlanPort Port(string protocol, int port, string address = "0.0.0.0") =>
        HostPort.Of(protocol, IPAddress.Parse(address), port);

    /// <summary>Whether another program can have it; as servers do it, with SO_REUSEADDR.</summary>
    private static bool CanBind(ProtocolType protocol, int port, string address = "0.0.0.0")
    {
        using Socket socket = Bound(protocol, port, address, out SocketError error);
        return error == SocketError.Success;
    }

    private static Socket Bound(ProtocolType protocol, int port, string address, out SocketError error)
    {
        IPAddress parsed = IPAddress.Parse(address);
        Socket socket = new(parsed.AddressFamily, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol);
        error = SocketError.Success;
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, protocol == ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(parsed, port));
            if (protocol == ProtocolType.Tcp)
            {
                socket.Listen(1);
            }
        }
        catch (SocketException e)
        {
            error = e.SocketErrorCode;
        }

        return socket;
    }

    private static void OnHost(Action<MonitorRun> test)
    {
        Skip.If(MonitorRun.Missing is not null, MonitorRun.Missing);
        using NetworkSandbox host = new();
        host.Required("link", "set", "lo", "up");
        host.Inside(() =>
        {
            using MonitorRun run = new();
            test(run);
        });
    }

    [SkippableFact]
    public void No_other_program_gets_a_published_port_until_the_container_has_ended() => OnHost(run =>
    {
        PlanPort[] ports = [Port("tcp", 8080), Port("udp", 53), Port("tcp", 81, "127.0.0.1")];
        Assert.Null(run.Start(run.Plan("ls /proc/self/fd | wc -l; sleep 60") with { Ports = ports }));
        run.AwaitOutput("4"); // 0, 1, 2 and the directory: the program has none of the sockets.
        Assert.False(CanBind(ProtocolType.Tcp, 8080));
        Assert.False(CanBind(ProtocolType.Tcp, 8080, "127.0.0.1"));
        Assert.False(CanBind(ProtocolType.Udp, 53));
        Assert.False(CanBind(ProtocolType.Tcp, 81, "127.0.0.1"));
        Assert.True(CanBind(ProtocolType.Tcp, 81, "127.0.0.2"));
        Assert.True(CanBind(ProtocolType.Udp, 8080));
        run.Stop();
        Assert.True(CanBind(ProtocolType.Tcp, 8080));
        Assert.True(CanBind(ProtocolType.Udp, 53));
        Assert.True(CanBind(ProtocolType.Tcp, 81, "127.0.0.1"));
    });

    [SkippableFact]
    public void Ports_stay_held_between_two_runs() => OnHost(run =>
    {
        Assert.Null(run.Start(run.Plan("exit 1") with
        {
            Ports = [Port("tcp", 8080)], Restart = new RestartSpec { Policy = RestartKind.OnFailure, Maximum = 2 },
        }));
        Assert.Equal(1, run.AwaitExit());
        Assert.False(CanBind(ProtocolType.Tcp, 8080));
        run.AwaitMonitor();
        Assert.True(CanBind(ProtocolType.Tcp, 8080));
    });

    [SkippableFact]
    public void A_port_of_one_family_leaves_the_other_family_alone() => OnHost(run =>
    {
        Skip.IfNot(Socket.OSSupportsIPv6, "this kernel has no IPv6");
        Assert.Null(run.Start(run.Plan("sleep 60") with { Ports = [Port("tcp", 8080, "::"), Port("udp", 8081, "::1")] }));
        Assert.True(CanBind(ProtocolType.Tcp, 8080));
        Assert.False(CanBind(ProtocolType.Tcp, 8080, "::1"));
        Assert.False(CanBind(ProtocolType.Udp, 8081, "::1"));
        run.Stop();
    });

    [SkippableFact]
    public void A_port_that_another_program_has_fails_the_start_before_anything_runs() => OnHost(run =>
    {
        using Socket taken = Bound(ProtocolType.Tcp, 8080, "127.0.0.1", out SocketError error);
        Assert.Equal(SocketError.Success, error);
        LaunchPlan plan = run.Plan($"touch {run["ran"]}") with { Ports = [Port("tcp", 8081), Port("tcp", 8080)] };
        (int step, int errno) = run.Start(plan)!.Value;
        Assert.Equal((PlanFormat.FirstPortStep + 1, Errno.EADDRINUSE), (step, errno));
        EngineException failure = LaunchFailure.Describe(plan, "web", step, errno);
        Assert.Equal(("PortInUse", EngineErrorKind.ResourceBusy, "8080/tcp"), (failure.ErrorId, failure.Kind, failure.ErrorTarget));
        Assert.Equal("Port 8080/tcp is used by another program.", failure.Message);
        MonitorRun.Eventually(() => !Directory.Exists(run["run"]), "the run directory is still there");
        Assert.True(CanBind(ProtocolType.Tcp, 8081));
        Assert.False(File.Exists(run["ran"]));
    });

    [SkippableFact]
    public void An_address_the_host_does_not_have_is_named() => OnHost(run =>
    {
        LaunchPlan plan = run.Plan("true") with { Ports = [Port("udp", 53, "192.0.2.7")] };
        (int step, int errno) = run.Start(plan)!.Value;
        EngineException failure = LaunchFailure.Describe(plan, "web", step, errno);
        Assert.Equal("HostAddressNotFound", failure.ErrorId);
        Assert.Equal("This host has no address 192.0.2.7.", failure.Message);
    });

    [SkippableFact]
    public void Ports_are_held_and_released_while_the_container_runs() => OnHost(run =>
    {
        Assert.Null(run.Start(run.Plan("sleep 60") with { Ports = [Port("tcp", 8080)] }));
        Assert.Equal(0, run.Ask(c => c.Send(MessageType.HoldPort, Port("tcp", 8081))));
        Assert.False(CanBind(ProtocolType.Tcp, 8081));
        Assert.Equal(Errno.EADDRINUSE, run.Ask(c => c.Send(MessageType.HoldPort, Port("tcp", 8081, "127.0.0.1"))));
        Assert.Equal(0, run.Ask(c => c.Send(MessageType.ReleasePort, Port("tcp", 8080))));
        Assert.True(CanBind(ProtocolType.Tcp, 8080));
        Assert.False(CanBind(ProtocolType.Tcp, 8081));
        Assert.Equal(Errno.ENOENT, run.Ask(c => c.Send(MessageType.ReleasePort, Port("tcp", 8080))));
        run.Stop();
        Assert.True(CanBind(ProtocolType.Tcp, 8081));
    });

    [SkippableFact]
    public void A_datagram_to_a_held_port_is_dropped_and_not_queued() => OnHost(run =>
    {
        Assert.Null(run.Start(run.Plan("sleep 60") with { Ports = [Port("udp", 5353)] }));
        using (Socket sender = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))
        {
            sender.SendTo(new byte[1000], new IPEndPoint(IPAddress.Loopback, 5353));
        }

        string[] fields = File.ReadLines("/proc/thread-self/net/udp").Single(line => line.Contains(":14E9 ", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("00000000:00000000", fields[4]); // tx_queue:rx_queue
        Assert.Equal("1", fields[^1]); // drops
        run.Stop();
    });

    [SkippableFact]
    public void As_many_ports_are_held_as_one_container_may_have() => OnHost(run =>
    {
        PlanPort[] all = [.. Enumerable.Range(10_000, PlanFormat.MaximumPorts).Select(port => Port("tcp", port))];
        Assert.Null(run.Start(run.Plan("sleep 60") with { Ports = all }));
        Assert.False(CanBind(ProtocolType.Tcp, 10_000 + PlanFormat.MaximumPorts - 1));
        Assert.Equal(Errno.EMFILE, run.Ask(c => c.Send(MessageType.HoldPort, Port("tcp", 80))));
        run.Stop();
    });

    [Fact]
    public void More_ports_are_refused_with_the_plan()
    {
        ContainerSpec spec = Launch.PlanInput.Spec();
        LaunchPlan plan = LaunchPlanCompiler.Compile(Launch.PlanInput.Of(spec) with { Ports = new PlanPort[PlanFormat.MaximumPorts + 1] });
        Assert.Equal("TooManyPorts", Assert.Throws<EngineException>(() => PlanWriter.Write(plan)).ErrorId);
    }
}
