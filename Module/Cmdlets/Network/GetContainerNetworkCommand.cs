using System.Collections;
using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>The networks that containers can be on.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerNetwork")]
[Alias("Get-ContainerNet")]
[OutputType(typeof(ContainerNetwork))]
public sealed class GetContainerNetworkCommand : ContainersCmdlet
{
    /// <summary>Name, id or beginning of an id; wildcards match names.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "NetworkName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NetworkNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Only those of these drivers.</summary>
    [Parameter]
    public NetworkDriver[] Driver { get; set; } = [];

    /// <summary>Only those with these labels: @{key = 'value'}, 'key=value', or 'key' for any value. Wildcards match values.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Null)]
    public IDictionary? Label { get; set; }

    /// <summary>Only those that no container is on, running or not.</summary>
    [Parameter]
    public SwitchParameter Dangling { get; set; }

    protected override void ProcessRecord()
    {
        if (Name.Length == 0)
        {
            Write(TryRun(_ => Engine.ListNetworks(), out IReadOnlyList<ContainerNetwork>? all) ? all : []);
        }

        foreach (string name in Name)
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name))
            {
                Write(TryRun(_ => Engine.GetNetwork(name), out ContainerNetwork? network) ? [network] : []);
            }
            else
            {
                Write(TryRun(_ => Engine.ListNetworks(), out IReadOnlyList<ContainerNetwork>? all)
                    ? Matching(name, all, network => network.Name)
                    : []);
            }
        }
    }

    private void Write(IEnumerable<ContainerNetwork> networks)
    {
        HashSet<string>? used = null;
        foreach (ContainerNetwork network in networks)
        {
            if ((Driver.Length == 0 || Driver.Contains(network.Driver))
                && HasLabels(network.Labels, Label)
                && (!Dangling || !(network.IsDefault || network.Containers.Count > 0 || (used ??= UsedNetworks()).Contains(network.Name))))
            {
                WriteObject(network);
            }
        }
    }

    /// <summary>A stopped container that names a network could not be started without it.</summary>
    private HashSet<string> UsedNetworks() => TryRun(_ => Engine.List(), out IReadOnlyList<Engine.Lifecycle.Container>? all)
        ? [.. all.SelectMany(container => container.Networks)]
        : [];
}
