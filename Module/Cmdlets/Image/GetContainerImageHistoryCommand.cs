using System.Management.Automation;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>The steps that made an image, newest first: docker history.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerImageHistory")]
[OutputType(typeof(ImageHistoryEntry))]
public sealed class GetContainerImageHistoryCommand : ImageTargetCmdlet
{
    protected override void ProcessRecord()
    {
        foreach (string image in FindImages(Name))
        {
            if (TryRun(_ => Engine.GetHistory(image), out IReadOnlyList<ImageHistoryEntry>? history))
            {
                WriteObject(history, enumerateCollection: true);
            }
        }
    }
}
