using System.Runtime.InteropServices;

namespace Containers.Engine.Linux;

/// <summary>sendmsg(2), recvmsg(2) and SCM_RIGHTS of unix(7), with 64-bit layouts: the same on x86-64 and arm64.</summary>
internal static unsafe partial class Libc
{
    internal const int SCM_RIGHTS = 1;
    internal const int MSG_CMSG_CLOEXEC = 0x40000000;

    [StructLayout(LayoutKind.Sequential)]
    internal struct msghdr
    {
        internal void* msg_name;
        internal uint msg_namelen;
        internal iovec* msg_iov;
        internal nuint msg_iovlen;
        internal void* msg_control;
        internal nuint msg_controllen;
        internal int msg_flags;
    }

    /// <summary>A control message: this header of 16 bytes, then the data, then padding up to 8 bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct cmsghdr
    {
        internal nuint cmsg_len;
        internal int cmsg_level;
        internal int cmsg_type;
    }

    /// <summary>Room for a control message with up to 8 descriptors.</summary>
    internal const int DescriptorControlSize = 16 + (8 * sizeof(int));

    [LibraryImport(Library)]
    private static partial nint sendmsg(int fd, msghdr* message, int flags);

    [LibraryImport(Library)]
    private static partial nint recvmsg(int fd, msghdr* message, int flags);

    /// <summary>Sends bytes with up to 8 descriptors, which go with the first of the bytes.</summary>
    internal static nint SendWithDescriptors(int socket, byte* data, nuint length, ReadOnlySpan<int> descriptors, int flags)
    {
        byte* control = stackalloc byte[DescriptorControlSize];
        cmsghdr* header = (cmsghdr*)control;
        header->cmsg_len = (nuint)(sizeof(cmsghdr) + (descriptors.Length * sizeof(int)));
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        descriptors.CopyTo(new Span<int>(control + sizeof(cmsghdr), 8));
        iovec part = new() { iov_base = data, iov_len = length };
        msghdr message = new() { msg_iov = &part, msg_iovlen = 1, msg_control = control, msg_controllen = header->cmsg_len };
        return sendmsg(socket, &message, flags);
    }

    /// <summary>Receives bytes, and the descriptors that come with them, close-on-exec.</summary>
    /// <param name="socket">A unix socket.</param>
    /// <param name="data">Room for the bytes.</param>
    /// <param name="length">How much room.</param>
    /// <param name="descriptors">Room for 8 descriptors; the caller closes them.</param>
    /// <param name="count">How many there are; more than 8 the kernel closes.</param>
    /// <param name="flags">MSG_ flags.</param>
    internal static nint ReceiveWithDescriptors(int socket, byte* data, nuint length, int* descriptors, out int count, int flags)
    {
        byte* control = stackalloc byte[DescriptorControlSize];
        iovec part = new() { iov_base = data, iov_len = length };
        msghdr message = new() { msg_iov = &part, msg_iovlen = 1, msg_control = control, msg_controllen = DescriptorControlSize };
        nint got = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
        count = 0;
        cmsghdr* header = (cmsghdr*)control;
        if (got >= 0 && message.msg_controllen >= (nuint)sizeof(cmsghdr) && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        {
            count = (int)(header->cmsg_len - (nuint)sizeof(cmsghdr)) / sizeof(int);
            new ReadOnlySpan<int>(control + sizeof(cmsghdr), count).CopyTo(new Span<int>(descriptors, 8));
        }

        return got;
    }
}
