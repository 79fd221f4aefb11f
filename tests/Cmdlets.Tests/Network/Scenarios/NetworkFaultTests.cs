using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Network.Scenarios;

/// <summary>Sessions and monitors are killed, bridges and rules are damaged (F1, F2, F9, F19): found, repaired, nothing left.</summary>
public sealed class NetworkFaultTests(ContainerHostFixture host, LanFixture lan) : LanTest(host, lan)
{
    private static readonly string[] s_nothing = ["silence", "refused"];

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(23)]
    [InlineData(71)]
    [InlineData(140)]
    public void A_session_killed_at_any_moment_leaves_nothing_behind_the_next_cmdlet(int milliseconds)
    {
        Run("1");
        using OtherSession session = new(
            Host,
            "for ($i = 0; ; $i++) { $null = New-ContainerNetwork n; $null = Invoke-ContainerImage busybox -Detach -Name d -Network n, bridge"
            + " -Publish 8080:80 -Command sleep, 1000; $null = Publish-ContainerPort d 81; Disconnect-ContainerNetwork bridge d;"
            + " Restart-Container d -Timeout 0; Remove-Container d -Force; Remove-ContainerNetwork n -Force }");
        Eventually(() => Host.Monitors().Any() || session.HasExited, () => "the session does nothing", 30);
        Thread.Sleep(milliseconds);
        Assert.False(session.HasExited);
        session.Kill();
        Ok("Get-Container | Remove-Container -Force; Remove-ContainerNetwork * -Force");
        Eventually(() => Leftovers().Split('\n').All(IsLease), () => "left behind:\n" + Leftovers());

        string[] leases = Leftovers().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Detach("d", parameters: "-Publish 8080:80");
        Assert.Equal(["True"], Ok("Test-ContainerNetwork -Quiet").Lines);

        // A lease of an owner that never came to be counts for nothing: whoever asks gets the port, as above, and the address.
        Ok("Remove-Container d -Force");
        foreach (string lease in leases.Where(File.Exists))
        {
            File.Delete(lease);
        }
    }

    private static bool IsLease(string line) => line.Length == 0
        || line.Contains("/network/addresses/", StringComparison.Ordinal) || line.Contains("/network/ports/", StringComparison.Ordinal);

    [SkippableFact]
    public void What_a_killed_monitor_and_container_had_goes_with_the_next_cmdlet()
    {
        Detach("stays");
        Detach("a", parameters: "-Publish 8080:80");
        string address = Address("a");
        string hosts = Path.Combine(Host.Shell.RunRoot, "containers", Get("stays", "Id"), "hosts");
        Assert.Contains(address, File.ReadAllText(hosts), StringComparison.Ordinal);
        string id = Get("a", "ShortId");
        int pid = Number("a", "ProcessId");
        Kill(Number("a", "MonitorProcessId"));
        Kill(pid);
        Eventually(() => !IsAlive(pid), () => "it lives");
        AwaitState("a", "Exited");
        Assert.Empty(Rules(id));
        Assert.DoesNotContain(address, File.ReadAllText(hosts), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "8080", string.Join(' ', Directory.GetFiles(Path.Combine(Host.Shell.RunRoot, "network", "ports"))), StringComparison.Ordinal);
        using MirrorServer stranger = Place.Host.Serve(8080);
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(LanFixture.HostAddress, 8080));
    }

    [SkippableFact]
    public void A_container_whose_monitor_was_killed_keeps_its_network_until_it_is_stopped()
    {
        Detach("a", parameters: "-Publish 8080:80");
        string id = Get("a", "ShortId");
        using (MirrorServer server = In("a").Serve(80))
        {
            Kill(Number("a", "MonitorProcessId"));
            Eventually(() => Get("a", "Supervised") == "False", () => "the monitor's death is not seen");
            Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(LanFixture.HostAddress, 8080));
        }

        Ok("Stop-Container a -Timeout 0");
        Assert.Empty(Rules(id));
        Ok("Start-Container a");
        using MirrorServer again = In("a").Serve(80);
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(LanFixture.HostAddress, 8080));
    }

    /// <summary>Nobody but the monitor is there to see the end: no cmdlet runs between it and the look at the rules.</summary>
    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void When_a_container_ends_by_itself_its_monitor_takes_its_rules_away(string backend)
    {
        Ok($"Set-ContainerHost -FirewallBackend {backend}");
        Detach("a", parameters: "-Publish 8080:80");
        string id = Get("a", "ShortId");
        Assert.NotEmpty(Rules(id));
        Kill(Number("a", "ProcessId"));
        Eventually(() => Rules(id).Length == 0, () => string.Join('\n', Rules(id)));
    }

    [SkippableFact]
    public void A_bridge_deleted_under_running_containers_is_found_and_repaired()
    {
        Ok("$null = New-ContainerNetwork net");
        Detach("a", parameters: "-Network net -Publish 8080:80");
        Detach("b", parameters: "-Network net");
        using MirrorServer web = In("a").Serve(80);
        Sh($"ip link del {Ok("(Get-ContainerNetwork net).BridgeName").Lines.Single()}");
        Assert.True(In("b").CannotReach(Address("a"), 80));
        Assert.Contains("BridgeMissing", Ok("(Test-ContainerNetwork).Kind").Lines);
        Ok("$null = Repair-ContainerNetwork");
        Assert.Equal(["True"], Ok("Test-ContainerNetwork -Quiet").Lines);
        Assert.Equal(Address("b"), In("b").Ask(Address("a"), 80));
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(LanFixture.HostAddress, 8080));
        Assert.DoesNotContain(In("a").Ask(LanFixture.HostAddress, 8080), s_nothing);
    }

    [SkippableTheory]
    [InlineData("nft", "iptables-nft -t nat -F CONTAINERS")]
    [InlineData("legacy", "iptables-legacy -t nat -F; iptables-legacy -F; iptables-legacy -t raw -F")]
    [InlineData("nft", "iptables-nft -t nat -D PREROUTING -m addrtype --dst-type LOCAL -j CONTAINERS")]
    [InlineData("nft", "iptables-nft -I FORWARD -j DROP")]
    [InlineData("legacy", "iptables-legacy -I FORWARD -o containers0 -j REJECT")]
    [InlineData("nft", "echo 0 > /proc/sys/net/ipv4/ip_forward")]
    [InlineData("nft", "ip link set containers0 down")]
    [InlineData("nft", "ip addr flush dev containers0")]
    public void Damage_is_found_and_repaired(string backend, string damage)
    {
        Ok($"Set-ContainerHost -FirewallBackend {backend}");
        Detach("web", parameters: "-Publish 8080:80");
        using MirrorServer web = In("web").Serve(80);
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(LanFixture.HostAddress, 8080));
        Sh(damage);
        try
        {
            Assert.True(Neighbour.CannotReach(LanFixture.HostAddress, 8080), "this is no damage");
            Assert.Equal(["False"], Ok("Test-ContainerNetwork -Quiet").Lines);
            Assert.NotEmpty(Ok("Repair-ContainerNetwork").Output);
            Assert.Equal(["True"], Ok("Test-ContainerNetwork -Quiet").Lines);
            Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(LanFixture.HostAddress, 8080));
        }
        finally
        {
            Sh("iptables-nft -F FORWARD; iptables-legacy -F FORWARD; echo 1 > /proc/sys/net/ipv4/ip_forward");
        }
    }

    [SkippableFact]
    public void A_port_of_a_stranger_is_found_before_the_start_and_nothing_stays()
    {
        Ok("$null = New-Container busybox -Name web -Publish 8079:79, 8080:80 -Command sleep, 1000");
        using (MirrorServer stranger = Place.Host.Serve(8080))
        {
            Assert.Equal(System.Management.Automation.ErrorCategory.ResourceBusy, Fails("PortInUse", "Start-Container web").CategoryInfo.Category);
            Assert.NotEqual("Running", Get("web", "State"));
            Assert.Empty(Rules());
            Assert.Empty(Sh("ip -o link show type veth | grep -v up0 || true"));
            Assert.False(Host.Monitors().Any());
        }

        Ok("Start-Container web");
        Fails("PortAlreadyAllocated", "Invoke-ContainerImage busybox -Detach -Name other -Publish 8080:80 -Command sleep, 1000");
        Fails("PortAlreadyAllocated", "Publish-ContainerPort web 8080:81");
    }

    [SkippableFact]
    public void A_subnet_of_four_addresses_is_exhausted_and_gives_back()
    {
        Ok("$null = New-ContainerNetwork tiny -Subnet 10.205.4.0/29");
        foreach (string name in new[] { "one", "two", "three", "four", "five" })
        {
            Detach(name, parameters: "-Network tiny");
        }

        Fails("AddressPoolExhausted", "Invoke-ContainerImage busybox -Detach -Name six -Network tiny -Command sleep, 1000");
        string freed = Address("three");
        Ok("Remove-Container three -Force; Remove-Container six -Force -ErrorAction Ignore");
        Detach("seven", parameters: "-Network tiny");
        Assert.Equal(freed, Address("seven"));
        Fails("AddressInUse", $"Invoke-ContainerImage busybox -Detach -Network tiny -IPAddress {freed} -Command sleep, 1000");
    }

    [SkippableFact]
    public void Subnets_that_overlap_with_a_network_or_a_route_are_refused()
    {
        Ok("$null = New-ContainerNetwork one -Subnet 10.205.4.0/24");
        Fails("SubnetOverlaps", "New-ContainerNetwork two -Subnet 10.205.4.128/25");
        Fails("SubnetOverlaps", "New-ContainerNetwork two -Subnet 10.205.0.0/16");
        Fails("SubnetOverlaps", "New-ContainerNetwork two -Subnet 192.0.2.0/28");
        Assert.Equal(["bridge", "one"], Ok("(Get-ContainerNetwork).Name | Sort-Object").Lines);
    }

    [SkippableFact]
    public void Two_sessions_and_four_runspaces_never_get_the_same_address_or_port()
    {
        Run("1");
        using OtherSession session = new(
            Host, "1..8 | ForEach-Object { $null = Invoke-ContainerImage busybox -Detach -Name \"s$_\""
            + " -PublishAll -Expose 80 -Command sleep, 1000 }");
        string module = Hosting.BuiltOutput.Module!;
        Ok("1..12 | ForEach-Object -ThrottleLimit 4 -Parallel { Import-Module $using:args[0];"
            + $" $null = Invoke-ContainerImage busybox -Detach -Name \"r$_\" -CgroupParent {Host.CgroupParent}"
            + " -PublishAll -Expose 80 -Command sleep, 1000 }", module);
        session.Finish();
        Assert.Equal("", session.Errors);
        string[] addresses = [.. Ok("Get-Container | ForEach-Object { \"$($_.IPAddress)\" }").Lines];
        string[] ports = [.. Ok("Get-ContainerPort | ForEach-Object { \"$($_.HostPort)\" }").Lines];
        Assert.Equal(20, addresses.Distinct().Count());
        Assert.Equal(20, ports.Distinct().Count());
        Assert.Equal(["True"], Ok("Test-ContainerNetwork -Quiet").Lines);
    }

    /// <summary>A host without iptables: /usr/sbin and /sbin are empty for this thread's children, as PATH is for the look-up.</summary>
    [SkippableFact]
    public void Without_iptables_the_error_says_what_to_do_and_without_rules_it_goes_on()
    {
        Run("1");
        string script = "Invoke-ContainerImage busybox -Detach -Name a -Command sleep, 1000 -ErrorVariable e"
            + " -ErrorAction SilentlyContinue | Out-Null;"
            + "$e[0].FullyQualifiedErrorId; $e[0].ErrorDetails.RecommendedAction;"
            + "Set-ContainerHost -IPTables $false;"
            + "$null = Invoke-ContainerImage busybox -Detach -Name b -Command sleep, 1000; (Get-Container b).State";
        using OtherSession session = new(Host, script, OtherSession.Hide("/usr/sbin", "/usr/local/sbin"));
        string[] lines = session.Finish();
        Assert.Equal("", session.Errors);
        Assert.StartsWith("IPTablesNotFound", lines[0], StringComparison.Ordinal);
        Assert.Contains("iptables", lines[1], StringComparison.Ordinal);
        Assert.Equal("Running", lines[^1]);
        Assert.Empty(Rules());
        using MirrorServer server = In("b").Serve(80);
        Assert.DoesNotContain(Place.Host.Ask(Address("b"), 80), s_nothing);
        Fails("PublishNeedsIPTables", "Publish-ContainerPort b 80");
    }
}
