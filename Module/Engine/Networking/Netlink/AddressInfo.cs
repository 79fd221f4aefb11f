using System.Net;

namespace Containers.Engine.Networking.Netlink;

/// <summary>An address of an interface.</summary>
/// <param name="Index">The interface.</param>
/// <param name="Address">The address and its prefix.</param>
/// <param name="Peer">The other end of a point-to-point connection, which the prefix is that of; else null.</param>
/// <param name="Scope">RT_SCOPE_: 0 everywhere, 253 this link, 254 this host.</param>
/// <param name="Flags">IFA_F_: 0x40 tentative, 0x08 its detection found a duplicate, 0x80 permanent.</param>
internal sealed record AddressInfo(int Index, InterfaceAddress Address, IPAddress? Peer, byte Scope, uint Flags);
