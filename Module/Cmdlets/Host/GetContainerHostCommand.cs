using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>This machine as the engine sees it, and what is set for it.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerHost")]
[OutputType(typeof(ContainerHost))]
public sealed class GetContainerHostCommand : ContainersCmdlet
{
    protected override void ProcessRecord()
    {
        if (TryRun(_ => GetHostWithSettings(), out PSObject? host))
        {
            WriteObject(host);
        }
    }
}
