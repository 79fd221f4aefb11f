using System.Security.Cryptography;

namespace Containers.Engine.Networking.Allocation;

/// <summary>Names of network interfaces.</summary>
internal static class InterfaceNames
{
    /// <summary>IFNAMSIZ less the final zero.</summary>
    internal const int MaxLength = 15;

    /// <summary>A name for the host's end of a pair. One in 2^28: the caller tries again should the kernel say that it exists.</summary>
    internal static string NewHostSide() => "veth" + RandomNumberGenerator.GetHexString(7, lowercase: true);

    /// <summary>The bridge of a network: "br-" and the beginning of its id.</summary>
    internal static string Bridge(string networkId) => "br-" + networkId[..12];

    /// <summary>
    /// Letters, digits and <c>. _ - @</c>: fewer than the kernel takes (dev_valid_name: all but '/', ':' and white space). What is left out
    /// means something elsewhere: "eth%d" is a pattern to the kernel and "br+" one to iptables, and a leading hyphen is an option.
    /// </summary>
    /// <exception cref="EngineException">InvalidInterfaceName.</exception>
    internal static void Validate(string name)
    {
        string? wrong = name switch
        {
            "" => "it is empty",
            "." or ".." => "it would be a directory",
            "all" or "default" => "the kernel keeps the settings of all interfaces under it",
            { Length: > MaxLength } => "it is longer than 15 characters",
            ['-', ..] => "it begins with a hyphen",
            _ when !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '@') => "it has a character that is not allowed",
            _ => null,
        };
        if (wrong is not null)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidInterfaceName", $"\"{name}\" is no valid interface name: {wrong}.", name,
                "Use 1 to 15 letters, digits, dots, underscores, hyphens or @ signs.");
        }
    }
}
