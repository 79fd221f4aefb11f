using System.Management.Automation;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Takes names of networks, also with commas between, and objects: a network, or a container whose network is shared.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NetworkModeTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        Conversions.Unwrap(inputData) is { } value ? Conversions.Elements(value).SelectMany(Names).ToArray() : null!;

    private static IEnumerable<string> Names(object? element) => element switch
    {
        ContainerNetwork network => [network.Name],
        Container container => [NamespaceSpec.ContainerPrefix + container.Id],
        _ => Conversions.Text(element).Split(',', StringSplitOptions.TrimEntries),
    };
}
