using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Which networks and bridges the user means.</summary>
public abstract partial class ContainersCmdlet
{
    private protected const WildcardOptions IgnoreCase = WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant;

    /// <summary>A network or bridge has no wildcard in its name, so there is no literal meaning to be tried first.</summary>
    private protected static IEnumerable<T> Matching<T>(string pattern, IEnumerable<T> all, Func<T, string> name)
    {
        WildcardPattern wildcard = WildcardPattern.Get(pattern, IgnoreCase);
        return all.Where(each => wildcard.IsMatch(name(each)));
    }

    /// <summary>A name or id without wildcards is left to the engine; a pattern means the networks whose name matches, and none is no error.</summary>
    private protected IEnumerable<NetworkTarget> FindNetworks(IEnumerable<string> names, bool withDefault)
    {
        foreach (string name in names)
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name))
            {
                yield return new NetworkTarget(name, name);
            }
            else if (TryRun(_ => Engine.ListNetworks(), out IReadOnlyList<ContainerNetwork>? all))
            {
                foreach (ContainerNetwork network in Matching(name, all.Where(each => withDefault || !each.IsDefault), each => each.Name))
                {
                    yield return new NetworkTarget(network.Id, network.Name);
                }
            }
        }
    }

    /// <summary>A pattern means bridges that the engine made and no others: whoever removes "*" does not mean those of other programs.</summary>
    private protected IEnumerable<string> FindBridges(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name))
            {
                yield return name;
            }
            else if (TryRun(_ => Engine.ListBridges(), out IReadOnlyList<ContainerBridge>? all))
            {
                foreach (ContainerBridge bridge in Matching(name, all.Where(bridge => bridge.Managed), bridge => bridge.Name))
                {
                    yield return bridge.Name;
                }
            }
        }
    }

    /// <exception cref="EngineException">BridgeNotFound.</exception>
    private protected ContainerBridge GetBridge(string name) =>
        Engine.ListBridges().FirstOrDefault(bridge => bridge.Name == name)
        ?? throw new EngineException(
            EngineErrorKind.ObjectNotFound, ErrorIds.BridgeNotFound, $"There is no bridge \"{name}\" on this host.", name,
            "Run Get-ContainerBridge to list the bridges of this host.");
}
