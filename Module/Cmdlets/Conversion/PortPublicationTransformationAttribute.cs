using System.Collections;
using System.Globalization;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Allocation;

namespace Containers.Cmdlets;

/// <summary>
/// Takes published ports as docker writes them ('8080:80', '127.0.0.1::80/udp', '8000-8010:80-90', 80), as @{ 8080 = 80 } or
/// @{ '127.0.0.1:8080' = '80/udp' }, as @{ ContainerPort = 80; HostPort = 8080 }, and as objects of Get-ContainerPort.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PortPublicationTransformationAttribute : ArgumentTransformationAttribute
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

    /// <summary>From parts that parameters gave. The address is judged by the parser, as one in a text is.</summary>
    /// <exception cref="EngineException">InvalidPortSpecification.</exception>
    internal static PortPublication From(string? hostAddress, int hostPort, int port, string? protocol)
    {
        string address = hostAddress is null ? "" : Bracketed(hostAddress) + ":";
        string host = hostPort > 0 ? hostPort.ToString(CultureInfo.InvariantCulture) + ":" : address.Length > 0 ? ":" : "";
        string text = string.Create(
            CultureInfo.InvariantCulture, $"{address}{host}{port}/{protocol?.ToLowerInvariant() ?? PortPublicationParser.Tcp}");
        return PortPublicationParser.Parse(text)[0];
    }

    /// <summary>As docker writes it: 127.0.0.1:8080->80/tcp.</summary>
    internal static string Describe(PortPublication port)
    {
        string address = port.HostAddress is null ? "" : Bracketed(port.HostAddress) + ":";
        string last = port.LastHostPort > 0 ? string.Create(CultureInfo.InvariantCulture, $"-{port.LastHostPort}") : "";
        string host = port.HostPort == 0 ? "(any)" : string.Create(CultureInfo.InvariantCulture, $"{port.HostPort}{last}");
        return $"{address}{host}->{port.Port}";
    }

    private static IEnumerable<PortPublication> From(object? element) => element switch
    {
        PortPublication port => [port],
        ContainerPortMapping mapping =>
            [From(mapping.HostAddress?.ToString(), mapping.HostPort ?? 0, mapping.ContainerPort, mapping.Protocol)],
        IDictionary table when Value(table, "ContainerPort") is { } port => [FromNames(table, port)],
        IDictionary table => table.Cast<DictionaryEntry>().SelectMany(FromPair),
        _ => PortPublicationParser.Parse(Conversions.Text(element).Trim()),
    };

    /// <summary>The key is what is before the container's port: a port, or address and port, or an address alone.</summary>
    private static IEnumerable<PortPublication> FromPair(DictionaryEntry pair)
    {
        string host = Conversions.Text(pair.Key).Trim();
        return Conversions.Elements(Conversions.Unwrap(pair.Value) ?? "")
            .SelectMany(port => PortPublicationParser.Parse($"{host}:{Conversions.Text(port).Trim()}"));
    }

    private static PortPublication FromNames(IDictionary table, object port)
    {
        string[] unknown = [.. table.Keys.Cast<object>().Select(Conversions.Text).Where(key => !IsName(key))];
        if (unknown.Length > 0)
        {
            throw Invalid($"\"{unknown[0]}\" is no part of a published port.", unknown[0]);
        }

        object? address = Value(table, "HostIP") ?? Value(table, "HostAddress");
        object? protocol = Value(table, "Protocol");
        return From(
            address is null ? null : Conversions.Text(address), Number(Value(table, "HostPort") ?? 0), Number(port),
            protocol is null ? null : Conversions.Text(protocol));
    }

    private static bool IsName(string key) =>
        key.ToLowerInvariant() is "containerport" or "hostport" or "hostip" or "hostaddress" or "protocol";

    private static object? Value(IDictionary table, string name) => Conversions.Unwrap(table.Cast<DictionaryEntry>()
        .FirstOrDefault(entry => Conversions.Text(entry.Key).Equals(name, StringComparison.OrdinalIgnoreCase)).Value);

    private static int Number(object value) =>
        int.TryParse(Conversions.Text(value), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw Invalid($"\"{Conversions.Text(value)}\" is no port.", value);

    private static string Bracketed(string address) => address.Contains(':', StringComparison.Ordinal) && !address.StartsWith('[')
        ? $"[{address}]"
        : address;

    private static EngineException Invalid(string message, object? target) => new(
        EngineErrorKind.InvalidArgument, "InvalidPortSpecification", message, target,
        "Give '8080:80', @{ 8080 = 80 }, or @{ HostIP = '127.0.0.1'; HostPort = 8080; ContainerPort = 80; Protocol = 'tcp' }.");
}
