using System.Management.Automation;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Network.Scenarios;

/// <summary>What is wrong is said before anything is made; what is hostile never reaches a rule (S51).</summary>
public sealed class NetworkInputTests(ContainerHostFixture host, LanFixture lan) : LanTest(host, lan)
{
    private const string Start = "Invoke-ContainerImage busybox -Detach -Name x -Command sleep, 1000 ";

    public static TheoryData<string, ErrorCategory, string> Refused => new()
    {
        { "NetworkNotFound", ErrorCategory.ObjectNotFound, Start + "-Network nothing" },
        { "NetworkModeConflict", ErrorCategory.InvalidArgument, Start + "-Network host -Publish 8080:80" },
        { "ContainerNotRunning", ErrorCategory.InvalidOperation, Start + "-Link stopped:db" },
        { "AddressOutOfRange", ErrorCategory.InvalidArgument, Start + "-Network net -IPAddress 10.206.0.9" },
        { "AddressInUse", ErrorCategory.ResourceExists, Start + "-Network net -IPAddress 10.205.3.9" },
        { "HostAddressNotFound", ErrorCategory.ObjectNotFound, Start + "-Publish 203.0.113.9:8090:80" },
        { "PortAlreadyAllocated", ErrorCategory.ResourceExists, Start + "-Publish 8080:80" },
        { "AlreadyConnected", ErrorCategory.ResourceExists, "Connect-ContainerNetwork net web" },
        { "NotConnected", ErrorCategory.ObjectNotFound, "Disconnect-ContainerNetwork bridge web" },
        { "NetworkPublishes", ErrorCategory.ResourceBusy, "Disconnect-ContainerNetwork net web" },
        { "NetworkInUse", ErrorCategory.ResourceBusy, "Remove-ContainerNetwork net" },
        { "NetworkInUse", ErrorCategory.ResourceBusy, "Set-ContainerHost -BridgeIP 192.168.207.1/24" },
        { "AdapterExists", ErrorCategory.ResourceExists, "Add-ContainerNetworkAdapter web -Bridge lab -Name eth0 -NoAddress" },
        { "AdapterNotFound", ErrorCategory.ObjectNotFound, "Remove-ContainerNetworkAdapter web eth7" },
        { "AdapterOfNetwork", ErrorCategory.InvalidOperation, "Remove-ContainerNetworkAdapter web eth0" },
        { "NoBridge", ErrorCategory.InvalidArgument, "Add-ContainerNetworkAdapter web -Bridge up0 -NoAddress" },
        { "BridgeNotFound", ErrorCategory.ObjectNotFound, "Add-ContainerNetworkAdapter web -Bridge nothing0 -NoAddress" },
        { "ParentNotFound", ErrorCategory.ObjectNotFound, "Add-ContainerNetworkAdapter web -Parent nothing0 -NoAddress" },
        { "InterfaceExists", ErrorCategory.ResourceExists, "New-ContainerBridge up0" },
        { "InvalidInterfaceName", ErrorCategory.InvalidArgument, "New-ContainerBridge a234567890123456" },
        { "NoCommonNetwork", ErrorCategory.InvalidOperation, "Add-ContainerLink web -Target far" },
        { "InvalidMtu", ErrorCategory.InvalidArgument, "New-ContainerBridge test1 -Mtu 67" },
        { "PortInUse", ErrorCategory.ResourceBusy, "Publish-ContainerPort web 8079:80" },
    };

    [SkippableFact]
    public void What_cannot_be_is_refused_with_id_category_and_advice_and_changes_nothing()
    {
        Ok("$null = New-ContainerNetwork net -Subnet 10.205.3.0/24; $null = New-ContainerBridge lab;"
            + "$null = New-Container busybox -Name stopped -Command true");
        Detach("web", parameters: "-Network net -IPAddress 10.205.3.9 -Publish 8080:80");
        Detach("far");
        using MirrorServer stranger = Place.Host.Serve(8079);
        string before = State();
        List<string> wrong = [];
        foreach (object?[] row in Refused)
        {
            string command = (string)row[2]!;
            ErrorRecord[] errors = [.. Run(command).Errors];
            string seen = string.Join(' ', errors.Select(e =>
                $"{e.FullyQualifiedErrorId.Split(',')[0]} {e.CategoryInfo.Category}"
                + (string.IsNullOrEmpty(e.ErrorDetails?.RecommendedAction) ? " no advice" : "")));
            if (seen != $"{row[0]} {row[1]}")
            {
                wrong.Add($"{command}: {seen}, not {row[0]} {row[1]}");
            }

            Run("Get-Container x -ErrorAction Ignore | Remove-Container -Force");
            if (State() != before)
            {
                wrong.Add($"{command}: changes something");
                before = State();
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static string State() => string.Join(
        '\n', [.. Rules().Order(), Sh("ip -o link | grep -o '^[0-9]*: [^:]*' | grep -c .; ip -o addr | wc -l")]);

    [SkippableTheory]
    [InlineData("New-ContainerNetwork $args[0]")]
    [InlineData("New-ContainerNetwork ok -BridgeName $args[0]")]
    [InlineData("New-ContainerBridge $args[0]")]
    [InlineData("Set-ContainerHost -ChainPrefix $args[0]")]
    [InlineData("New-Container busybox -Name $args[0] -Command true")]
    [InlineData("New-Container busybox -NetworkAlias $args[0] -Network net -Command true")]
    [InlineData("New-Container busybox -Link \"a:$($args[0])\" -Command true")]
    [InlineData("New-Container busybox -AddHost \"$($args[0]):10.0.0.1\" -Command true")]
    [InlineData("New-Container busybox -Publish $args[0] -Command true")]
    public void A_name_that_would_be_more_than_a_name_in_a_rule_is_refused(string command)
    {
        Ok("$null = New-ContainerNetwork net -Subnet 10.205.3.0/24; $null = New-Container busybox -Name a -Command true");
        foreach (string hostile in new[] { "x -j ACCEPT", "x\n-A INPUT -j ACCEPT", "x\"", "x'; id", "-j", "x\nCOMMIT", "$(id)" })
        {
            Assert.True(Run(command, hostile).Errors.Count == 1, $"{command} with \"{hostile}\" is accepted");
        }

        Assert.Equal(["a"], Ok("(Get-Container).Name").Lines);
        Assert.Equal(["bridge", "net"], Ok("(Get-ContainerNetwork).Name | Sort-Object").Lines);
    }

    [SkippableFact]
    public void Labels_are_free_text_and_stand_in_no_rule()
    {
        Ok("$null = New-ContainerNetwork net -Subnet 10.205.3.0/24 -Label @{ evil = \"x`n-A INPUT -j ACCEPT\" }");
        Ok("$null = Invoke-ContainerImage busybox -Detach -Name web -Network net -Publish 8080:80"
            + " -Label @{ evil = '\" -j ACCEPT' } -Command sleep, 1000");
        Assert.NotEmpty(Rules());
        Assert.DoesNotContain(Rules(""), rule => rule.Contains("evil", StringComparison.Ordinal)
            || rule.Contains("INPUT -j", StringComparison.Ordinal));
        Assert.Equal(["True"], Ok("Test-ContainerNetwork -Quiet").Lines);
    }
}
