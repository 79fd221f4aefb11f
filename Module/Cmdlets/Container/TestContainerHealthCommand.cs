using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Runs the health check of containers now.</summary>
[Cmdlet(VerbsDiagnostic.Test, "ContainerHealth", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ContainerHealthResult))]
public sealed class TestContainerHealthCommand : ContainerTargetCmdlet
{
    /// <summary>Runs nothing: the last checks, oldest first.</summary>
    [Parameter]
    public SwitchParameter History { get; set; }

    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in Targets)
        {
            if (History)
            {
                if (TryRun(_ => Engine.GetHealth(target.Id), out ContainerHealth? health))
                {
                    WriteObject(health.Log, enumerateCollection: true);
                }
            }
            else if (TryRun(stop => Engine.TestHealth(target.Id, stop), out ContainerHealthResult? result))
            {
                WriteObject(result);
            }
        }
    }
}
