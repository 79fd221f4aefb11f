using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Containers.Engine.Launch;

namespace Containers.Engine.Networking.Names;

/// <summary>The variables that tell a container's first process about one it is linked to, as docker 1.2 made them.</summary>
internal static class LinkEnvironment
{
    /// <param name="name">Name of the container that gets the variables, without a slash.</param>
    /// <param name="alias">What it calls the other one.</param>
    /// <param name="address">The other's address.</param>
    /// <param name="exposed">The other's exposed ports.</param>
    /// <param name="environment">The other's variables, NAME=VALUE.</param>
    /// <returns>NAME=VALUE.</returns>
    internal static IReadOnlyList<string> Build(
        string name, string alias, IPAddress address, IEnumerable<ContainerPort> exposed, IEnumerable<string> environment)
    {
        string prefix = alias.ToUpperInvariant().Replace('-', '_');
        ContainerPort[] ports =
        [
            .. exposed.Distinct().OrderBy(port => port.Number).ThenBy(port => port.Protocol != "tcp").ThenBy(port => port.Protocol, StringComparer.Ordinal),
        ];
        List<string> variables = [$"{prefix}_NAME=/{name}/{alias}"];
        if (ports.Length > 0)
        {
            variables.Add($"{prefix}_PORT={Url(address, ports[0])}");
        }

        foreach (ContainerPort port in ports)
        {
            string own = string.Create(CultureInfo.InvariantCulture, $"{prefix}_PORT_{port.Number}_{port.Protocol.ToUpperInvariant()}");
            variables.Add($"{own}={Url(address, port)}");
            variables.Add($"{own}_ADDR={address}");
            variables.Add(string.Create(CultureInfo.InvariantCulture, $"{own}_PORT={port.Number}"));
            variables.Add($"{own}_PROTO={port.Protocol}");
        }

        foreach (string variable in environment)
        {
            // A value with '=' in it never came through in docker, and HOME and PATH say nothing about the other container.
            if (variable.Split('=') is [var key, var value] && key is not "HOME" and not "PATH" and not "")
            {
                variables.Add($"{prefix}_ENV_{key}={value}");
            }
        }

        return variables;
    }

    /// <summary>An alias is a host name and becomes a part of names of variables and of a second name of the container.</summary>
    /// <exception cref="EngineException">InvalidLinkAlias.</exception>
    internal static void ValidateAlias(string alias)
    {
        if (alias.Length is 0 or > 63 || !char.IsAsciiLetterOrDigit(alias[0]) || !HostNames.IsValid(alias))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidLinkAlias", $"\"{alias}\" is no valid alias for a link.", alias,
                "Use up to 63 letters, digits, hyphens, dots and underscores, beginning with a letter or digit.");
        }
    }

    private static string Url(IPAddress address, ContainerPort port) => address.AddressFamily == AddressFamily.InterNetworkV6
        ? string.Create(CultureInfo.InvariantCulture, $"{port.Protocol}://[{address}]:{port.Number}")
        : string.Create(CultureInfo.InvariantCulture, $"{port.Protocol}://{address}:{port.Number}");
}
