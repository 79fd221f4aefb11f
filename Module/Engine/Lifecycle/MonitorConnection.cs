using System.Globalization;
using System.Text;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>A session's side of the connection to a monitor: whole messages, with cancellation.</summary>
internal sealed unsafe class MonitorConnection(int socket) : IDisposable
{
    /// <summary>What <see cref="Libc.ReceiveWithDescriptors"/> may give.</summary>
    private const int MaximumDescriptors = 8;

    private const int BufferSize = 4 * MonitorProtocol.MaximumData;

    private byte[]? _buffer;
    private int _start;
    private int _end;
    private int _socket = socket;
    private int _descriptor = -1;

    /// <summary>Connects to the control socket of a container that runs.</summary>
    /// <returns>Null when no monitor listens there.</returns>
    internal static MonitorConnection? TryConnect(string runDirectory)
    {
        int fd = Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            throw new LinuxException("socket", "AF_UNIX", Errno.Last);
        }

        string path = runDirectory + "/" + MonitorProtocol.ControlSocketName;
        int directory = -1;
        if (Encoding.UTF8.GetByteCount(path) > 107)
        {
            // sun_path is short: reach the directory through a descriptor.
            directory = Files.Open(runDirectory, Libc.O_PATH | Libc.O_DIRECTORY);
            path = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{directory}/{MonitorProtocol.ControlSocketName}");
        }

        Libc.sockaddr_un address = default;
        address.sun_family = Libc.AF_UNIX;
        Encoding.UTF8.GetBytes(path, new Span<byte>(address.sun_path, 108));
        int result = Libc.connect(fd, &address, (uint)sizeof(Libc.sockaddr_un));
        int errno = Errno.Last;
        if (directory >= 0)
        {
            Libc.close(directory);
        }

        if (result == 0)
        {
            return new MonitorConnection(fd);
        }

        Libc.close(fd);
        return errno is Errno.ENOENT or Errno.ECONNREFUSED ? null : throw new LinuxException("connect", path, errno);
    }

    /// <summary>Sends a request. A monitor that has just left does not take it: the answer that fails to come says so.</summary>
    internal void Send(MessageType type, MessageBody body) => TrySend(type, new ReadOnlySpan<byte>(&body, sizeof(MessageBody)));

    /// <summary>Asks for a port to be held or released; the answer is Done, or Refused with bind(2)'s errno.</summary>
    /// <param name="type">HoldPort or ReleasePort.</param>
    /// <param name="port">The port.</param>
    internal void Send(MessageType type, PlanPort port)
    {
        MessageBody body = default;
        *(PlanPort*)&body = port;
        Send(type, body);
    }

    /// <returns>False when the monitor has left.</returns>
    internal bool TrySend(MessageType type, ReadOnlySpan<byte> data)
    {
        try
        {
            Send(type, data);
            return true;
        }
        catch (LinuxException e) when (e.Errno is Errno.EPIPE or Errno.ECONNRESET)
        {
            return false;
        }
    }

    /// <summary>Sends a request with descriptors, which stay the caller's.</summary>
    internal void Send(MessageType type, MessageBody body, ReadOnlySpan<int> descriptors)
    {
        byte* message = stackalloc byte[sizeof(MessageHeader) + sizeof(MessageBody)];
        *(MessageHeader*)message = new MessageHeader { Type = type, Length = sizeof(MessageBody) };
        *(MessageBody*)(message + sizeof(MessageHeader)) = body;
        nuint length = (nuint)(sizeof(MessageHeader) + sizeof(MessageBody));
        nint sent;
        do
        {
            sent = Libc.SendWithDescriptors(_socket, message, length, descriptors, Libc.MSG_NOSIGNAL);
        }
        while (sent < 0 && Errno.Last == Errno.EINTR);

        if (sent != (nint)length)
        {
            // The first message of a connection fits its buffer: only an end of the connection can cut it.
            throw new LinuxException("sendmsg", "monitor", sent < 0 ? Errno.Last : Errno.EPIPE);
        }
    }

    /// <summary>For poll(2): readable when a message or the end has come, unless <see cref="HasMessage"/> says that one is here already.</summary>
    internal int Descriptor => _socket;

    /// <summary>The descriptor that came with a message, if any did: it is the caller's from now on. Else -1.</summary>
    internal int TakeDescriptor() => Interlocked.Exchange(ref _descriptor, -1);

    internal bool HasMessage => _end - _start >= sizeof(MessageHeader);

    /// <summary>Blocks while the monitor does not read.</summary>
    internal void Send(MessageType type, ReadOnlySpan<byte> data)
    {
        byte[] message = new byte[sizeof(MessageHeader) + data.Length];
        MessageHeader header = new() { Type = type, Length = data.Length };
        new ReadOnlySpan<byte>(&header, sizeof(MessageHeader)).CopyTo(message);
        data.CopyTo(message.AsSpan(sizeof(MessageHeader)));
        fixed (byte* p = message)
        {
            for (int done = 0; done < message.Length;)
            {
                nint sent = Libc.send(_socket, p + done, (nuint)(message.Length - done), Libc.MSG_NOSIGNAL);
                if (sent < 0 && Errno.Last != Errno.EINTR)
                {
                    throw new LinuxException("send", "monitor", Errno.Last);
                }

                done += sent < 0 ? 0 : (int)sent;
            }
        }
    }

    /// <summary>Waits for the next message. Its data is valid until the next call.</summary>
    /// <returns>False at the end of the connection.</returns>
    internal bool Receive(out MessageType type, out ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        _buffer ??= GC.AllocateUninitializedArray<byte>(BufferSize);
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
            static state => Libc.shutdown(((MonitorConnection)state!)._socket, 2), this);
        int* descriptors = stackalloc int[MaximumDescriptors];
        while (true)
        {
            int available = _end - _start;
            if (available >= sizeof(MessageHeader))
            {
                MessageHeader header;
                fixed (byte* p = &_buffer[_start])
                {
                    header = *(MessageHeader*)p;
                }

                if (header.Length is < 0 or > MonitorProtocol.MaximumData)
                {
                    throw new EngineException(
                        EngineErrorKind.InvalidData, "MonitorProtocolError", "The monitor sent a message that cannot be read.", null,
                        "Load the same version of the module that started the container.");
                }

                int total = sizeof(MessageHeader) + header.Length;
                if (available >= total)
                {
                    type = header.Type;
                    data = _buffer.AsMemory(_start + sizeof(MessageHeader), header.Length);
                    _start += total;
                    return true;
                }
            }

            if (available == 0)
            {
                _start = _end = 0;
            }
            else if (BufferSize - _start < sizeof(MessageHeader) + MonitorProtocol.MaximumData)
            {
                _buffer.AsSpan(_start, available).CopyTo(_buffer);
                _start = 0;
                _end = available;
            }

            nint got;
            int count;
            fixed (byte* p = &_buffer[_end])
            {
                got = Libc.ReceiveWithDescriptors(_socket, p, (nuint)(BufferSize - _end), descriptors, out count, 0);
            }

            for (int i = 0; i < count; i++)
            {
                CloseDescriptor(); // One comes at most.
                _descriptor = descriptors[i];
            }

            if (got < 0 && Errno.Last == Errno.EINTR)
            {
                continue;
            }

            cancellation.ThrowIfCancellationRequested();
            if (got <= 0)
            {
                type = MessageType.None;
                data = default;
                return false;
            }

            _end += (int)got;
        }
    }

    internal static MessageBody Body(ReadOnlyMemory<byte> data)
    {
        MessageBody body = default;
        data.Span[..Math.Min(data.Length, sizeof(MessageBody))].CopyTo(new Span<byte>(&body, sizeof(MessageBody)));
        return body;
    }

    public void Dispose()
    {
        int fd = Interlocked.Exchange(ref _socket, -1);
        if (fd >= 0)
        {
            Libc.shutdown(fd, 2); // A thread that is blocked in a call on it must come back.
            Libc.close(fd);
        }

        CloseDescriptor();
    }

    private void CloseDescriptor()
    {
        int fd = TakeDescriptor();
        if (fd >= 0)
        {
            Libc.close(fd);
        }
    }
}
