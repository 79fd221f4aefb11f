using System.Management.Automation;

namespace Containers.Cmdlets;

/// <summary>Removes bridges that the engine made. One with something plugged in needs -Force, which is also the consent.</summary>
[Cmdlet(VerbsCommon.Remove, "ContainerBridge", SupportsShouldProcess = true)]
public sealed class RemoveContainerBridgeCommand : ContainersCmdlet
{
    /// <summary>Name of the interface; wildcards match bridges that the engine made.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("BridgeName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(OwnBridgeCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Also one that something is plugged into.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string name in FindBridges(Name))
        {
            if (ShouldDo($"{(Force ? "Unplug all from, and remove," : "Remove")} bridge \"{name}\""))
            {
                TryRun(_ => Engine.RemoveBridge(name, Force));
            }
        }
    }
}
