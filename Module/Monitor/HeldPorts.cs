using System.Runtime.InteropServices;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>
/// A socket bound to each published port of the host, so that no other program gets a port whose packets the firewall sends to the
/// container. Nobody listens on them; a datagram that comes in all the same, while the rule is not there, is dropped.
/// </summary>
internal unsafe struct HeldPorts
{
    private PlanPort* _ports;
    private int* _sockets;
    private int _count;
    private int _room;

    /// <returns>0 or an errno: EADDRINUSE when another program has it.</returns>
    internal int Hold(PlanPort* port)
    {
        if (_count == PlanFormat.MaximumPorts)
        {
            return Errno.EMFILE;
        }

        int fd = Bind(port);
        if (fd < 0 && fd != -Errno.EPROTONOSUPPORT)
        {
            return -fd;
        }

        if (_count == _room)
        {
            _room = _room == 0 ? 8 : _room * 2;
            _ports = (PlanPort*)NativeMemory.Realloc(_ports, (nuint)(_room * sizeof(PlanPort)));
            _sockets = (int*)NativeMemory.Realloc(_sockets, (nuint)(_room * sizeof(int)));
        }

        _ports[_count] = *port;
        _sockets[_count++] = fd;
        return 0;
    }

    /// <returns>0, or ENOENT when it is not held.</returns>
    internal int Release(PlanPort* port)
    {
        ReadOnlySpan<byte> wanted = new(port, sizeof(PlanPort));
        for (int i = 0; i < _count; i++)
        {
            if (wanted.SequenceEqual(new ReadOnlySpan<byte>(_ports + i, sizeof(PlanPort))))
            {
                Libc.close(_sockets[i]);
                _count--;
                _ports[i] = _ports[_count];
                _sockets[i] = _sockets[_count];
                return 0;
            }
        }

        return Errno.ENOENT;
    }

    internal void ReleaseAll()
    {
        while (_count > 0)
        {
            Libc.close(_sockets[--_count]);
        }
    }

    /// <returns>The socket, or the negative errno. -EPROTONOSUPPORT: a kernel without SCTP, where nobody can take the port.</returns>
    private static int Bind(PlanPort* port)
    {
        int fd = Bind(port, reuse: false);

        // A server that ended a moment ago leaves connections behind that keep its port for a minute (TIME_WAIT).
        return fd == -Errno.EADDRINUSE && port->Protocol == PlanPort.Tcp ? Bind(port, reuse: true) : fd;
    }

    /// <param name="port">The port.</param>
    /// <param name="reuse">Beside connections that wait for their end. Then it listens, deaf: listening is what keeps others out.</param>
    private static int Bind(PlanPort* port, bool reuse)
    {
        int fd = Socket(port);
        if (fd < 0)
        {
            return fd;
        }

        // struct sockaddr_in: family, port, address at 4. struct sockaddr_in6: family, port, flow, address at 8, scope; 28 bytes.
        bool six = port->Family == Libc.AF_INET6;
        byte* address = stackalloc byte[28];
        new Span<byte>(address, 28).Clear();
        *(ushort*)address = port->Family;
        address[2] = (byte)(port->Port >> 8);
        address[3] = (byte)port->Port;
        new ReadOnlySpan<byte>(port->Address, six ? 16 : 4).CopyTo(new Span<byte>(address + (six ? 8 : 4), 16));

        // Mostly without SO_REUSEADDR, which would let others bind beside us. An IPv6 socket for IPv4 too would take a port nobody published.
        int on = 1;
        int result = six ? Libc.setsockopt(fd, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, &on, sizeof(int)) : 0;
        result = result == 0 && reuse ? Libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, &on, sizeof(int)) : result;
        result = result == 0 && (reuse || port->Protocol == PlanPort.Udp) ? DropAll(fd) : result;
        result = result == 0 ? Libc.bind(fd, address, six ? 28u : 16u) : result;
        result = result == 0 && reuse ? Libc.listen(fd, 0) : result;
        if (result == 0)
        {
            return fd;
        }

        int errno = Errno.Last;
        Libc.close(fd);
        return -errno;
    }

    private static int Socket(PlanPort* port)
    {
        int type = (port->Protocol == PlanPort.Udp ? Libc.SOCK_DGRAM : Libc.SOCK_STREAM) | Libc.SOCK_CLOEXEC;
        int fd = Libc.socket(port->Family, type, port->Protocol);
        if (fd < 0 && Errno.Last == Errno.EMFILE && RaiseLimit())
        {
            fd = Libc.socket(port->Family, type, port->Protocol);
        }

        return fd < 0 ? -Errno.Last : fd;
    }

    /// <summary>One port is one descriptor. The container's own limit is set by its plan.</summary>
    private static bool RaiseLimit()
    {
        const int RLIMIT_NOFILE = 7;
        const ulong Others = 256; // The sessions' sockets, the log, the pipes.
        Libc.rlimit limit;
        if (Libc.prlimit(0, RLIMIT_NOFILE, null, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
        {
            return false;
        }

        ulong wanted = Math.Min(limit.rlim_max, PlanFormat.MaximumPorts + Others);
        if (wanted <= limit.rlim_cur)
        {
            return false;
        }

        limit.rlim_cur = wanted;
        return Libc.prlimit(0, RLIMIT_NOFILE, &limit, null) == 0;
    }

    /// <summary>socket(7), SO_ATTACH_FILTER: one instruction, "take 0 bytes". Before bind, so that nothing is ever queued.</summary>
    private static int DropAll(int fd)
    {
        ulong instruction = 0x06; // struct sock_filter { BPF_RET | BPF_K, 0, 0, 0 }
        nint* program = stackalloc nint[2] { 1, (nint)(&instruction) }; // struct sock_fprog: length, padding, pointer
        return Libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_ATTACH_FILTER, program, 16);
    }
}
