namespace Containers.Engine.Networking.Netlink;

/// <summary>One request, complete but for its sequence number. It can be sent again.</summary>
/// <param name="Call">What a failure is reported as: <c>RTM_NEWLINK veth</c>.</param>
/// <param name="Subject">What it acts on: an interface's name or number, an address, a destination.</param>
/// <param name="Message">The message with its header, a multiple of 4 bytes long.</param>
/// <param name="Holds">Keeps the descriptor that the message names open until it is sent.</param>
internal sealed record NetlinkRequest(string Call, string Subject, ReadOnlyMemory<byte> Message, object? Holds = null);
