using Containers.Engine.Linux;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>What follows from other settings for what runs.</summary>
internal sealed partial class NetworkService
{
    /// <param name="before">The settings until now.</param>
    /// <param name="after">Those from now on; judged.</param>
    /// <param name="write">Keeps them.</param>
    /// <param name="warnings">Gets what takes effect with the next start only.</param>
    internal void ChangeSettings(NetworkSettings before, NetworkSettings after, Action write, IList<string> warnings)
    {
        using FileLock turn = Lock();
        IReadOnlyList<NetworkState> states = _store.States();
        List<string> running = [.. states.Where(state => state.Interfaces.Any(one => one.NetworkId == NetworkRecord.DefaultId)).Select(state => state.ContainerName)];
        bool moves = before.BridgeName != after.BridgeName || before.BridgeAddress != after.BridgeAddress;
        if (moves && running.Count > 0)
        {
            throw InUse(Launch.NetworkSpec.Bridge, running);
        }

        if (before.IPTables && (!after.IPTables || before.ChainPrefix != after.ChainPrefix || before.FirewallBackend != after.FirewallBackend)
            && File.Exists(paths.RulesMark))
        {
            // With the old names, by the old program.
            RemoveAllRules();
        }

        if (moves)
        {
            using RtnetlinkSocket host = RtnetlinkSocket.Open();
            if (before.BridgeName is null && host.FindLink(NetworkSettings.DefaultBridge) is { } old)
            {
                host.Execute(LinkMessages.Delete(old.Index));
            }

            FileTree.Remove(paths.Addresses(NetworkRecord.DefaultId));
        }

        write();
        if (states.Count == 0)
        {
            return;
        }

        using (RtnetlinkSocket host = RtnetlinkSocket.Open())
        {
            if (before.InterContainerCommunication != after.InterContainerCommunication && TryDescribeDefault(host) is { } network)
            {
                BridgeInterface.Ensure(host, network);
                Reapply(network.Id, network.InterContainerCommunication, host);
            }
        }

        RebuildRules([.. _store.States()]);
        if (before.Mtu != after.Mtu || !before.Dns.SequenceEqual(after.Dns) || !before.DnsSearch.SequenceEqual(after.DnsSearch))
        {
            warnings.Add("Running containers keep their MTU and name servers until they are started again.");
        }
    }
}
