using System.Net;
using Containers.Engine.Launch;

namespace Containers.Engine.Networking.Names;

/// <summary>Checks the names and addresses that go into a container's hosts file: each ends up in a line of it, so that none may hold a space or a line end.</summary>
internal static class HostNames
{
    /// <summary>The longest name of RFC 1035.</summary>
    internal const int MaxLength = 253;

    private const string Example = "Write it as NAME:ADDRESS, for example db:10.0.0.5 or host:host-gateway.";

    /// <summary>Letters, digits, hyphens, dots and underscores, with something between the dots.</summary>
    internal static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength
        && name[0] != '-'
        && name.Split('.').All(label => label.Length is > 0 and <= 63)
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');

    /// <summary>Parses NAME:ADDRESS or NAME=ADDRESS, where an IPv6 address may stand in brackets.</summary>
    /// <exception cref="EngineException">InvalidHostEntry.</exception>
    internal static HostEntry ParseEntry(string text)
    {
        int split = text.IndexOfAny([':', '=']);
        if (split < 0)
        {
            throw Invalid(text, "it has no address");
        }

        string address = text[(split + 1)..];
        return Check(new HostEntry(address is ['[', .. var inner, ']'] ? inner : address, text[..split]), text);
    }

    /// <summary>The entry in its canonical form.</summary>
    /// <exception cref="EngineException">InvalidHostEntry.</exception>
    internal static HostEntry Validate(HostEntry entry) => Check(entry, $"{entry.Name}:{entry.Address}");

    private static HostEntry Check(HostEntry entry, string text)
    {
        if (!IsValid(entry.Name))
        {
            throw Invalid(text, $"\"{entry.Name}\" is no host name");
        }

        if (entry.Address == HostEntry.HostGateway)
        {
            return entry;
        }

        return InterfaceAddress.TryParseAddress(entry.Address, out IPAddress? address)
            ? entry with { Address = address!.ToString() }
            : throw Invalid(text, $"\"{entry.Address}\" is no IP address");
    }

    private static EngineException Invalid(string text, string what) => new(
        EngineErrorKind.InvalidArgument, "InvalidHostEntry", $"\"{text}\" is no valid host entry: {what}.", text, Example);
}
