using System.Management.Automation;
using Containers.Engine.Storage;

namespace Containers.Cmdlets;

/// <summary>Looks for damage among images, layers and containers: podman system check. A sound store gives nothing.</summary>
[Cmdlet(VerbsDiagnostic.Test, "ContainerHost")]
[OutputType(typeof(HostCheckResult))]
public sealed class TestContainerHostCommand : ContainersCmdlet
{
    /// <summary>Leaves out reading what is in the layers, which takes as long as the disk takes.</summary>
    [Parameter]
    public SwitchParameter Quick { get; set; }

    protected override void ProcessRecord() => TryRun(stop =>
    {
        using ByteProgress progress = new(this, "Checking layers");
        WriteObject(Engine.Check(Quick, progress, stop), enumerateCollection: true);
    });
}
