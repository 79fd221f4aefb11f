using System.Collections;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Something of the container that is already on the command line, or of all.</summary>
public abstract class OfContainerCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        Chosen(bound).SelectMany(Of).DistinctBy(candidate => candidate.Text);

    private protected abstract IEnumerable<Candidate> Of(Container container);

    private static IEnumerable<Container> Chosen(IDictionary bound)
    {
        object? given = Conversions.Unwrap(bound["Container"] ?? bound["InputObject"]);
        HashSet<string> names = given is null
            ? []
            : [.. Conversions.Elements(given).Select(each => (each as Container)?.Id ?? Conversions.Text(each))];
        return EngineAccess.Current.List().Where(container =>
            names.Count == 0 || names.Contains(container.Name) || names.Contains(container.Id) || names.Contains(container.ShortId));
    }
}

/// <summary>Ports of a container that are published.</summary>
public sealed class ContainerPortCompleter : OfContainerCompleter
{
    private protected override IEnumerable<Candidate> Of(Container container) => EngineAccess.Current.GetPorts(container.Id)
        .Where(port => port.HostPort is not null)
        .Select(port => new Candidate(new ContainerPort(port.ContainerPort, port.Protocol).ToString(), $"{container.Name}: {port}"));
}

/// <summary>Ports of a container that are exposed, published or not.</summary>
public sealed class ExposedPortCompleter : OfContainerCompleter
{
    private protected override IEnumerable<Candidate> Of(Container container) => EngineAccess.Current.GetPorts(container.Id)
        .Select(port => new Candidate(Conversions.Text(port.ContainerPort), $"{container.Name}: {port}"));
}

/// <summary>Ports of the host at which a container is reached.</summary>
public sealed class HostPortCompleter : OfContainerCompleter
{
    private protected override IEnumerable<Candidate> Of(Container container) => EngineAccess.Current.GetPorts(container.Id)
        .Where(port => port.HostPort is > 0)
        .Select(port => new Candidate(Conversions.Text(port.HostPort), $"{container.Name}: {port}"));
}

/// <summary>Interfaces of a running container.</summary>
public class AdapterNameCompleter : OfContainerCompleter
{
    private protected virtual bool Fits(ContainerNetworkAdapter adapter) => true;

    private protected override IEnumerable<Candidate> Of(Container container) => EngineAccess.Current.GetAdapters(container.Id)
        .Where(Fits).Select(adapter => new Candidate(adapter.Name, $"{container.Name}: {adapter.Kind}, {adapter.IPAddress}"));
}

/// <summary>Interfaces that were added to a running container.</summary>
public sealed class AddedAdapterNameCompleter : AdapterNameCompleter
{
    private protected override bool Fits(ContainerNetworkAdapter adapter) => ContainerAdapters.IsAdded(adapter);
}

public sealed class LinkAliasCompleter : OfContainerCompleter
{
    private protected override IEnumerable<Candidate> Of(Container container) => EngineAccess.Current.GetLinks()
        .Where(link => link.ContainerId == container.Id).Select(link => new Candidate(link.Alias, $"{link.Container} to {link.Target}"));
}

public sealed class HostEntryNameCompleter : OfContainerCompleter
{
    private protected override IEnumerable<Candidate> Of(Container container) => EngineAccess.Current.GetHostEntries(container.Id)
        .Select(entry => new Candidate(entry.HostName, $"{entry.Container}: {entry.IPAddress}"));
}

/// <summary>The word for the host as a container reaches it.</summary>
public sealed class HostGatewayCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        [new(HostEntry.HostGateway, "the host as the container reaches it")];
}
