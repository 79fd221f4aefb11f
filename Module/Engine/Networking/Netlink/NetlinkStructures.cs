using System.Runtime.InteropServices;

namespace Containers.Engine.Networking.Netlink;

/// <summary>struct ifinfomsg of rtnetlink(7): which interface, and its flags with the mask of those that are set.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct LinkHeader
{
    internal byte Family;
    internal byte Padding;
    internal ushort Type;
    internal int Index;
    internal uint Flags;
    internal uint Change;
}

/// <summary>struct ifaddrmsg.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct AddressHeader
{
    internal byte Family;
    internal byte PrefixLength;
    internal byte Flags;
    internal byte Scope;
    internal int Index;
}

/// <summary>struct rtmsg.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct RouteHeader
{
    internal byte Family;
    internal byte DestinationLength;
    internal byte SourceLength;
    internal byte TypeOfService;
    internal byte Table;
    internal byte Protocol;
    internal byte Scope;
    internal byte Type;
    internal uint Flags;
}

/// <summary>struct rtnexthop: one way of a route with several; its length counts the attributes behind it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct NextHopHeader
{
    internal ushort Length;
    internal byte Flags;
    internal byte Hops;
    internal int Index;
}

/// <summary>struct ndmsg.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct NeighbourHeader
{
    internal byte Family;
    internal byte Padding;
    internal ushort Padding2;
    internal int Index;
    internal ushort State;
    internal byte Flags;
    internal byte Type;
}
