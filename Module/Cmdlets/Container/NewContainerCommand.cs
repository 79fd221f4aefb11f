using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Makes a container; nothing runs yet.</summary>
[Cmdlet(VerbsCommon.New, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class NewContainerCommand : ContainerDefinitionCmdlet
{
    protected override void ProcessRecord()
    {
        if (ShouldDo(Describe("Create")) && TryRun(_ => Create(BuildSpec()), out Container? container))
        {
            WriteObject(container);
        }
    }
}
