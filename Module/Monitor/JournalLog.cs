using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>
/// The systemd journal in its native protocol: one datagram a line, of NAME=value lines and of fields with a length, whose text may hold
/// anything (systemd.io, "Native Journal Protocol"). Field names are docker's.
/// </summary>
internal sealed unsafe class JournalLog : LineLog
{
    /// <summary>How long a journal that does not read may hold the container's output up, for each line.</summary>
    private const int PatienceMilliseconds = 1000;

    private readonly PlanHeader* _plan;
    private readonly byte* _fields;
    private readonly int _fieldsLength;
    private int _socket = -1;

    internal JournalLog(PlanHeader* plan)
    {
        _plan = plan;
        _fields = plan->JournalFields;
        _fieldsLength = PathText.Length(_fields);
        Connect();
    }

    internal override void Close()
    {
        if (_socket >= 0)
        {
            Libc.close(_socket);
            _socket = -1;
        }
    }

    protected override void Write(int stream, byte* data, int length, bool whole, long time)
    {
        ulong size = (ulong)length;
        ReadOnlySpan<byte> priority = stream == 1 ? "PRIORITY=6\n"u8 : "PRIORITY=3\n"u8; // info and err, as docker has it.
        ReadOnlySpan<byte> partial = whole ? default : "CONTAINER_PARTIAL_MESSAGE=true\n"u8;
        ReadOnlySpan<byte> name = "MESSAGE\n"u8;
        ReadOnlySpan<byte> end = "\n"u8;
        fixed (byte* level = priority, part = partial, message = name, close = end)
        {
            Libc.iovec* parts = stackalloc Libc.iovec[7];
            parts[0] = new Libc.iovec { iov_base = _fields, iov_len = (nuint)_fieldsLength };
            parts[1] = new Libc.iovec { iov_base = level, iov_len = (nuint)priority.Length };
            parts[2] = new Libc.iovec { iov_base = part, iov_len = (nuint)partial.Length };
            parts[3] = new Libc.iovec { iov_base = message, iov_len = (nuint)name.Length };
            parts[4] = new Libc.iovec { iov_base = (byte*)&size, iov_len = sizeof(ulong) }; // Little endian, as our machines are.
            parts[5] = new Libc.iovec { iov_base = data, iov_len = (nuint)length };
            parts[6] = new Libc.iovec { iov_base = close, iov_len = (nuint)end.Length };
            if (!Send(parts, 7))
            {
                Lost += size;
            }
        }
    }

    protected override void Flush()
    {
    }

    /// <summary>A journal that was restarted has another socket under its name.</summary>
    private bool Send(Libc.iovec* parts, int count)
    {
        for (int attempt = 0; attempt < 3; attempt++)
        {
            if (_socket >= 0 && Libc.writev(_socket, parts, count) >= 0)
            {
                return true;
            }

            if (_socket >= 0 && Errno.Last == Errno.EAGAIN)
            {
                Libc.pollfd one = new() { fd = _socket, events = Libc.POLLOUT };
                if (Libc.poll(&one, 1, PatienceMilliseconds) <= 0)
                {
                    return false;
                }

                continue;
            }

            Close();
            Connect();
        }

        return false;
    }

    private void Connect()
    {
        _socket = Libc.socket(Libc.AF_UNIX, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0);
        Libc.sockaddr_un address = default;
        address.sun_family = Libc.AF_UNIX;
        int length = PathText.Length(_plan->JournalSocket);
        if (_socket < 0 || length >= 108)
        {
            return;
        }

        new ReadOnlySpan<byte>(_plan->JournalSocket, length).CopyTo(new Span<byte>(address.sun_path, 108));
        if (Libc.connect(_socket, &address, (uint)sizeof(Libc.sockaddr_un)) < 0)
        {
            Close();
        }
    }
}
