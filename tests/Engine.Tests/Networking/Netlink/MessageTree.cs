using System.Runtime.InteropServices;
using static Containers.Engine.Linux.Libc;

namespace Containers.Engine.Tests.Networking.Netlink;

/// <summary>A request as text, the attributes of each level sorted. Not made with the engine's reader, whose referee it is.</summary>
internal static class MessageTree
{
    internal static string Read(ReadOnlySpan<byte> message)
    {
        ushort type = MemoryMarshal.Read<ushort>(message[4..]);
        ushort flags = MemoryMarshal.Read<ushort>(message[6..]);
        int structure = type switch
        {
            RTM_NEWLINK or RTM_DELLINK => 16,
            RTM_NEWADDR or RTM_DELADDR => 8,
            _ => 12,
        };
        ReadOnlySpan<byte> header = message.Slice(16, structure);
        // ip names ::/0, where a length of 0 in the structure says all.
        string skip = type is RTM_NEWROUTE && header[1] == 0 ? $"{RTA_DST}" : "";
        string attributes = Attributes(message[(16 + structure)..], type is RTM_NEWLINK ? "link" : "", skip);
        return $"{type} {flags:x} {Convert.ToHexString(header)} {attributes}";
    }

    private static string Attributes(ReadOnlySpan<byte> rest, string path, string skip)
    {
        List<string> parts = [];
        while (rest.Length > 0)
        {
            int length = MemoryMarshal.Read<ushort>(rest);
            int type = MemoryMarshal.Read<ushort>(rest[2..]) & 0x3fff;
            string? part = Attribute($"{path}/{type}", rest[4..length]);
            if (part is not null && $"{type}" != skip)
            {
                parts.Add($"{type}={part}");
            }

            rest = rest[Math.Min((length + 3) & ~3, rest.Length)..];
        }

        parts.Sort(StringComparer.Ordinal);
        return $"[{string.Join(' ', parts)}]";
    }

    private static string? Attribute(string path, ReadOnlySpan<byte> value) => path switch
    {
        "link/28" or "link/18/2/1/28" => "descriptor",
        "link/18" or "link/18/5" => Attributes(value, path, ""),
        // A veth's peer: struct ifinfomsg, then attributes. The others' mode is a number of 2 or 4 bytes.
        "link/18/2/1" when value.Length > 4 => Convert.ToHexString(value[..16]) + Attributes(value[16..], path, ""),
        "link/18/2" => Attributes(value, path, ""),
        // ip calls a port's settings those of a kind "bridge_slave"; we name the kind of the bridge where the kernel does.
        "link/18/1" when value.SequenceEqual("bridge_slave"u8) => null,
        "link/18/4" => null,
        _ => Convert.ToHexString(value),
    };
}
