using System.Globalization;
using Containers.Engine.Images;
using Containers.Engine.Inspection;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Networking;

namespace Containers.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>Everything that is known of a container.</summary>
    /// <param name="nameOrId">The container.</param>
    /// <param name="withSize">Also what it takes up, which reads its whole directory.</param>
    /// <param name="cancellation">Ends the counting.</param>
    /// <exception cref="EngineException">ContainerDamaged.</exception>
    public ContainerDetail GetDetail(string nameOrId, bool withSize, CancellationToken cancellation)
    {
        Container now = Get(nameOrId);
        ContainerRecord record = _store.Record(now.Id);
        ImageRecord? image = Images.TryOpen(record.ImageId);
        ContainerDetail detail = new ContainerInspector(_paths, _launcher.Host).Describe(record, now, image);
        ContainerSize? size = withSize ? GetSize(now.Id, cancellation) : null;
        HealthCheck? check = image is null ? null : HealthChecks.Resolve(record.Spec.Health, image.Config.Config);
        return detail with
        {
            HealthCheck = check is null ? null : HealthChecks.Whole(check),
            Health = check is null ? null : HealthOf(now, check),
            Adapters = AdaptersOf(now),
            NetworkIds = now.Networks.ToDictionary(name => name, NetworkId, StringComparer.OrdinalIgnoreCase),
            NetworkNamespacePath = now.MonitorProcessId > 0 && record.Spec.Network.Mode is NetworkSpec.Own or NetworkSpec.None
                ? string.Create(CultureInfo.InvariantCulture, $"/proc/{now.MonitorProcessId}/fd/4") : "",
            OtherNames = Others(record.Spec).Distinct().Where(id => _store.TryGetRecord(id) is not null)
                .ToDictionary(id => id, id => _store.TryGetRecord(id)!.Name),
            ExecIds = ExecIds(now),
            SizeWritten = size?.Written,
            SizeRoot = size?.Root,
        };
    }

    /// <summary>What a container takes up on the disk, counted now.</summary>
    public ContainerSize GetSize(string nameOrId, CancellationToken cancellation)
    {
        Container container = Get(nameOrId);
        cancellation.ThrowIfCancellationRequested();
        long written = Linux.DiskUsage.Of(_paths.Container(container.Id) + "/layer");
        long image = Images.TryOpen(container.ImageId) is null ? 0 : Images.Get(container.ImageId).Size;
        return new ContainerSize(written, written + image);
    }

    /// <summary>One that ends in this moment has none.</summary>
    private IReadOnlyList<ContainerNetworkAdapter> AdaptersOf(Container container)
    {
        try
        {
            return container.IsRunning && container.Networks.Count > 0 ? GetAdapters(container.Id) : [];
        }
        catch (EngineException e) when (e.Kind is EngineErrorKind.InvalidOperation or EngineErrorKind.ObjectNotFound)
        {
            return [];
        }
    }

    private string NetworkId(string name) => name == NetworkSpec.Bridge ? NetworkRecord.DefaultId : _networks.Store.Find(name)?.Id ?? "";

    private static IEnumerable<string> Others(ContainerSpec spec) =>
        ((string[])[spec.Network.Mode, spec.Namespaces.Pid, spec.Namespaces.Ipc, spec.Namespaces.Uts])
            .Where(mode => mode.StartsWith(NamespaceSpec.ContainerPrefix, StringComparison.Ordinal))
            .Select(mode => mode[NamespaceSpec.ContainerPrefix.Length..])
            .Concat(spec.Network.Links.Select(link => link.Container));

    private string[] ExecIds(Container container)
    {
        string directory = _paths.Run(container.Id) + "/exec";
        return Directory.Exists(directory) ? [.. Directory.GetDirectories(directory).Select(each => Path.GetFileName(each)).Order(StringComparer.Ordinal)] : [];
    }
}
