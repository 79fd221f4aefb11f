using System.Collections;
using Containers.Engine.Launch;

namespace Containers.Cmdlets;

/// <summary>What -Network takes: networks, none, host, and container:NAME of those that run.</summary>
public sealed class NetworkModeCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound)
    {
        Candidate[] words =
        [
            new(NetworkSpec.Bridge, "the default network"), new(NetworkSpec.None, "only a loopback interface"),
            new(NetworkSpec.Host, "the host's network"),
        ];
        return words
            .Concat(EngineAccess.Current.ListNetworks().Select(network => new Candidate(network.Name, $"{network.Driver} network")))
            .Concat(EngineAccess.Current.List().Where(container => container.IsRunning).Select(container => new Candidate(
                NamespaceSpec.ContainerPrefix + container.Name, $"the network of {container.Name}")))
            .DistinctBy(candidate => candidate.Text);
    }
}
