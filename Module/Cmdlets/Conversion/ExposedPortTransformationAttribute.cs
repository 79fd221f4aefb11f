using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Allocation;

namespace Containers.Cmdlets;

/// <summary>Takes ports of a container: 80, '53/udp', '7000-7010/tcp', objects of Get-ContainerPort.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ExposedPortTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = Conversions.Unwrap(inputData);
        if (value is null)
        {
            return null!;
        }

        try
        {
            return Conversions.Elements(value).SelectMany(From).ToArray();
        }
        catch (EngineException e)
        {
            throw Conversions.Refuse(e);
        }
    }

    private static IEnumerable<ContainerPort> From(object? element) => element switch
    {
        ContainerPort port => [port],
        ContainerPortMapping mapping => [new ContainerPort(mapping.ContainerPort, mapping.Protocol)],
        _ => PortPublicationParser.ParsePortRange(Conversions.Text(element).Trim()),
    };
}
