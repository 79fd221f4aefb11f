using System.Net.NetworkInformation;

namespace Containers.Engine.Networking.Netlink;

/// <summary>IFF_ flags of netdevice(7) that the kernel reports.</summary>
[Flags]
internal enum LinkFlags : uint
{
    None = 0,
    Up = 0x1,
    Broadcast = 0x2,
    Loopback = 0x8,
    PointToPoint = 0x10,
    Running = 0x40,
    NoArp = 0x80,
    Promiscuous = 0x100,
    Multicast = 0x1000,

    /// <summary>There is a carrier: the cable is in, or the other end of the pair is up.</summary>
    LowerUp = 0x10000,
}

/// <summary>An interface as the kernel describes it.</summary>
/// <param name="Index">Its number in its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">bridge, veth, macvlan ...; empty for hardware and loopback.</param>
/// <param name="Mtu">The longest packet, in bytes.</param>
/// <param name="HardwareAddress">Empty where there is none.</param>
/// <param name="Master">The bridge it is a port of, or 0.</param>
/// <param name="Link">
/// The other end of a veth pair, or the parent of a macvlan, or 0; in <paramref name="LinkNamespaceId"/> where that is given.
/// </param>
/// <param name="LinkNamespaceId">This namespace's own number for the namespace that <paramref name="Link"/> is in.</param>
/// <param name="Flags">What is switched on.</param>
/// <param name="Isolated">As a port of a bridge it reaches only ports that are not isolated.</param>
/// <param name="Alias">The remark on it.</param>
internal sealed record LinkInfo(
    int Index,
    string Name,
    string Kind,
    int Mtu,
    PhysicalAddress HardwareAddress,
    int Master,
    int Link,
    int? LinkNamespaceId,
    LinkFlags Flags,
    bool Isolated,
    string? Alias)
{
    internal bool IsUp => Flags.HasFlag(LinkFlags.Up);

    internal bool HasCarrier => Flags.HasFlag(LinkFlags.LowerUp);
}
