using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Which containers the user means.</summary>
public abstract partial class ContainersCmdlet
{
    /// <summary>
    /// A name without wildcards is left to the engine, which knows names, ids and beginnings of ids. With wildcards, a container
    /// that is called exactly that wins; else all whose name matches are meant, and none is no error. Patterns match names only: an
    /// id that happens to begin with the same letters is nothing to be removed by.
    /// </summary>
    private protected IEnumerable<ContainerTarget> FindTargets(IEnumerable<string> names, IEnumerable<Container> containers)
    {
        foreach (Container container in containers)
        {
            yield return new ContainerTarget(container.Id, container.Name);
        }

        foreach (string name in names)
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name))
            {
                yield return new ContainerTarget(name, name);
            }
            else if (TryRun(_ => Matching(name), out List<Container>? found))
            {
                foreach (Container container in found)
                {
                    yield return new ContainerTarget(container.Id, container.Name);
                }
            }
        }
    }

    private protected List<Container> Matching(string pattern)
    {
        IReadOnlyList<Container> all = Engine.List();
        if (all.FirstOrDefault(container => container.Name == pattern) is { } exact)
        {
            return [exact];
        }

        WildcardPattern wildcard = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        return [.. all.Where(container => wildcard.IsMatch(container.Name))];
    }
}
