using System.Management.Automation;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Network;

namespace Containers.Cmdlets.Tests.Connections;

/// <summary>What the cmdlets understand their arguments and the pipeline to mean, seen through -WhatIf, which changes nothing.</summary>
[Collection("hosted shell")]
public sealed class ConnectionBindingTests(ModuleShell shell) : IClassFixture<ModuleShell>
{
    // The type is reached through the cmdlet: PowerShell's type names do not reach the engine's load context.
    internal const string Web = "$($web = [Activator]::CreateInstance((Get-Command Get-Container).OutputType[0].Type);"
        + "$web.GetType().GetProperty('Id').SetValue($web, 'f00'); $web.GetType().GetProperty('Name').SetValue($web, 'web'); $web)";

    private const string Mapping = "New-EngineObject ContainerPortMapping @{ Container = 'web'; ContainerId = 'f00'; "
        + "ContainerPort = 80; HostAddress = [ipaddress]'127.0.0.1'; HostPort = 8080 }";

    private const string Exposed = "New-EngineObject ContainerPortMapping @{ Container = 'web'; ContainerId = 'f00'; ContainerPort = 81 }";

    private const string Adapter = "New-EngineObject ContainerNetworkAdapter @{ Container = 'web'; ContainerId = 'f00'; Name = 'eth1' }";

    private const string Cable = "New-EngineObject ContainerPeerLink @{ Container = 'web'; ContainerId = 'f00'; Interface = 'peer0' }";

    private const string Link = "New-EngineObject ContainerLink @('web', 'f00', 'postgres', 'ba4', 'db')";

    private const string Entry = "New-EngineObject ContainerHostEntry @('web', 'f00', '10.0.0.7', 'printer')";

    public static TheoryData<string, string[]> Understood => new()
    {
        { "Publish-ContainerPort web 8080:80", ["Publish port 8080->80/tcp of container \"web\""] },
        { "Publish-ContainerPort web 80, 53:53/udp", ["Publish ports (any)->80/tcp, 53->53/udp of container \"web\""] },
        {
            "Publish-ContainerPort web -HostIP 127.0.0.1 -HostPort 8080 -ContainerPort 80 -Protocol tcp",
            ["Publish port 127.0.0.1:8080->80/tcp of container \"web\""]
        },
        { "Publish-ContainerPort web -HostIP ::1 -ContainerPort 80", ["Publish port [::1]:(any)->80/tcp of container \"web\""] },
        {
            "Publish-ContainerPort web @{ 8080 = 80 } -ContainerPort 53 -Protocol UDP",
            ["Publish ports 8080->80/tcp, (any)->53/udp of container \"web\""]
        },
        {
            "'web', 'db' | Publish-ContainerPort -Publish 80",
            ["Publish port (any)->80/tcp of container \"web\"", "Publish port (any)->80/tcp of container \"db\""]
        },
        { Web + " | Publish-ContainerPort -Publish 80", ["Publish port (any)->80/tcp of container \"web\""] },
        { Mapping + " | Unpublish-ContainerPort", ["Unpublish port 127.0.0.1:8080->80/tcp of container \"web\""] },
        { Exposed + " | Unpublish-ContainerPort", [] },
        { "Add-ContainerNetworkAdapter web br1 -IPAddress 192.168.1.1/24", ["Add interface \"eth1\" on \"br1\" to container \"web\""] },
        {
            "Add-ContainerNetworkAdapter web -Parent eth2 -Name lan0 -NoAddress -Vlan 7",
            ["Add interface \"lan0\" on \"eth2\" to container \"web\""]
        },
        {
            Web + " | Add-ContainerNetworkAdapter -Bridge (New-EngineObject ContainerBridge @{ Name = 'br1' }) -NoAddress",
            ["Add interface \"eth1\" on \"br1\" to container \"web\""]
        },
        {
            "Remove-ContainerNetworkAdapter web eth1, eth2",
            ["Remove interface \"eth1\" of container \"web\"", "Remove interface \"eth2\" of container \"web\""]
        },
        { Adapter + " | Remove-ContainerNetworkAdapter", ["Remove interface \"eth1\" of container \"web\""] },
        {
            "New-ContainerPeerLink a b -IPAddress 10.1.1.1 -PeerIPAddress 10.1.1.2",
            ["Connect container \"a\" (10.1.1.1) with container \"b\" (10.1.1.2)"]
        },
        {
            "New-ContainerPeerLink a -PeerHost -IPAddress 10.1.1.1 -PeerIPAddress 10.1.1.2",
            ["Connect container \"a\" (10.1.1.1) with the host (10.1.1.2)"]
        },
        { Cable + " | Remove-ContainerPeerLink", ["Remove cable \"peer0\" between container \"web\" and the host"] },
        { "Remove-ContainerLink web db", ["Remove link \"db\" of container \"web\""] },
        { Link + " | Remove-ContainerLink", ["Remove link \"db\" of container \"web\""] },
        {
            "Add-ContainerHostEntry web 10.0.0.7 printer, printer.lan",
            [
                "Add host name \"printer\" for 10.0.0.7 to container \"web\"",
                "Add host name \"printer.lan\" for 10.0.0.7 to container \"web\"",
            ]
        },
        {
            Web + " | Add-ContainerHostEntry -IPAddress host-gateway -HostName here",
            ["Add host name \"here\" for host-gateway to container \"web\""]
        },
        { "Remove-ContainerHostEntry web printer", ["Remove host name \"printer\" from container \"web\""] },
        { Entry + " | Remove-ContainerHostEntry", ["Remove host name \"printer\" for 10.0.0.7 from container \"web\""] },
        {
            Adapter + " | Add-ContainerHostEntry -IPAddress 10.0.0.7 -HostName x",
            ["Add host name \"x\" for 10.0.0.7 to container \"web\""]
        },
        {
            "New-Container busybox -Name web -Network a, b -IPAddress 10.1.0.9 -Publish @{ 8080 = 80 } -Link db -AddHost x:1.2.3.4",
            ["Create container \"web\" from image \"busybox\""]
        },
    };

    [SkippableTheory]
    [MemberData(nameof(Understood))]
    public void Arguments_and_pipeline_mean_what_they_say(string command, string[] meaning)
    {
        ScriptResult result = shell.Run(command + " -WhatIf");
        Assert.True(result.Errors.Count == 0, string.Join('\n', result.Errors));
        Assert.Empty(result.Output);
        string[] said = [.. result.HostText.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Replace("What if: ", "", StringComparison.Ordinal))];
        Assert.Equal(meaning, said);
    }

    [SkippableTheory]
    [InlineData("PortMissing", "Publish-ContainerPort web")]
    [InlineData("PortMissing", "Publish-ContainerPort web -HostPort 8080")]
    [InlineData("PortMissing", "Publish-ContainerPort web 80 -HostIP 127.0.0.1")]
    [InlineData("InvalidPortSpecification", "Publish-ContainerPort web -HostIP localhost -ContainerPort 80")]
    [InlineData("PortMissing", "Unpublish-ContainerPort web")]
    [InlineData("InvalidAddress", "Unpublish-ContainerPort web -HostIP localhost")]
    [InlineData("InvalidPortSpecification", "Unpublish-ContainerPort web 80/icmp")]
    [InlineData("InvalidPortSpecification", "Get-ContainerPort web x")]
    [InlineData("InvalidPortSpecification", "Get-Container -PublishedPort x")]
    [InlineData("InvalidAdapter", "Add-ContainerNetworkAdapter web -NoAddress")]
    [InlineData("InvalidAdapter", "Add-ContainerNetworkAdapter web -Bridge a -Parent b -NoAddress")]
    [InlineData("InvalidAdapter", "Add-ContainerNetworkAdapter web -Bridge a")]
    [InlineData("InvalidAdapter", "Add-ContainerNetworkAdapter web -Bridge a -NoAddress -IPAddress 10.0.0.1/24")]
    [InlineData("InvalidPeer", "New-ContainerPeerLink a -IPAddress 10.0.0.1 -PeerIPAddress 10.0.0.2")]
    [InlineData("InvalidPeer", "New-ContainerPeerLink a b -PeerHost -IPAddress 10.0.0.1 -PeerIPAddress 10.0.0.2")]
    [InlineData("NetworkModeConflict", "New-Container busybox -Network none, a")]
    [InlineData("NetworkModeConflict", "New-Container busybox -Network a, HOST")]
    [InlineData("NetworkModeConflict", "New-Container busybox -Network none -IPAddress 10.0.0.1")]
    [InlineData("NetworkModeConflict", "New-Container busybox -Network host -MacAddress 02:42:ac:11:00:02")]
    [InlineData("NetworkModeConflict", "New-Container busybox -Network container:a -NetworkAlias b")]
    [InlineData("ContainerNotFound", "Add-ContainerLink nobody nothing")]
    [InlineData("ContainerNotFound", "Get-ContainerPort nobody")]
    [InlineData("ContainerNotFound", "Get-ContainerNetworkAdapter nobody")]
    [InlineData("ContainerNotFound", "Get-ContainerLink nobody")]
    [InlineData("ContainerNotFound", "Get-ContainerPeerLink nobody")]
    [InlineData("ContainerNotFound", "Get-ContainerHostEntry nobody")]
    [InlineData("ContainerNotFound", "Publish-ContainerPort nobody 80")]
    [InlineData("ContainerNotFound", "Remove-ContainerHostEntry nobody x")]
    [InlineData("ContainerNotFound", "Remove-ContainerLink nobody x")]
    public void It_is_refused_with_id_and_advice(string errorId, string command)
    {
        ErrorRecord error = Assert.Single(shell.Run(command).Errors);
        Assert.Equal(errorId, error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.NotNull(error.ErrorDetails);
        Assert.EndsWith(".", error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(error.ErrorDetails.RecommendedAction), "no advice");
    }

    [SkippableTheory]
    [InlineData("Publish-ContainerPort web -ContainerPort 0")]
    [InlineData("Publish-ContainerPort web -ContainerPort 80 -Protocol icmp")]
    [InlineData("Publish-ContainerPort web 99999")]
    [InlineData("Add-ContainerNetworkAdapter web -Parent eth0 -Vlan 4095 -NoAddress")]
    [InlineData("New-Container busybox -Publish 80:x")]
    [InlineData("New-Container busybox -Expose 80:80")]
    [InlineData("New-Container busybox -Link ''")]
    [InlineData("New-Container busybox -AddHost x")]
    public void A_value_of_another_form_is_refused_at_the_parameter(string command)
    {
        ErrorRecord error = Assert.Single(shell.Run(command).Errors);
        Assert.IsType<ParameterBindingException>(error.Exception, exactMatch: false);
    }

    [SkippableTheory]
    [InlineData("Get-ContainerPort")]
    [InlineData("Get-ContainerPort no*")]
    [InlineData("Get-ContainerNetworkAdapter")]
    [InlineData("Get-ContainerPeerLink")]
    [InlineData("Get-ContainerLink")]
    [InlineData("Get-ContainerHostEntry")]
    [InlineData("Get-Container -Network *")]
    [InlineData("Get-Container -PublishedPort 8080")]
    [InlineData("Unpublish-ContainerPort no* 80")]
    [InlineData("Get-Container | Add-ContainerHostEntry -IPAddress 10.0.0.7 -HostName x")]
    public void Where_nothing_is_nothing_is_written_and_nothing_wrong(string command)
    {
        ScriptResult result = shell.Run(command);
        Assert.True(result.Errors.Count == 0, string.Join('\n', result.Errors));
        Assert.Empty(result.Output);
    }
}
