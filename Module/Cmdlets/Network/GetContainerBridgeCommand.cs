using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>The bridges of this host, the engine's or not, with what is plugged into them.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerBridge")]
[OutputType(typeof(ContainerBridge))]
public sealed class GetContainerBridgeCommand : ContainersCmdlet
{
    /// <summary>Name of the interface; wildcards match.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("BridgeName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BridgeNameCompleter))]
    public string[] Name { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (string name in Name.Length == 0 ? ["*"] : Name)
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name))
            {
                if (TryRun(_ => GetBridge(name), out ContainerBridge? bridge))
                {
                    WriteObject(bridge);
                }
            }
            else if (TryRun(_ => Engine.ListBridges(), out IReadOnlyList<ContainerBridge>? all))
            {
                WriteObject(Matching(name, all, bridge => bridge.Name), enumerateCollection: true);
            }
        }
    }
}
