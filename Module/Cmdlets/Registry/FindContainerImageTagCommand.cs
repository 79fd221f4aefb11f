using System.Management.Automation;
using Containers.Engine.Registry;

namespace Containers.Cmdlets;

/// <summary>The tags that a repository has in its registry.</summary>
[Cmdlet(VerbsCommon.Find, "ContainerImageTag")]
[OutputType(typeof(ContainerImageTag))]
public sealed class FindContainerImageTagCommand : ContainersCmdlet
{
    /// <summary>[registry/]name; results of Find-ContainerImage.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ValidateNotNullOrEmpty]
    public string[] Repository { get; set; } = [];

    /// <summary>Only these tags; wildcards are allowed.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Tag { get; set; } = ["*"];

    /// <summary>At most so many of each repository.</summary>
    [Parameter, ValidateRange(1, int.MaxValue)]
    [Alias("Limit")]
    public int First { get; set; } = int.MaxValue;

    /// <summary>Asks for digest and platforms of each, which takes a question per tag.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <summary>Instead of the credential that Connect-ContainerRegistry keeps.</summary>
    [Parameter, Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string repository in Repository)
        {
            TryRun(stop => WriteObject(Find(repository, stop), enumerateCollection: true));
        }
    }

    private IEnumerable<ContainerImageTag> Find(string repository, CancellationToken stop)
    {
        string name = ParseRepository(repository, "-Repository").FamiliarName;
        WildcardPattern[] patterns = [.. Tag.Select(tag => WildcardPattern.Get(tag, WildcardOptions.CultureInvariant))];
        return Engine.FindTags(name, Detailed, Convert(Credential), null, stop)
            .Where(tag => patterns.Any(pattern => pattern.IsMatch(tag.Tag)))
            .Take(First);
    }
}
