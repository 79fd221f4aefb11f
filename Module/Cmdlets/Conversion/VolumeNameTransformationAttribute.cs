using System.Management.Automation;
using Containers.Engine.Volumes;

namespace Containers.Cmdlets;

/// <summary>Takes volume objects where names are wanted.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class VolumeNameTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = Conversions.Unwrap(inputData);
        return value is null or string
            ? inputData
            : Conversions.Elements(value).Select(element => element is ContainerVolume volume ? volume.Name : element).ToArray();
    }
}
