using System.Net;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Allocation;

namespace Containers.Engine.Lifecycle;

/// <summary>Ports as users see them.</summary>
internal static class Ports
{
    /// <summary>
    /// What an image exposes, ranges of older versions' images one by one; what it says wrongly is left out, as its author is not here to correct it.
    /// </summary>
    internal static IReadOnlyList<ContainerPort> OfImage(ImageConfig config)
    {
        List<ContainerPort> ports = [];
        foreach (string text in config.Config.ExposedPorts)
        {
            try
            {
                ports.AddRange(text.Contains('-', StringComparison.Ordinal)
                    ? ImageConfigBuilder.Ports(text).Select(PortPublicationParser.ParsePort) : [PortPublicationParser.ParsePort(text)]);
            }
            catch (EngineException e) when (e.ErrorId is "InvalidPortSpecification" or "InvalidImageOption")
            {
                continue;
            }
        }

        return ports;
    }

    /// <param name="record">The container.</param>
    /// <param name="state">What it has while it runs, or null.</param>
    /// <param name="image">What its image exposes.</param>
    internal static IReadOnlyList<ContainerPortMapping> List(ContainerRecord record, NetworkState? state, IEnumerable<ContainerPort> image)
    {
        List<ContainerPortMapping> mappings = state is null
            ? [.. record.Spec.Network.Published.Select(port => Mapping(record, port))]
            : [.. state.Ports.Select(port => Mapping(record, port))];
        mappings.AddRange(record.Spec.Network.Exposed.Concat(image).Distinct()
            .Where(port => !mappings.Any(one => one.ContainerPort == port.Number && one.Protocol == port.Protocol))
            .Select(port => new ContainerPortMapping
            {
                Container = record.Name, ContainerId = record.Id, ContainerPort = port.Number, Protocol = port.Protocol,
                HostPort = state is null && record.Spec.Network.PublishAll ? 0 : null,
            }));
        return [.. mappings.OrderBy(port => port.ContainerPort).ThenBy(port => port.Protocol, StringComparer.Ordinal).ThenBy(port => port.HostPort)];
    }

    internal static ContainerPortMapping Mapping(ContainerRecord record, PortState port) => new()
    {
        Container = record.Name, ContainerId = record.Id, ContainerPort = port.ContainerPort, Protocol = port.Protocol,
        HostAddress = IPAddress.Parse(port.HostAddress), HostPort = port.HostPort,
    };

    internal static ContainerPortMapping Mapping(ContainerRecord record, PortPublication port) => new()
    {
        Container = record.Name, ContainerId = record.Id, ContainerPort = port.Port.Number, Protocol = port.Port.Protocol,
        HostAddress = port.HostAddress is null ? null : IPAddress.Parse(port.HostAddress), HostPort = port.HostPort,
    };

    /// <summary>Whether a port that is published now follows from a wish.</summary>
    internal static bool IsOf(PortState port, PortPublication wish) =>
        port.ContainerPort == wish.Port.Number && port.Protocol == wish.Port.Protocol
        && (wish.HostPort == 0 || (wish.LastHostPort == 0 ? port.HostPort == wish.HostPort : port.HostPort >= wish.HostPort && port.HostPort <= wish.LastHostPort))
        && (wish.HostAddress is null || wish.HostAddress == port.HostAddress);
}
