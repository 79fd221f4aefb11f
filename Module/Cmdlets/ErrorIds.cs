namespace Containers.Cmdlets;

/// <summary>Ids of the engine's errors that a cmdlet acts on.</summary>
internal static class ErrorIds
{
    internal const string ContainerNotFound = "ContainerNotFound";
}
