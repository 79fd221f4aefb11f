using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Starts a program in the background of containers that run. Its exit code is kept as long as the container runs.</summary>
[Cmdlet(VerbsLifecycle.Start, "ContainerProcess", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(ContainerProcess))]
public sealed class StartContainerProcessCommand : ContainerExecCmdlet
{
    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in Targets)
        {
            if (ShouldDo(Describe(target))
                && TryRun(stop => Engine.StartProcess(target.Id, BuildSpec(), Warnings, stop), out ContainerProcess? process))
            {
                WriteObject(process);
            }
        }
    }
}
