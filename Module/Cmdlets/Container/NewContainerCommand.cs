using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Makes a container; nothing runs yet.</summary>
[Cmdlet(VerbsCommon.New, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class NewContainerCommand : ContainerCreationCmdlet
{
    protected override void ProcessRecord()
    {
        if (ShouldDo(Describe("Create")) && TryRun(stop => Create(BuildSpec(), stop), out Container? container))
        {
            WriteObject(container);
        }
    }
}
