using System.Management.Automation;

namespace Containers.Cmdlets;

/// <summary>The host with its settings.</summary>
public abstract partial class ContainersCmdlet
{
    /// <summary>What the machine is and what is set for it come from different parts of the engine; the user sees one object.</summary>
    private protected PSObject GetHostWithSettings()
    {
        PSObject host = new(Engine.GetHost());
        host.Properties.Add(new PSNoteProperty("Network", Engine.GetNetworkSettings()));
        return host;
    }
}
