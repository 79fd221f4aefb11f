using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Links between containers.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerLink", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ContainerLink))]
public sealed class GetContainerLinkCommand : GettingConnectionCmdlet
{
    /// <summary>Only links to these containers; wildcards match names.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ContainerNameTransformation]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[] Target { get; set; } = [];

    /// <summary>Only links of these aliases; wildcards match.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(LinkAliasCompleter))]
    public string[] Alias { get; set; } = [];

    protected override void ProcessRecord()
    {
        if (TryRun(_ => Engine.GetLinks(), out IReadOnlyList<ContainerLink>? links)
            && TryRun(_ => SelectedIds(), out HashSet<string>? ids))
        {
            WriteObject(
                links.Where(link => (IsUnfiltered || ids.Contains(link.ContainerId))
                    && Fits(Target, link.Target, link.TargetId) && Fits(Alias, link.Alias)),
                enumerateCollection: true);
        }
    }
}
