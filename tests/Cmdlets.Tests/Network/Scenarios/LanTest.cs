using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Network.Scenarios;

/// <summary>
/// A test with real containers on a host with a neighbour (<see cref="LanFixture"/>). After each one, settings and networks are as at first,
/// and no rule, interface, lease or name may be left.
/// </summary>
public abstract class LanTest : LifecycleTest, IClassFixture<LanFixture>
{
    private readonly LanFixture _lan;

    protected LanTest(ContainerHostFixture host, LanFixture lan)
        : base(host)
    {
        _lan = lan;
        OwnNetwork.Require();
    }

    private protected Place Neighbour => _lan.Neighbour;

    private protected LanFixture Lan => _lan;

    private protected Place In(string container) => Place.OfProcess(Number(container, "ProcessId"));

    /// <summary>A shell script of the host's programs in the network namespace of a container.</summary>
    private protected string ShIn(string container, string script) => LanFixture.ShIn(Number(container, "ProcessId"), script);

    private protected static string Sh(string script) => LanFixture.Sh(script);

    private protected string Address(string container) => Get(container, "IPAddress");

    /// <summary>Both kinds of rules, all that begins with our prefix or another one.</summary>
    private protected static string[] Rules(string part = "CONTAINERS") =>
        [.. Sh("for p in iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy; do $p-save 2>/dev/null; done")
            .Split('\n').Where(line => line.Contains(part, StringComparison.Ordinal))];

    protected override void Clean()
    {
        Run("Get-Container | Remove-Container -Force;"
            + "Set-ContainerHost -BridgeName $null -BridgeIP $null -Mtu $null -FixedCidr $null -IPv6Subnet $null -Dns $null -DnsSearch $null"
            + " -IPTables $null -IPForward $null -IPMasquerade $null -InterContainerCommunication $null -DefaultBindingAddress $null"
            + " -FirewallBackend $null -ChainPrefix $null -DefaultAddressPool $null;"
            + "Remove-ContainerNetwork * -Force; Remove-ContainerBridge * -Force");
    }

    protected override string Leftovers()
    {
        string run = Path.Combine(Host.Shell.RunRoot, "network");

        // The lock stays, and where the last search for an address or a port ended.
        IEnumerable<string> files = (Directory.Exists(run) ? Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories) : [])
            .Where(file => Path.GetFileName(file) is not "lock" && !Path.GetFileName(file).StartsWith("last", StringComparison.Ordinal));
        IEnumerable<string> links = Sh("ip -o link show type veth; ip -o link show type macvlan")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.Contains(" up0@", StringComparison.Ordinal));
        return string.Join('\n', [base.Leftovers(), .. files, .. links, .. Rules()]).Trim('\n');
    }
}
