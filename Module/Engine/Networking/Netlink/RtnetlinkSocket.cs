using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;
using static Containers.Engine.Linux.Libc;

namespace Containers.Engine.Networking.Netlink;

/// <summary>
/// A conversation with the kernel about interfaces, addresses and routes (rtnetlink(7)) of one network namespace: the one of the thread
/// that opened it, whichever thread uses it later.
/// </summary>
internal sealed unsafe partial class RtnetlinkSocket : IDisposable
{
    /// <summary>Key in <see cref="Exception.Data"/> of the sentence that the kernel explains a refusal with, where it does.</summary>
    internal const string KernelText = "kernel";

    // The kernel answers while it is sent to, so an answer that is late is one that does not come. The network lock can be long in other
    // hands (a namespace with thousands of interfaces that goes), but then it is the send that waits.
    private const int ReceiveTimeoutSeconds = 10;

    // Acknowledgements queue up until the whole batch is through; each is charged some 800 bytes against this.
    private const int ReceiveBuffer = 1 << 20;

    private readonly Lock _lock = new();
    private readonly SafeFileHandle _handle;
    private byte[] _buffer = new byte[32 * 1024];
    private uint _sequence;

    private RtnetlinkSocket(SafeFileHandle handle) => _handle = handle;

    private int Descriptor => _handle.IsClosed
        ? throw new ObjectDisposedException(nameof(RtnetlinkSocket))
        : (int)_handle.DangerousGetHandle();

    /// <summary>For the namespace of the calling thread.</summary>
    internal static RtnetlinkSocket Open()
    {
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        if (fd < 0)
        {
            throw new LinuxException("socket", "NETLINK_ROUTE", Errno.Last);
        }

        RtnetlinkSocket opened = new(new SafeFileHandle(fd, ownsHandle: true));
        try
        {
            opened.Configure();
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    internal static RtnetlinkSocket OpenIn(NetworkNamespace target) => target.Run(Open);

    public void Dispose() => _handle.Dispose();

    private void Configure()
    {
        // Refusals with a reason, without a copy of the request, and dumps that filter what they are asked to (Linux 4.20).
        SetOption(SOL_NETLINK, NETLINK_EXT_ACK, 1);
        SetOption(SOL_NETLINK, NETLINK_CAP_ACK, 1);
        SetOption(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
        int size = ReceiveBuffer;
        if (setsockopt(Descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(int)) < 0)
        {
            // Without CAP_NET_ADMIN, up to net.core.rmem_max.
            SetOption(SOL_SOCKET, SO_RCVBUF, size);
        }

        timespec timeout = new() { tv_sec = ReceiveTimeoutSeconds };
        // struct timeval has the same two 64-bit fields.
        if (setsockopt(Descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, (uint)sizeof(timespec)) < 0)
        {
            throw new LinuxException("setsockopt", "SO_RCVTIMEO", Errno.Last);
        }

        // A first send would bind as well; bound now, a reply can be told from a message that a stranger sends to a port it guesses.
        sockaddr_nl address = new() { nl_family = AF_NETLINK };
        if (bind(Descriptor, &address, (uint)sizeof(sockaddr_nl)) < 0)
        {
            throw new LinuxException("bind", "NETLINK_ROUTE", Errno.Last);
        }
    }

    private void SetOption(int level, int name, int value)
    {
        if (setsockopt(Descriptor, level, name, &value, sizeof(int)) < 0)
        {
            throw new LinuxException("setsockopt", $"netlink option {level}:{name}", Errno.Last);
        }
    }

    private void Send(ReadOnlySpan<byte> messages, string call, string subject)
    {
        sockaddr_nl kernel = new() { nl_family = AF_NETLINK };
        fixed (byte* p = messages)
        {
            nint sent;
            do
            {
                sent = sendto(Descriptor, p, (nuint)messages.Length, 0, &kernel, (uint)sizeof(sockaddr_nl));
            }
            while (sent < 0 && Errno.Last == Errno.EINTR);

            if (sent < 0)
            {
                throw new LinuxException(call, subject, Errno.Last);
            }
        }
    }

    /// <summary>The next datagram that the kernel itself sent, whole.</summary>
    /// <returns>Minus errno on failure; ETIMEDOUT when none came.</returns>
    private int Receive()
    {
        while (true)
        {
            // Looked at first, as what does not fit would be cut off and gone.
            int length = ReceiveInto(MSG_PEEK | MSG_TRUNC, out _);
            if (length > _buffer.Length)
            {
                _buffer = new byte[Math.Max(length, 2 * _buffer.Length)];
            }

            if (length >= 0)
            {
                length = ReceiveInto(0, out uint sender);
                if (length >= 0 && sender != 0)
                {
                    continue;
                }
            }

            if (length != -Errno.EINTR)
            {
                return length == -Errno.EAGAIN ? -Errno.ETIMEDOUT : length;
            }
        }
    }

    private int ReceiveInto(int flags, out uint sender)
    {
        sockaddr_nl address;
        uint size = (uint)sizeof(sockaddr_nl);
        fixed (byte* p = _buffer)
        {
            nint length = recvfrom(Descriptor, p, (nuint)_buffer.Length, flags, &address, &size);
            int result = length < 0 ? -Errno.Last : (int)length;
            sender = result < 0 ? 0 : address.nl_pid;
            return result;
        }
    }

    private static LinuxException Failure(string call, string subject, int errno, string? text)
    {
        LinuxException failure = new(call, subject, errno);
        if (text is not null)
        {
            failure.Data[KernelText] = text;
        }

        return failure;
    }
}
