using System.Management.Automation;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Network;

/// <summary>Bridges, networks and settings as a user makes, sees, changes and removes them.</summary>
public sealed class NetworkCmdletTests(ContainerHostFixture host) : LifecycleTest(host)
{
    private void StartClean()
    {
        OwnNetwork.Require();
        Ok("Get-Container | Remove-Container -Force; Remove-ContainerNetwork * -Force; Set-ContainerHost -BridgeName $null -BridgeIP $null -Mtu $null"
            + " -FixedCidr $null -Dns $null -IPTables $null -InterContainerCommunication $null; Remove-ContainerBridge test* -Force");
    }

    [SkippableFact]
    public void A_bridge_is_made_shown_changed_and_removed()
    {
        StartClean();
        Assert.Equal(["test0 192.168.205.1/24 Up True"],
            Ok("$b = New-ContainerBridge test0 192.168.205.1/24; \"$($b.Name) $($b.Addresses) $($b.State) $($b.Managed)\"").Lines);
        Assert.Equal(["test0"], Ok("(Get-ContainerBridge tes*).Name").Lines);
        Assert.Empty(Ok("Set-ContainerBridge test0 -Mtu 1400").Output);
        Assert.Equal(["1400 False"],
            Ok("$b = Set-ContainerBridge test0 -InterContainerCommunication:$false -PassThru; \"$($b.Mtu) $($b.InterContainerCommunication)\"").Lines);
        Assert.Empty(Ok("Remove-ContainerBridge test0").Output);
        Assert.Empty(Ok("Get-ContainerBridge test*").Output);
        Assert.Equal(ErrorCategory.ObjectNotFound, Fails("BridgeNotFound", "Get-ContainerBridge test0").CategoryInfo.Category);
    }

    [SkippableFact]
    public void A_network_is_made_found_and_removed()
    {
        StartClean();
        Assert.Equal(["backend 10.205.0.0/24 10.205.0.1"],
            Ok("$n = New-ContainerNetwork backend -Subnet 10.205.0.0/24 -Label tier=db; \"$($n.Name) $($n.Subnets) $($n.Gateways)\"").Lines);
        Assert.Equal(["backend"], Ok("(Get-ContainerNetwork -Label tier=d*).Name").Lines);
        Assert.Equal(["backend"], Ok("(Get-ContainerNetwork -Dangling).Name").Lines);
        Assert.Equal(["True"], Ok("(New-ContainerNetwork backend -IfNotExists).Id -eq (Get-ContainerNetwork backend).Id").Lines);
        Assert.Equal(ErrorCategory.ResourceExists, Fails("NetworkExists", "New-ContainerNetwork backend").CategoryInfo.Category);
        Ok("Get-ContainerNetwork -Dangling | Remove-ContainerNetwork");
        Assert.Equal(["bridge"], Ok("(Get-ContainerNetwork).Name").Lines);
        Fails("NetworkNotFound", "Get-ContainerNetwork backend");
        Assert.Empty(Ok("Get-ContainerNetwork back*").Output);
    }

    public static TheoryData<string, ErrorCategory, string> Refused => new()
    {
        { "InvalidSubnet", ErrorCategory.InvalidArgument, "New-ContainerNetwork a -Subnet 10.205.0.0/40" },
        { "InvalidGateway", ErrorCategory.InvalidArgument, "New-ContainerNetwork a -Subnet 10.205.0.0/24 -Gateway 10.206.0.1" },
        { "InvalidMtu", ErrorCategory.InvalidArgument, "New-ContainerNetwork a -Mtu 10" },
        { "NetworkNotFound", ErrorCategory.ObjectNotFound, "Remove-ContainerNetwork a" },
        { "DefaultNetwork", ErrorCategory.InvalidOperation, "Remove-ContainerNetwork bridge" },
        { "ParentNotFound", ErrorCategory.ObjectNotFound, "New-ContainerNetwork a -Driver Macvlan -Subnet 10.205.0.0/24 -Parent nothing0" },
        { "BridgeNotFound", ErrorCategory.ObjectNotFound, "Set-ContainerBridge test9 -Mtu 1400" },
        { "BridgeNotFound", ErrorCategory.ObjectNotFound, "Remove-ContainerBridge test9" },
        { "BridgeNotFound", ErrorCategory.ObjectNotFound, "Set-ContainerHost -BridgeName test9" },
        { "ConflictingSettings", ErrorCategory.InvalidArgument, "Set-ContainerHost -BridgeIP 192.168.205.1/24 -BridgeName test9" },
        { "ConflictingSettings", ErrorCategory.InvalidArgument, "Set-ContainerHost -IPTables $false -InterContainerCommunication $false" },
        { "ContainerNotFound", ErrorCategory.ObjectNotFound, "Connect-ContainerNetwork bridge nobody" },
        { "ContainerNotFound", ErrorCategory.ObjectNotFound, "Get-ContainerFirewallRule nobody" },
    };

    [SkippableTheory]
    [MemberData(nameof(Refused))]
    public void It_is_refused_with_id_category_and_advice(string errorId, ErrorCategory category, string command)
    {
        StartClean();
        string before = string.Join('|', Ok("(Get-ContainerNetwork).Name; (Get-ContainerBridge).Name; (Get-ContainerHost).Network").Lines);
        ErrorRecord error = Fails(errorId, command);
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.False(string.IsNullOrEmpty(error.ErrorDetails.RecommendedAction), "no advice");
        Assert.Equal(before, string.Join('|', Ok("(Get-ContainerNetwork).Name; (Get-ContainerBridge).Name; (Get-ContainerHost).Network").Lines));
    }

    [SkippableFact]
    public void Settings_are_kept_shown_and_given_back()
    {
        StartClean();
        Assert.Empty(Ok("Set-ContainerHost -Mtu 1400 -Dns 10.0.0.1, 10.0.0.2 -InterContainerCommunication:$false").Output);
        Assert.Equal(["1400 10.0.0.1 10.0.0.2 False"],
            Ok("$n = (Get-ContainerHost).Network; \"$($n.Mtu) $($n.Dns) $($n.InterContainerCommunication)\"").Lines);
        Assert.Equal([" 10.0.0.1 10.0.0.2 True"],
            Ok("$n = (Set-ContainerHost -Mtu $null -InterContainerCommunication $null -PassThru).Network; \"$($n.Mtu) $($n.Dns) $($n.InterContainerCommunication)\"").Lines);
        Assert.Equal(["0"], Ok("Set-ContainerHost -Dns ''; (Get-ContainerHost).Network.Dns.Count").Lines);
    }

    [SkippableFact]
    public void WhatIf_judges_settings_and_changes_nothing()
    {
        StartClean();
        Assert.Contains("Mtu from (automatic) to 1400", Ok("Set-ContainerHost -Mtu 1400 -WhatIf").HostText, StringComparison.Ordinal);
        Fails("InvalidMtu", "Set-ContainerHost -Mtu 10 -WhatIf");
        Ok("New-ContainerBridge test0 -WhatIf; New-ContainerNetwork backend -WhatIf");
        Assert.Equal([""], Ok("\"$((Get-ContainerHost).Network.Mtu)$(Get-ContainerBridge test*)$(Get-ContainerNetwork back*)\"").Lines);
    }

    [SkippableFact]
    public void A_container_changes_networks_while_it_runs()
    {
        StartClean();
        Ok("$null = New-ContainerNetwork backend -Subnet 10.205.0.0/24");
        Detach("web", parameters: "-Network bridge");
        Assert.Equal(["web eth1 10.205.0.9/24"],
            Ok("$a = Get-Container web | Connect-ContainerNetwork backend -IPAddress 10.205.0.9 -PassThru; \"$($a.Container) $($a.Name) $($a.IPAddress)\"").Lines);
        Assert.Equal(["web"], Ok("(Get-ContainerNetwork backend).Containers").Lines);
        Assert.Equal(["web eth1"], Ok("(Get-ContainerBridge br-*).Ports | ForEach-Object { \"$($_.Container) $($_.ContainerInterface)\" }").Lines);
        Fails("NetworkInUse", "Remove-ContainerNetwork backend");
        Ok("Disconnect-ContainerNetwork backend web");
        Assert.Empty(Ok("(Get-ContainerNetwork backend).Containers").Output);
        Ok("Remove-ContainerNetwork backend");
    }

    [SkippableFact]
    public void Rules_say_whom_they_serve_and_damage_is_found_and_repaired()
    {
        StartClean();
        Detach("web", parameters: "-Network bridge -Publish 80");
        Assert.NotEmpty(Ok("Get-ContainerFirewallRule -Table nat -Family IPv4").Output);
        Assert.NotEmpty(Ok("Get-ContainerFirewallRule web").Output);
        Assert.All(Ok("(Get-ContainerFirewallRule web).OwnerId").Lines, id => Assert.Equal(Get("web", "Id"), id));
        Assert.Equal(["True"], Ok("Test-ContainerNetwork -Quiet").Lines);
        Ok("iptables -w -t nat -F POSTROUTING");
        Assert.NotEmpty(Ok("Test-ContainerNetwork").Output);
        Ok("Repair-ContainerNetwork -WhatIf");
        Assert.Equal(["False"], Ok("Test-ContainerNetwork -Quiet").Lines);
        Assert.NotEmpty(Ok("Repair-ContainerNetwork").Output);
        Assert.Empty(Ok("Test-ContainerNetwork").Output);
        Assert.Empty(Ok("Repair-ContainerNetwork").Output);
    }
}
