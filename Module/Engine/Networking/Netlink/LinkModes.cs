namespace Containers.Engine.Networking.Netlink;

/// <summary>Who reaches whom among the macvlan interfaces of one parent (MACVLAN_MODE_ of linux/if_link.h).</summary>
internal enum MacvlanMode
{
    Private = 1,
    Vepa = 2,
    Bridge = 4,
    Passthru = 8,
}

/// <summary>What an ipvlan interface decides by (IPVLAN_MODE_ of linux/if_link.h).</summary>
internal enum IpvlanMode
{
    L2 = 0,
    L3 = 1,
    L3S = 2,
}
