using System.Collections;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>
/// Takes names for addresses: @{ name = '10.0.0.1' }, 'name:10.0.0.1', 'name:::1', 'name:[::1]', 'name=10.0.0.1', and host-gateway for
/// an address.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class HostEntryTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly char[] s_separators = [':', '='];

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

    private static IEnumerable<HostEntry> From(object? element) => element switch
    {
        HostEntry entry => [entry],
        ContainerHostEntry entry => [new HostEntry(entry.IPAddress, entry.HostName)],
        IDictionary table => table.Cast<DictionaryEntry>().SelectMany(pair => Conversions.Elements(Conversions.Unwrap(pair.Value) ?? "")
            .Select(address => Make(Conversions.Text(pair.Key), Conversions.Text(address)))),
        _ => [Parse(Conversions.Text(element))],
    };

    /// <summary>No name has a colon or an equals sign, so the first one ends it; an IPv6 address has more of them.</summary>
    private static HostEntry Parse(string text)
    {
        int split = text.IndexOfAny(s_separators);
        return split < 0 ? throw Invalid($"\"{text}\" has no address.", text) : Make(text[..split], text[(split + 1)..]);
    }

    private static HostEntry Make(string name, string address)
    {
        string host = name.Trim();
        string plain = address.Trim();
        if (plain.StartsWith('[') && plain.EndsWith(']'))
        {
            plain = plain[1..^1];
        }

        if (host.Length == 0)
        {
            throw Invalid($"\"{address}\" has no name.", address);
        }

        if (plain.Equals(HostEntry.HostGateway, StringComparison.OrdinalIgnoreCase))
        {
            return new HostEntry(HostEntry.HostGateway, host);
        }

        return InterfaceAddress.TryParseAddress(plain, out _)
            ? new HostEntry(plain, host)
            : throw Invalid($"\"{plain}\" is no address for \"{host}\".", plain);
    }

    private static EngineException Invalid(string message, string target) => new(
        EngineErrorKind.InvalidArgument, "InvalidHostEntry", message, target,
        "Give @{ name = '10.0.0.1' } or 'name:10.0.0.1'; host-gateway stands for the host.");
}
