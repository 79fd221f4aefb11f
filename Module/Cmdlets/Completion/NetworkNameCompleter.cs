using System.Collections;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Names of networks; ids too, once three characters are typed.</summary>
public class NetworkNameCompleter : Completer
{
    private protected virtual bool Fits(ContainerNetwork network) => true;

    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound)
    {
        List<ContainerNetwork> fitting = [.. EngineAccess.Current.ListNetworks().Where(Fits)];
        IEnumerable<Candidate> names = fitting.Select(network => new Candidate(network.Name, Tip(network)));
        return word.Length < 3 ? names : names.Concat(fitting.Select(network => new Candidate(Id(network, word), Tip(network))));
    }

    /// <summary>Not shorter than what is typed already.</summary>
    private static string Id(ContainerNetwork network, string word) => word.Length > network.ShortId.Length ? network.Id : network.ShortId;

    private static string Tip(ContainerNetwork network) => $"{network.Name}: {network.Driver}, {NetworkDisplay.Join(network.Subnets)}";
}

/// <summary>Networks that can be removed: the default one cannot.</summary>
public sealed class OwnNetworkCompleter : NetworkNameCompleter
{
    private protected override bool Fits(ContainerNetwork network) => !network.IsDefault;
}
