using System.Runtime.InteropServices;

namespace Containers.Engine.Linux;

internal static unsafe partial class Libc
{
    internal const int IPPROTO_TCP = 6;
    internal const int IPPROTO_UDP = 17;
    internal const int IPPROTO_SCTP = 132;

    /// <summary>ip(7). Port and address are in network byte order.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct sockaddr_in
    {
        internal ushort sin_family;
        internal ushort sin_port;
        internal uint sin_addr;
        internal ulong sin_zero;
    }

    /// <summary>ipv6(7).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct sockaddr_in6
    {
        internal ushort sin6_family;
        internal ushort sin6_port;
        internal uint sin6_flowinfo;
        internal fixed byte sin6_addr[16];
        internal uint sin6_scope_id;
    }

    /// <summary>setsockopt(2) for options that are an int.</summary>
    [LibraryImport(Library)]
    internal static partial int setsockopt(int fd, int level, int name, int* value, uint length);
}
