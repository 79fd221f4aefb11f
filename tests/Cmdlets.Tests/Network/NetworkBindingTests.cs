using System.Management.Automation;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Network;

/// <summary>What the cmdlets of networks understand their arguments to mean, seen through -WhatIf, which changes nothing.</summary>
[Collection("hosted shell")]
public sealed class NetworkBindingTests(ModuleShell shell) : IClassFixture<ModuleShell>
{
    private const string Adapter = "New-EngineObject ContainerNetworkAdapter @{ "
        + "Container = 'web'; ContainerId = 'f00'; Name = 'eth1'; Network = 'backend' }";

    private const string Network = "New-EngineObject ContainerNetwork @{ Name = 'backend'; Id = ('ab' * 32) }";

    public static TheoryData<string, string[]> Understood => new()
    {
        { "New-ContainerBridge br0 192.168.5.1/24", ["Create bridge \"br0\""] },
        { "'br0', 'br1' | New-ContainerBridge", ["Create bridge \"br0\"", "Create bridge \"br1\""] },
        { "[pscustomobject]@{ Name = 'br0'; IPAddress = '10.1.0.1/24'; Mtu = 1400 } | New-ContainerBridge", ["Create bridge \"br0\""] },
        { "Set-ContainerBridge br0, br1 -Masquerade:$false", ["Change bridge \"br0\"", "Change bridge \"br1\""] },
        { "New-EngineObject ContainerBridge @{ Name = 'br0' } | Remove-ContainerBridge", ["Remove bridge \"br0\""] },
        { "New-ContainerNetwork -Name backend -Subnet 10.1.0.0/24, fd00::/64 -Label tier=db, x", ["Create network \"backend\""] },
        { "'a', 'b' | New-ContainerNet", ["Create network \"a\"", "Create network \"b\""] },
        { "New-ContainerNetwork a -AuxiliaryAddress @{ printer = [ipaddress]'10.1.0.9' } -Gateway ([ipaddress]'10.1.0.1')", ["Create network \"a\""] },
        { "Remove-ContainerNetwork a, b", ["Remove network \"a\"", "Remove network \"b\""] },
        { Network + " | Remove-ContainerNetwork", ["Remove network \"backend\""] },
        { "Connect-ContainerNetwork backend web, db", ["Connect container \"web\" to network \"backend\"", "Connect container \"db\" to network \"backend\""] },
        { "'web' | Connect-ContainerNetwork backend", ["Connect container \"web\" to network \"backend\""] },
        { "[pscustomobject]@{ Name = 'web' } | Connect-ContainerNetwork -Network backend", ["Connect container \"web\" to network \"backend\""] },
        { $"Connect-ContainerNetwork ({Network}) web", ["Connect container \"web\" to network \"backend\""] },
        { "Disconnect-ContainerNetwork -Container web -Network backend", ["Disconnect container \"web\" from network \"backend\""] },
        { Adapter + " | Disconnect-ContainerNetwork", ["Disconnect container \"web\" from network \"backend\""] },
    };

    [SkippableTheory]
    [MemberData(nameof(Understood))]
    public void Arguments_and_pipeline_mean_what_they_say(string command, string[] meaning)
    {
        ScriptResult result = shell.Run(command + " -WhatIf");
        Assert.Empty(result.Errors);
        Assert.Empty(result.Output);
        string[] said = [.. result.HostText.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Replace("What if: ", "", StringComparison.Ordinal))];
        Assert.Equal(meaning, said);
    }

    [SkippableTheory]
    [InlineData("New-ContainerBridge br0 -Mtu many")]
    [InlineData("New-ContainerNetwork a -Driver Overlay")]
    [InlineData("New-ContainerNetwork a -GatewayMode Isolated")]
    [InlineData("New-ContainerNetwork a -AuxiliaryAddress printer")]
    [InlineData("New-ContainerNetwork ''")]
    [InlineData("Set-ContainerHost -IPTables perhaps")]
    [InlineData("Set-ContainerHost -Mtu many")]
    [InlineData("Get-ContainerFirewallRule -Family IPv5")]
    public void A_value_of_another_form_is_refused_at_the_parameter(string command)
    {
        ErrorRecord error = Assert.Single(shell.Run(command).Errors);
        Assert.IsType<ParameterBindingException>(error.Exception, exactMatch: false);
    }

    [SkippableFact]
    public void Docker_users_find_their_words()
    {
        Assert.Equal(
            ["Get-ContainerNetwork", "New-ContainerNetwork", "Remove-ContainerNetwork"],
            shell.Run("(Get-Command *-ContainerNet -CommandType Alias).Definition | Sort-Object").Lines);
    }
}
