using System.Net;
using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>What registries are called: Docker Hub has four names, and old files write addresses where names belong.</summary>
internal static class RegistryName
{
    internal const string DockerHub = "docker.io";

    /// <summary>The host that serves Docker Hub's images.</summary>
    internal const string DockerHubHost = "registry-1.docker.io";

    /// <summary>The key of Docker Hub in auth files, as docker writes it.</summary>
    internal const string DockerHubKey = "https://index.docker.io/v1/";

    /// <summary>Reads what a user wrote as a registry: "quay.io", "https://quay.io/", "quay.io/team".</summary>
    /// <returns>The host with its port, and the name with its namespace.</returns>
    /// <exception cref="EngineException">InvalidRegistryName.</exception>
    internal static (string Host, string Name) Parse(string text)
    {
        string name = Normalize(text);
        return ImageReference.TryParse(name + "/x", out ImageReference? reference)
                && (reference.Domain != DockerHub || name == DockerHub || name.StartsWith(DockerHub + "/", StringComparison.Ordinal))
            ? (reference.Domain, name)
            : throw Invalid(text);
    }

    internal static EngineException Invalid(string text) => new(
        EngineErrorKind.InvalidArgument, "InvalidRegistryName", $"\"{text}\" is not a registry's name.", text,
        "Write its host, with the port where it has one, for example quay.io or localhost:5000.");

    /// <summary>A key of an auth file without scheme, API path and trailing slash; Docker Hub under its one name.</summary>
    internal static string Normalize(string key)
    {
        ReadOnlySpan<char> name = key.AsSpan().Trim();
        int scheme = name.IndexOf("://", StringComparison.Ordinal);
        name = scheme >= 0 ? name[(scheme + 3)..] : name;
        name = name.TrimEnd('/');
        if (name.EndsWith("/v1", StringComparison.Ordinal) || name.EndsWith("/v2", StringComparison.Ordinal))
        {
            name = name[..^3];
        }

        return name is "index.docker.io" or DockerHubHost or "registry.hub.docker.com" ? DockerHub : name.ToString();
    }

    internal static string HostOf(string domain) => domain == DockerHub ? DockerHubHost : domain;

    /// <summary>This machine by a literal address or by its reserved name; what a name server says does not count.</summary>
    internal static bool IsLoopback(string host)
    {
        string name = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name, out IPAddress? address) && IPAddress.IsLoopback(address));
    }
}
