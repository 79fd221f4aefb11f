using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>What is wrong with what the user says about ports.</summary>
internal static class PortErrors
{
    internal static EngineException NotPublished(ContainerTarget target, PortSelection selection) => new(
        EngineErrorKind.ObjectNotFound, ErrorIds.PortNotPublished, $"Container \"{target.Name}\" publishes no port {selection}.",
        selection.ToString(), $"Run: Get-ContainerPort {target.Name} -All");

    internal static EngineException Missing(string action) => new(
        EngineErrorKind.InvalidArgument, ErrorIds.PortMissing, "No port is named.", null, action);
}
