using System.Net;
using System.Text;
using Containers.Engine.Launch;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Names;

namespace Containers.Engine.Lifecycle;

/// <summary>The container's /etc/hosts, /etc/hostname and /etc/resolv.conf: files of the run directory that are mounted over the image's.</summary>
internal static class EtcFiles
{
    internal static IReadOnlyList<string> Names { get; } = ["hosts", "hostname", "resolv.conf"];

    /// <summary>Host name and domain.</summary>
    internal static string FullName(ContainerRecord record)
    {
        string full = record.Spec.Namespaces.Uts == NamespaceSpec.Host || record.Spec.Network.Mode == NetworkSpec.Host
            ? Environment.MachineName
            : record.Spec.Namespaces.HostName ?? LaunchPlanCompiler.HostName(record.Spec, record.Id);
        return record.Spec.Namespaces.DomainName is { Length: > 0 } domain && !full.Contains('.', StringComparison.Ordinal) ? full + "." + domain : full;
    }

    /// <param name="record">The container.</param>
    /// <param name="state">What it has of networks; its file of hosts was written with it.</param>
    /// <param name="settings">The host's.</param>
    internal static IEnumerable<(string Name, byte[] Content)> Make(ContainerRecord record, NetworkState? state, NetworkSettings settings)
    {
        string full = FullName(record);
        if (state is null)
        {
            yield return ("hosts", Hosts(record, full));
        }

        yield return ("hostname", Encoding.UTF8.GetBytes(full + "\n"));
        bool egress = state is null || state.Interfaces.Any(one => one.DefaultRoute);
        yield return ("resolv.conf", ResolvConf.Build(
            record.Spec.Network, settings, Read("/etc/resolv.conf"), Read(ResolvConf.ResolvedPath), egress, state?.Interfaces.Any(one => one.IPv6 is not null) == true));
    }

    /// <summary>Of a container without a network of its own: the host's file, or the usual lines.</summary>
    private static byte[] Hosts(ContainerRecord record, string full)
    {
        byte[]? host = record.Spec.Network.Mode == NetworkSpec.Host ? Read("/etc/hosts") : null;
        byte[] content = host ?? HostsFile.Build([new IPAddress([127, 0, 1, 1])], full, null, []);
        foreach (HostEntry entry in record.Spec.Network.HostEntries)
        {
            // The host as such a container reaches it is itself.
            IPAddress address = entry.Address == HostEntry.HostGateway ? IPAddress.Loopback : IPAddress.Parse(entry.Address);
            content = HostsFile.Add(content, address, [entry.Name]);
        }

        return content;
    }

    private static byte[]? Read(string path) => File.Exists(path) ? File.ReadAllBytes(path) : null;
}
