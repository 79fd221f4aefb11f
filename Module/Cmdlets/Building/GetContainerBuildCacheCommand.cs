using System.Management.Automation;
using Containers.Engine.Building;

namespace Containers.Cmdlets;

/// <summary>What builds keep to be used again: docker builder du.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerBuildCache")]
[OutputType(typeof(BuildCacheEntry))]
public sealed class GetContainerBuildCacheCommand : ContainersCmdlet
{
    /// <summary>Ids, or their beginnings; wildcards are allowed.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Id { get; set; } = ["*"];

    protected override void ProcessRecord()
    {
        if (!TryRun(Engine.GetBuildCache, out IReadOnlyList<BuildCacheEntry>? entries))
        {
            return;
        }

        foreach (string id in Id)
        {
            WildcardPattern pattern = WildcardPattern.Get(id.EndsWith('*') ? id : id + "*", WildcardOptions.IgnoreCase);
            WriteObject(entries.Where(entry => pattern.IsMatch(entry.Id)), enumerateCollection: true);
        }
    }
}
