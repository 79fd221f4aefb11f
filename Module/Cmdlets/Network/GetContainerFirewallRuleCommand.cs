using System.Management.Automation;
using Containers.Engine.Lifecycle;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>The engine's rules in the host's firewall, why each is there and for whom.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerFirewallRule", DefaultParameterSetName = ContainerTargetCmdlet.NameSet)]
[OutputType(typeof(ContainerFirewallRule))]
public sealed class GetContainerFirewallRuleCommand : ContainersCmdlet
{
    /// <summary>Only those of these containers: name, id or beginning of an id; wildcards match names.</summary>
    [Parameter(ParameterSetName = ContainerTargetCmdlet.NameSet, Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[] Container { get; set; } = [];

    /// <summary>Only those of these containers, from Get-Container.</summary>
    [Parameter(ParameterSetName = ContainerTargetCmdlet.ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    public Container[] InputObject { get; set; } = [];

    /// <summary>Only in these tables; wildcards match.</summary>
    [Parameter, ArgumentCompleter(typeof(FirewallTableCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Table { get; set; } = [];

    /// <summary>Only in these chains; wildcards match.</summary>
    [Parameter, ArgumentCompleter(typeof(FirewallChainCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Chain { get; set; } = [];

    /// <summary>Only of this kind of address.</summary>
    [Parameter]
    [ValidateSet("IPv4", "IPv6")]
    public string? Family { get; set; }

    protected override void ProcessRecord()
    {
        HashSet<string>? owners = null;
        if (Container.Length > 0 || InputObject.Length > 0)
        {
            owners = [.. FindTargets(Container, InputObject).Select(OwnerId).Where(id => id.Length > 0)];
        }

        // None of those that were named is there: that was told, and is no reason to show everybody's.
        if (owners is not { Count: 0 } && TryRun(_ => Engine.GetFirewallRules(), out IReadOnlyList<ContainerFirewallRule>? rules))
        {
            WriteObject(
                rules.Where(rule => (owners is null || owners.Contains(rule.OwnerId))
                    && (Family is null || rule.Family.Equals(Family, StringComparison.OrdinalIgnoreCase))
                    && Fits(Table, rule.Table) && Fits(Chain, rule.Chain)),
                enumerateCollection: true);
        }
    }

    private string OwnerId(ContainerTarget target) => TryRun(_ => Engine.Get(target.Id), out Container? found) ? found.Id : "";

    private static bool Fits(string[] patterns, string name) =>
        patterns.Length == 0 || patterns.Any(pattern => Matching(pattern, [name], each => each).Any());
}
