using System.Management.Automation;
using Containers.Engine.Registry;

namespace Containers.Cmdlets;

/// <summary>Searches a registry for repositories: docker search.</summary>
[Cmdlet(VerbsCommon.Find, "ContainerImage")]
[Alias("Search-ContainerImage")]
[OutputType(typeof(ContainerImageSearchResult))]
public sealed class FindContainerImageCommand : ContainersCmdlet
{
    /// <summary>Asked for when some are sorted out here, as a multiple of what is wanted.</summary>
    private const int Spare = 4;

    private const int Largest = 10_000;

    /// <summary>What to look for in names and descriptions.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ValidateNotNullOrEmpty]
    public string[] Term { get; set; } = [];

    /// <summary>host[:port]; those that registries.conf searches, else Docker Hub, where it is left out.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RegistryCompleter))]
    public string? Registry { get; set; }

    /// <summary>Only official images.</summary>
    [Parameter]
    public SwitchParameter Official { get; set; }

    /// <summary>Only with at least so many stars.</summary>
    [Parameter, ValidateRange(0, int.MaxValue)]
    public int MinimumStar { get; set; }

    /// <summary>At most so many of each term.</summary>
    [Parameter, ValidateRange(1, Largest)]
    [Alias("Limit")]
    public int First { get; set; } = 25;

    /// <summary>Instead of the credential that Connect-ContainerRegistry keeps.</summary>
    [Parameter, Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string term in Term)
        {
            TryRun(stop => WriteObject(Search(term, stop), enumerateCollection: true));
        }
    }

    private IEnumerable<ContainerImageSearchResult> Search(string term, CancellationToken stop)
    {
        bool sorted = Official || MinimumStar > 0;
        return Engine.Search(term, Registry, sorted ? Math.Min(First * Spare, Largest) : First, Convert(Credential), stop)
            .Where(found => (!Official || found.Official) && found.Stars >= MinimumStar)
            .Take(First);
    }
}
