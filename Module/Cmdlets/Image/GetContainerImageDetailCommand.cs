using System.Management.Automation;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>Everything that is known of an image: docker image inspect.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerImageDetail")]
[OutputType(typeof(ContainerImageDetail), typeof(string))]
public sealed class GetContainerImageDetailCommand : ImageTargetCmdlet
{
    private readonly List<ContainerImageDetail> _details = [];

    /// <summary>One text, the array that docker image inspect prints.</summary>
    [Parameter]
    public SwitchParameter AsJson { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string image in FindImages(Name))
        {
            if (!TryRun(_ => Engine.GetImageDetail(image), out ContainerImageDetail? detail))
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
        if (AsJson && TryRun(_ => ImageInspection.Write(_details), out string? json))
        {
            WriteObject(json);
        }
    }
}
