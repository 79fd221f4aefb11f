using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Takes a network or bridge object where its name is wanted.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NetworkNameTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Conversions.Unwrap(inputData) switch
    {
        ContainerNetwork network => network.Name,
        ContainerBridge bridge => bridge.Name,
        _ => inputData,
    };
}
