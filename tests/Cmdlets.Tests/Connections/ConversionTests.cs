using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Network;

namespace Containers.Cmdlets.Tests.Connections;

/// <summary>Every spelling of ports, links and names, evaluated by PowerShell as a user's argument is.</summary>
[Collection("hosted shell")]
public sealed class ConversionTests(ModuleShell shell) : IClassFixture<ModuleShell>
{
    private const string Mapping = "New-EngineObject ContainerPortMapping @{ Container = 'web'; ContainerId = 'f00'; ContainerPort = 80; "
        + "Protocol = 'udp'; HostAddress = [ipaddress]'127.0.0.1'; HostPort = 8080 }";

    [SkippableTheory]
    [InlineData("80", "(any)->80/tcp")]
    [InlineData("'80/udp'", "(any)->80/udp")]
    [InlineData("'8080:80'", "8080->80/tcp")]
    [InlineData("' 8080:80 '", "8080->80/tcp")]
    [InlineData("'127.0.0.1:8080:80'", "127.0.0.1:8080->80/tcp")]
    [InlineData("'127.0.0.1::80'", "127.0.0.1:(any)->80/tcp")]
    [InlineData("'[::1]:8080:80/sctp'", "[::1]:8080->80/sctp")]
    [InlineData("'8000-8001:90-91'", "8000->90/tcp", "8001->91/tcp")]
    [InlineData("'8000-8010:80'", "8000-8010->80/tcp")]
    [InlineData("'8080:80', 443, '53:53/UDP'", "8080->80/tcp", "(any)->443/tcp", "53->53/udp")]
    [InlineData("@{ 8080 = 80 }", "8080->80/tcp")]
    [InlineData("@{ '127.0.0.1:8080' = '80/udp' }", "127.0.0.1:8080->80/udp")]
    [InlineData("@{ '[::1]:8080' = 80 }", "[::1]:8080->80/tcp")]
    [InlineData("[ordered]@{ '8080' = 80; '8443' = 443, '443/udp' }", "8080->80/tcp", "8443->443/tcp", "8443->443/udp")]
    [InlineData("@{ ContainerPort = 80 }", "(any)->80/tcp")]
    [InlineData("@{ hostip = '::1'; hostport = 8080; containerport = 80; protocol = 'UDP' }", "[::1]:8080->80/udp")]
    [InlineData("@(@{ 1 = 2 }, '3:4')", "1->2/tcp", "3->4/tcp")]
    [InlineData(Mapping, "127.0.0.1:8080->80/udp")]
    public void A_published_port_is_understood(string argument, params string[] ports) =>
        Assert.Equal(ports, Transform("Publish", argument, """
            $address = $_.HostAddress ? ($_.HostAddress -like '*:*' ? "[$($_.HostAddress)]:" : "$($_.HostAddress):") : ''
            $last = $_.LastHostPort ? "-$($_.LastHostPort)" : ''
            "$address$($_.HostPort ? "$($_.HostPort)$last" : '(any)')->$($_.Port)"
            """));

    [SkippableTheory]
    [InlineData("''")]
    [InlineData("'abc'")]
    [InlineData("0")]
    [InlineData("70000")]
    [InlineData("80.5")]
    [InlineData("':80'")]
    [InlineData("'8080:80/icmp'")]
    [InlineData("'::1:8080:80'")]
    [InlineData("'300.1.1.1:8080:80'")]
    [InlineData("'8000-8001:90-95'")]
    [InlineData("@{ 8080 = 'x' }")]
    [InlineData("@{ 8080 = $null }")]
    [InlineData("@{ ContainerPort = 'x' }")]
    [InlineData("@{ ContainerPort = 80; HostProt = 1 }")]
    [InlineData("@{ ContainerPort = 80; HostIP = 'localhost' }")]
    public void What_is_no_published_port_is_refused(string argument) =>
        Refused("InvalidPortSpecification", "Publish", argument);

    [SkippableTheory]
    [InlineData("80, '53/udp'", "80/tcp", "53/udp")]
    [InlineData("'7000-7002/udp'", "7000/udp", "7001/udp", "7002/udp")]
    [InlineData(Mapping, "80/udp")]
    public void An_exposed_port_is_understood(string argument, params string[] ports) =>
        Assert.Equal(ports, Transform("Expose", argument, "\"$_\""));

    [SkippableTheory]
    [InlineData("'8080:80'")]
    [InlineData("'x'")]
    public void What_is_no_exposed_port_is_refused(string argument) =>
        Refused("InvalidPortSpecification", "Expose", argument);

    [SkippableTheory]
    [InlineData("'postgres:db'", "postgres", "db")]
    [InlineData("'/postgres:db'", "postgres", "db")]
    [InlineData("'db'", "db", "db")]
    [InlineData("'/db'", "db", "db")]
    [InlineData("@{ postgres = 'db' }", "postgres", "db")]
    [InlineData(ConnectionBindingTests.Web, "f00", "web")]
    public void A_link_is_understood(string argument, string container, string alias) =>
        Assert.Equal([$"{container} as {alias}"], Transform("Link", argument, "\"$($_.Container) as $($_.Alias)\""));

    [SkippableTheory]
    [InlineData("''")]
    [InlineData("':db'")]
    [InlineData("'db:'")]
    [InlineData("@{ db = '' }")]
    public void What_is_no_link_is_refused(string argument) => Refused("InvalidLink", "Link", argument);

    [SkippableTheory]
    [InlineData("'printer:10.0.0.7'", "10.0.0.7 printer")]
    [InlineData("'printer=10.0.0.7'", "10.0.0.7 printer")]
    [InlineData("'printer:fd00::7'", "fd00::7 printer")]
    [InlineData("'printer:[fd00::7]'", "fd00::7 printer")]
    [InlineData("'printer:::1'", "::1 printer")]
    [InlineData("'here:host-gateway'", "host-gateway here")]
    [InlineData("'here:HOST-GATEWAY'", "host-gateway here")]
    [InlineData("@{ printer = '10.0.0.7' }", "10.0.0.7 printer")]
    [InlineData("@{ printer = [ipaddress]'10.0.0.7' }", "10.0.0.7 printer")]
    [InlineData("@{ printer = '10.0.0.7', 'fd00::7' }", "10.0.0.7 printer", "fd00::7 printer")]
    [InlineData("'a:10.0.0.1', 'b:10.0.0.2'", "10.0.0.1 a", "10.0.0.2 b")]
    public void A_name_for_an_address_is_understood(string argument, params string[] entries) =>
        Assert.Equal(entries, Transform("AddHost", argument, "\"$($_.Address) $($_.Name)\""));

    [SkippableTheory]
    [InlineData("'printer'")]
    [InlineData("':10.0.0.7'")]
    [InlineData("'printer:'")]
    [InlineData("'printer:lan'")]
    [InlineData("'printer:10.7'")]
    [InlineData("@{ printer = $null }")]
    public void What_is_no_name_for_an_address_is_refused(string argument) =>
        Refused("InvalidHostEntry", "AddHost", argument);

    [SkippableTheory]
    [InlineData("'a'", "a")]
    [InlineData("'a,b', 'c'", "a", "b", "c")]
    [InlineData(ConnectionBindingTests.Web, "container:f00")]
    [InlineData("New-EngineObject ContainerNetwork @{ Id = 'ab'; Name = 'backend' }", "backend")]
    public void A_network_is_understood(string argument, params string[] networks) =>
        Assert.Equal(networks, Transform("Network", argument, "$_"));

    /// <summary>What the parameter makes of the argument, each element shown by a script.</summary>
    private IReadOnlyList<string> Transform(string parameter, string argument, string show)
    {
        ScriptResult result = shell.Run($"{Conversion(parameter, argument)} | ForEach-Object {{ {show} }}");
        Assert.True(result.Errors.Count == 0, string.Join('\n', result.Errors));
        return result.Lines;
    }

    private void Refused(string errorId, string parameter, string argument)
    {
        ScriptResult result = shell.Run(
            $"try {{ $null = & {{ {Conversion(parameter, argument)} }} }}"
            + "catch { $reason = $_.Exception.GetBaseException(); $reason.ErrorId; $reason.Action }");
        Assert.Equal(2, result.Output.Count);
        Assert.Equal(errorId, result.Lines[0]);
        Assert.EndsWith(".", result.Lines[1], StringComparison.Ordinal);
    }

    private static string Conversion(string parameter, string argument) =>
        $"$value = {argument}; $parameter = (Get-Command New-Container).Parameters['{parameter}'];"
        + "$conversion = $parameter.Attributes.Where({ $_ -is [Management.Automation.ArgumentTransformationAttribute] })[0];"
        + "$conversion.Transform($ExecutionContext, $value)";
}
