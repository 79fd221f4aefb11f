namespace Containers.Cmdlets.Tests.Network;

/// <summary>What the views of networks show, of objects made up here.</summary>
[Collection("hosted shell")]
public sealed class NetworkViewTests(ModuleShell shell) : IClassFixture<ModuleShell>
{
    private const string Bridge = "New-EngineObject ContainerBridge @{ Name = 'br0'; State = 'Up'; Mtu = 1500; Network = 'bridge';"
        + "MacAddress = [System.Net.NetworkInformation.PhysicalAddress]::Parse('02-42-AC-11-00-02');"
        + "Addresses = @((New-EngineObject InterfaceAddress ([ipaddress]'192.168.5.1'), 24), (New-EngineObject InterfaceAddress ([ipaddress]'fd00::1'), 64));"
        + "Ports = @((New-EngineObject ContainerBridgePort 'veth1', 'web', 'eth0'), (New-EngineObject ContainerBridgePort 'tap0', '', '')) }";

    private const string Network = "New-EngineObject ContainerNetwork @{ Name = 'backend'; Id = ('ab' * 32); BridgeName = 'br-abab'; Containers = @('web', 'db');"
        + "Subnets = @([System.Net.IPNetwork]::Parse('10.1.0.0/24')); Gateways = @([ipaddress]'10.1.0.1') }";

    private string[] Lines(string script) =>
        [.. shell.Show(script).HostText.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd()).Where(line => line.Length > 0)];

    [SkippableFact]
    public void A_bridge_shows_each_interface_with_its_container()
    {
        Assert.Equal(
            ["Name State Addresses Mtu Network Interfaces", "br0 Up 192.168.5.1/24 1500 bridge veth1 (web eth0)", "fd00::1/64 tap0"],
            Lines(Bridge).Where(line => !line.StartsWith('-')).Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        Assert.Contains("MacAddress                  : 02:42:ac:11:00:02", Lines(Bridge + " | Format-List"));
    }

    [SkippableFact]
    public void A_network_shows_addresses_as_text()
    {
        Assert.Equal(
            [
                "Name    Driver Subnet      Interface Containers",
                "----    ------ ------      --------- ----------",
                "backend Bridge 10.1.0.0/24 br-abab   web, db",
            ],
            Lines(Network));
        Assert.Contains("Subnets                     : 10.1.0.0/24", Lines(Network + " | Format-List"));
    }

    [SkippableFact]
    public void Firewall_rules_are_grouped_by_chain_in_their_order()
    {
        const string rule = "New-EngineObject ContainerFirewallRule @{ Family = 'IPv4'; Table = 'nat'; Chain = $_; Rule = '-j RETURN'; Reason = 'test'; Owner = 'web' }";
        Assert.Equal(
            ["Chain: IPv4 nat A", "Chain: IPv4 nat B"],
            Lines($"'A', 'A', 'B' | ForEach-Object {{ {rule} }}").Where(line => line.Contains("Chain:", StringComparison.Ordinal)).Select(line => line.Trim()));
    }

    [SkippableFact]
    public void Settings_show_what_is_left_to_the_engine()
    {
        string[] lines = Lines("New-EngineObject NetworkSettings @{ Mtu = 1400; Dns = @('10.0.0.1', '10.0.0.2'); IPTables = $false }");
        Assert.Contains("BridgeName                  : (automatic)", lines);
        Assert.Contains("Mtu                         : 1400", lines);
        Assert.Contains("Dns                         : 10.0.0.1, 10.0.0.2", lines);
        Assert.Contains("IPTables                    : False", lines);
    }

    [SkippableTheory]
    [InlineData("New-EngineObject ContainerBridge @{ Name = $args[0]; State = $args[0]; Network = $args[0]; Ports = @((New-EngineObject ContainerBridgePort $args[0], $args[0], $args[0])) }")]
    [InlineData("$l = [System.Collections.Generic.Dictionary[string,string]]::new(); $l.Add($args[0], $args[0]);"
        + "New-EngineObject ContainerNetwork @{ Name = $args[0]; Id = ('ab' * 32); BridgeName = $args[0]; Parent = $args[0]; Containers = @($args[0]); Labels = $l }")]
    [InlineData("New-EngineObject ContainerFirewallRule @{ Family = 'IPv4'; Table = $args[0]; Chain = $args[0]; Rule = $args[0]; Owner = $args[0]; Reason = $args[0] }")]
    [InlineData("New-EngineObject ContainerNetworkProblem 'RuleMissing', $args[0], $args[0], $true")]
    [InlineData("New-EngineObject NetworkSettings @{ BridgeName = $args[0]; Dns = @($args[0]); ChainPrefix = $args[0] }")]
    public void No_text_of_others_steers_the_terminal(string script)
    {
        foreach (string form in new[] { "", " | Format-List" })
        {
            string text = shell.Show(script + form, "\u001b]0;owned\u0007\u001b[2Jred\u009b31m").HostText;
            Assert.Contains("red", text, StringComparison.Ordinal);
            Assert.DoesNotContain(text, c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'));
        }
    }
}
