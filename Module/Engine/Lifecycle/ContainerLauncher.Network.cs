using System.Net;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Linux;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Names;

namespace Containers.Engine.Lifecycle;

/// <summary>What a start needs of the networks.</summary>
internal sealed partial class ContainerLauncher
{
    /// <summary>A network of its own is made before the process. One of mode none is born with it, unless it is to have interfaces.</summary>
    internal static bool UsesPreparedNetwork(ContainerSpec spec) =>
        spec.Network.Mode == NetworkSpec.Own || (spec.Network.Mode == NetworkSpec.None && spec.Network.Adapters.Count > 0);

    private NetworkNamespace? Attach(ContainerRecord record, ImageRecord image, IList<string> warnings, CancellationToken cancellation) =>
        UsesPreparedNetwork(record.Spec)
            ? networks.Attach(
                new NetworkRequest
                {
                    Id = record.Id,
                    Name = record.Name,
                    Spec = record.Spec.Network,
                    ImagePorts = Ports.OfImage(image.Config),
                    Links = [.. record.Spec.Network.Links.Select(Target)],
                    HostName = EtcFiles.FullName(record),
                },
                warnings, cancellation)
            : null;

    /// <summary>The container that is linked to, with what it offers.</summary>
    internal LinkTarget Target(LinkSpec link)
    {
        ContainerRecord target = store.Record(link.Container);
        NetworkSpec network = target.Spec.Network;
        return new LinkTarget(target.Id, target.Name, link.Alias, [.. network.Exposed
            .Concat(Ports.OfImage(images.Open(target.ImageId).Config)).Concat(network.Published.Select(port => port.Port)).Distinct()]);
    }

    /// <summary>What 1.2 tells the first process about the containers it is linked to.</summary>
    private List<string> LinkVariables(ContainerRecord record, NetworkState state)
    {
        List<string> variables = [];
        foreach (LinkState link in state.Links)
        {
            ContainerRecord target = store.Record(link.TargetId);
            IEnumerable<string> environment = images.Open(target.ImageId).Config.Config.Env
                .Where(variable => !target.Spec.Process.Environment.ContainsKey(variable.Split('=')[0]))
                .Concat(target.Spec.Process.Environment.Select(pair => $"{pair.Key}={pair.Value}"));
            variables.AddRange(LinkEnvironment.Build(
                record.Name, link.Alias, IPAddress.Parse(link.TargetAddress), Target(new LinkSpec(link.TargetId, link.Alias)).Ports, environment));
        }

        return variables;
    }

    /// <summary>Where the files lie that are mounted over the image's: a shared network shares them.</summary>
    private string EtcDirectory(ContainerSpec spec, string run) =>
        spec.Network.Mode.StartsWith(NamespaceSpec.ContainerPrefix, StringComparison.Ordinal)
            ? paths.Run(spec.Network.Mode[NamespaceSpec.ContainerPrefix.Length..])
            : run;

    private void WriteEtcFiles(ContainerRecord record, string run)
    {
        if (record.Spec.Network.Mode.StartsWith(NamespaceSpec.ContainerPrefix, StringComparison.Ordinal))
        {
            return;
        }

        foreach ((string name, byte[] content) in EtcFiles.Make(record, networks.Store.State(record.Id), networks.Settings))
        {
            Files.Write(run + "/" + name, content, 0x1A4); // 0644
        }
    }
}
