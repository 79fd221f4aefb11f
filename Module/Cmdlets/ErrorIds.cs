namespace Containers.Cmdlets;

/// <summary>Ids of the engine's errors that a cmdlet acts on or gives itself.</summary>
internal static class ErrorIds
{
    internal const string BridgeNotFound = "BridgeNotFound";

    internal const string ContainerNotFound = "ContainerNotFound";

    internal const string NetworkExists = "NetworkExists";
}
