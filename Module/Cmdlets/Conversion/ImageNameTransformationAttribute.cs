using System.Management.Automation;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>Takes an image object where a name is wanted: its id says exactly which, but a name is what people want to see later.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ImageNameTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        Conversions.Unwrap(inputData) is ContainerImage image ? (image.References.Count > 0 ? image.References[0] : image.Id) : inputData;
}
