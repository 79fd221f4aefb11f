namespace Containers.Cmdlets;

/// <summary>Ids of the engine's errors that a cmdlet acts on or gives itself.</summary>
internal static class ErrorIds
{
    internal const string BridgeNotFound = "BridgeNotFound";

    internal const string ContainerNotFound = "ContainerNotFound";

    internal const string CredentialMissing = "CredentialMissing";

    internal const string FileExists = "FileExists";

    internal const string ImageTagExists = "ImageTagExists";

    internal const string InvalidAddress = "InvalidAddress";

    internal const string ContainerRunning = "ContainerRunning";

    internal const string InputWithTerminal = "InputWithTerminal";

    internal const string NetworkExists = "NetworkExists";

    internal const string NetworkModeConflict = "NetworkModeConflict";

    internal const string ParameterNeedsRootFileSystem = "ParameterNeedsRootFileSystem";

    internal const string PortMissing = "PortMissing";

    internal const string PortNotPublished = "PortNotPublished";

    internal const string TagNotAllowed = "TagNotAllowed";

    internal const string TerminalRequired = "TerminalRequired";
}
