using System.Management.Automation;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>The layers of an image, from the bottom.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerImageLayer")]
[OutputType(typeof(ImageLayer))]
public sealed class GetContainerImageLayerCommand : ImageTargetCmdlet
{
    protected override void ProcessRecord()
    {
        foreach (string image in FindImages(Name))
        {
            if (TryRun(_ => Engine.GetLayers(image), out IReadOnlyList<ImageLayer>? layers))
            {
                WriteObject(layers, enumerateCollection: true);
            }
        }
    }
}
