using System.Diagnostics;

namespace Containers.Cmdlets.Tests.Network.Scenarios;

/// <summary>
/// The world around the host, which is the namespace this process is in: interface "up0", 192.0.2.10, leads to a neighbour at 192.0.2.1,
/// which is the default gateway and, as 198.51.100.7, the internet (RFC 5737). The neighbour is a namespace that a process of ours holds.
/// </summary>
public sealed class LanFixture : IDisposable
{
    internal const string HostAddress = "192.0.2.10";
    internal const string NeighbourAddress = "192.0.2.1";
    internal const string InternetAddress = "198.51.100.7";
    internal const string HostAddress6 = "fd00:192:2::10";
    internal const string NeighbourAddress6 = "fd00:192:2::1";

    private readonly Process? _holder;

    public LanFixture()
    {
        if (OwnNetwork.Missing is not null)
        {
            return;
        }

        _holder = Process.Start("/usr/bin/unshare", ["--net", "--", "sleep", "100000"]);
        string own = new FileInfo("/proc/self/ns/net").LinkTarget!;
        Stopwatch time = Stopwatch.StartNew();
        while (new FileInfo($"/proc/{_holder.Id}/ns/net").LinkTarget == own)
        {
            Assert.True(time.Elapsed.TotalSeconds < 10, "no namespace for the neighbour");
            Thread.Sleep(5);
        }

        Neighbour = Place.OfProcess(_holder.Id);
        Sh("echo 1 > /proc/sys/net/ipv4/ip_forward");
        Sh($"ip link add up0 type veth peer name up1 netns {_holder.Id}; ip addr add {HostAddress}/24 dev up0;"
            + $"ip addr add {HostAddress6}/64 dev up0 nodad; ip link set up0 up");

        // Its loopback stays down, so that 127.0.0.1 can be an address of somebody else's for it.
        ShNeighbour($"ip addr add {NeighbourAddress}/24 dev up1; ip addr add {InternetAddress}/32 dev up1;"
            + $"ip addr add {NeighbourAddress6}/64 dev up1 nodad; ip link set up1 up");
        Sh($"ip route add default via {NeighbourAddress}; ip -6 route add default via {NeighbourAddress6}");
    }

    internal Place Neighbour { get; } = Place.Host;

    public void Dispose()
    {
        if (_holder is not null)
        {
            TrySh("ip link del up0");
            _holder.Kill();
            _holder.WaitForExit();
            _holder.Dispose();
        }
    }

    /// <summary>A shell script on the host.</summary>
    internal static string Sh(string script)
    {
        (int exit, string output) = TrySh(script);
        Assert.True(exit == 0, $"{script}: {output}");
        return output.Trim();
    }

    internal static (int Exit, string Output) TrySh(string script) => Run("/bin/sh", ["-ec", "exec 2>&1; " + script]);

    internal string ShNeighbour(string script) => ShIn(_holder!.Id, script);

    /// <summary>A shell script of the host's programs in the network namespace of a process.</summary>
    internal static string ShIn(int pid, string script)
    {
        (int exit, string output) = Run("/usr/bin/nsenter", [$"--net=/proc/{pid}/ns/net", "/bin/sh", "-ec", "exec 2>&1; " + script]);
        Assert.True(exit == 0, $"{script}: {output}");
        return output.Trim();
    }

    private static (int Exit, string Output) Run(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
