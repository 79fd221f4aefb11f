using System.Text;
using Containers.Engine.Launch;

namespace Containers.Engine.Lifecycle;

/// <summary>The container's /etc/hosts, /etc/hostname and /etc/resolv.conf: files of the run directory that are mounted over the image's.</summary>
internal static class EtcFiles
{
    internal static IReadOnlyList<string> Names { get; } = ["hosts", "hostname", "resolv.conf"];

    internal static IEnumerable<(string Name, byte[] Content)> Make(ContainerRecord record)
    {
        bool host = record.Spec.Network.Mode == NetworkSpec.Host;
        string full = record.Spec.Namespaces.Uts == NamespaceSpec.Host
            ? Environment.MachineName
            : record.Spec.Namespaces.HostName ?? LaunchPlanCompiler.HostName(record.Spec, record.Id);
        if (record.Spec.Namespaces.DomainName is { Length: > 0 } domain && !full.Contains('.', StringComparison.Ordinal))
        {
            full += "." + domain;
        }

        string shortName = full.Split('.')[0];
        yield return ("hosts", host && File.Exists("/etc/hosts") ? File.ReadAllBytes("/etc/hosts") : Encoding.UTF8.GetBytes(
            $"127.0.1.1\t{(full == shortName ? full : full + " " + shortName)}\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
            + "fe00::0\tip6-localnet\nff00::0\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"));
        yield return ("hostname", Encoding.UTF8.GetBytes(full + "\n"));
        yield return ("resolv.conf", File.Exists("/etc/resolv.conf") ? File.ReadAllBytes("/etc/resolv.conf") : []);
    }
}
