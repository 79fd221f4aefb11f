using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>
/// A cmdlet about what connects containers. The containers stand in -Container, because most of what is connected has a -Name itself.
/// The set that takes an object is the default one of those that change something: PowerShell tries it first, and an object that is
/// looked at only for its properties would be found by a name.
/// </summary>
public abstract class ContainerConnectionCmdlet : ContainersCmdlet
{
    private protected const string NameSet = ContainerTargetCmdlet.NameSet;

    private protected const string ObjectSet = ContainerTargetCmdlet.ObjectSet;

    /// <summary>The set in which what was got before comes through the pipeline.</summary>
    private protected const string ConnectionSet = "Connection";

    /// <summary>Name, id or beginning of an id; wildcards match names.</summary>
    [Parameter(
        ParameterSetName = NameSet, Mandatory = true, Position = 0,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ContainerName", "ContainerId", "Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public virtual string[] Container { get; set; } = [];

    /// <summary>A container from Get-Container.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    public Container[] InputObject { get; set; } = [];

    /// <summary>What this record of the pipeline names.</summary>
    private protected IEnumerable<ContainerTarget> Targets => FindTargets(Container, InputObject);

    /// <summary>One container was named, and by its name: what it lacks is an error then, and nothing otherwise.</summary>
    private protected bool NamedExactly => InputObject.Length > 0
        || (Container.Length > 0 && !Container.Any(WildcardPattern.ContainsWildcardCharacters));

    /// <summary>A pattern that must fit one of the texts; without patterns everything fits.</summary>
    private protected static bool Fits(IReadOnlyCollection<string> patterns, params IEnumerable<string> texts) =>
        patterns.Count == 0 || patterns.Any(pattern =>
            WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant) is var wildcard
            && texts.Any(wildcard.IsMatch));
}
