using System.Management.Automation;
using Containers.Engine.Inspection;

namespace Containers.Cmdlets;

/// <summary>Everything that is known of a container: docker inspect.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerDetail", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ContainerDetail), typeof(string))]
public sealed class GetContainerDetailCommand : ContainerTargetCmdlet
{
    private readonly List<ContainerDetail> _details = [];

    /// <summary>One text, the array that docker inspect prints.</summary>
    [Parameter]
    public SwitchParameter AsJson { get; set; }

    /// <summary>Also what it takes up on the disk.</summary>
    [Parameter]
    [Alias("Size")]
    public SwitchParameter IncludeSize { get; set; }

    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in Targets)
        {
            if (!TryRun(stop => Engine.GetDetail(target.Id, IncludeSize, stop), out ContainerDetail? detail))
            {
                continue;
            }

            if (AsJson)
            {
                _details.Add(detail);
            }
            else
            {
                WriteObject(detail);
            }
        }
    }

    protected override void EndProcessing()
    {
        if (AsJson && TryRun(_ => ContainerInspection.Write(_details), out string? json))
        {
            WriteObject(json);
        }
    }
}
