using System.Collections;
using Containers.Engine.Launch;

namespace Containers.Cmdlets;

/// <summary>private, host, and container:NAME of those that run.</summary>
public sealed class NamespaceModeCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound)
    {
        yield return new Candidate(NamespaceSpec.Private, "a namespace of its own");
        yield return new Candidate(NamespaceSpec.Host, "the host's namespace");
        foreach (var container in EngineAccess.Current.List().Where(container => container.IsRunning))
        {
            yield return new Candidate(NamespaceSpec.ContainerPrefix + container.Name, $"the namespace of {container.Name}");
        }
    }
}

/// <summary>private and host: modes that cannot be shared with a container.</summary>
public sealed class PrivateOrHostCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        [new(NamespaceSpec.Private, "a namespace of its own"), new(NamespaceSpec.Host, "the host's namespace")];
}
