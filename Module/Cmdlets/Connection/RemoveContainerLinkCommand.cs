using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Takes links back; the containers stay as they are.</summary>
[Cmdlet(VerbsCommon.Remove, "ContainerLink", SupportsShouldProcess = true, DefaultParameterSetName = ConnectionSet)]
public sealed class RemoveContainerLinkCommand : ContainerConnectionCmdlet
{
    /// <summary>Links from Get-ContainerLink.</summary>
    [Parameter(ParameterSetName = ConnectionSet, Mandatory = true, ValueFromPipeline = true)]
    public ContainerLink[] Link { get; set; } = [];

    /// <summary>The name under which the other is found; wildcards match.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 1)]
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(LinkAliasCompleter))]
    public string[] Alias { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (ContainerLink link in Link)
        {
            Remove(new ContainerTarget(link.ContainerId, link.Container), link.Alias);
        }

        foreach (ContainerTarget target in Targets)
        {
            foreach (string alias in Alias.SelectMany(pattern => Aliases(target, pattern)))
            {
                Remove(target, alias);
            }
        }
    }

    private void Remove(ContainerTarget target, string alias)
    {
        if (ShouldDo($"Remove link \"{alias}\" of container \"{target.Name}\""))
        {
            TryRun(_ => Engine.RemoveLink(target.Id, alias));
        }
    }

    private List<string> Aliases(ContainerTarget target, string pattern)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(pattern))
        {
            return [pattern];
        }

        return TryRun(_ => Matching(target, pattern), out List<string>? aliases) ? aliases : [];
    }

    private List<string> Matching(ContainerTarget target, string pattern)
    {
        string id = Engine.Get(target.Id).Id;
        return [.. Engine.GetLinks().Where(link => link.ContainerId == id && Fits([pattern], link.Alias)).Select(link => link.Alias)];
    }
}
