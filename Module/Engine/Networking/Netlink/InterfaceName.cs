namespace Containers.Engine.Networking.Netlink;

/// <summary>Names of interfaces that the engine makes or renames.</summary>
internal static class InterfaceName
{
    /// <summary>IFNAMSIZ without the final zero (linux/if.h).</summary>
    internal const int MaxLength = 15;

    /// <summary>
    /// The kernel refuses '/', ':' and white space and fills in a number for "%d" (dev_valid_name, dev_alloc_name). The rest that is
    /// refused here is what rule files and command lines read as something else: a leading '-', a final '+', quotes.
    /// </summary>
    internal static bool IsValid(string? name) =>
        name is { Length: > 0 and <= MaxLength } and not "." and not ".." && name[0] != '-'
        && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>The name itself, when the kernel and the tools take it.</summary>
    internal static string Check(string name) => IsValid(name) ? name : throw new EngineException(
        EngineErrorKind.InvalidArgument,
        "InvalidInterfaceName",
        $"'{name}' cannot be the name of a network interface.",
        name,
        $"Use 1 to {MaxLength} letters, digits, '.', '_' and '-', not beginning with '-'.");
}
