using System.Runtime.InteropServices;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>A connected session. Its buffers are made when first needed: most connections carry one small request.</summary>
internal unsafe struct Client
{
    /// <summary>The socket, or -1 for a free place.</summary>
    internal int Descriptor;

    /// <summary>Gets the container's output.</summary>
    internal bool Attached;

    /// <summary>Gets the result of the next health check.</summary>
    internal bool AwaitsHealth;

    /// <summary>Gets the exit.</summary>
    internal bool Waiting;

    /// <summary>It was answered for the last time: close it once everything is sent.</summary>
    internal bool Closing;

    /// <summary>The further program that this session is attached to: its place in the table, counted from 1; 0 for none.</summary>
    internal int Execution;

    /// <summary>Descriptors that came and were not taken yet.</summary>
    internal fixed int Descriptors[MaximumDescriptors];
    internal int DescriptorCount;

    /// <summary>Goes with the next message and is closed then.</summary>
    internal int OutgoingDescriptor;
    internal bool HasOutgoingDescriptor;

    internal byte* Incoming;
    internal int IncomingLength;

    internal byte* Outgoing;
    internal int OutgoingStart;
    internal int OutgoingEnd;

    private const int MaximumDescriptors = 8;

    internal const int IncomingSize = MonitorProtocol.MaximumData + 64;
    internal const int OutgoingSize = (2 * MonitorProtocol.MaximumData) + 1024;

    internal readonly bool HasOutgoing => OutgoingEnd > OutgoingStart;

    /// <summary>Room for one more piece of output; while an attached client has none, the container's pipes are not read.</summary>
    internal readonly bool HasRoom => OutgoingSize - (OutgoingEnd - OutgoingStart) >= MonitorProtocol.MaximumData + 256;

    internal void Close()
    {
        if (Descriptor >= 0)
        {
            Libc.close(Descriptor);
        }

        CloseDescriptors();
        if (HasOutgoingDescriptor)
        {
            Libc.close(OutgoingDescriptor);
        }

        NativeMemory.Free(Incoming);
        NativeMemory.Free(Outgoing);
        this = default;
        Descriptor = -1;
    }

    /// <returns>False when the connection is gone or the session reads nothing of what it asked for.</returns>
    internal bool Send(MessageType type, void* body, int length)
    {
        MessageHeader header = new() { Type = type, Length = length };
        return Append((byte*)&header, sizeof(MessageHeader)) && Append((byte*)body, length) && Flush();
    }

    internal bool Flush()
    {
        while (HasOutgoing)
        {
            const int Flags = Libc.MSG_NOSIGNAL | Libc.MSG_DONTWAIT;
            byte* data = Outgoing + OutgoingStart;
            nuint length = (nuint)(OutgoingEnd - OutgoingStart);
            int descriptor = OutgoingDescriptor;
            nint sent = HasOutgoingDescriptor
                ? Libc.SendWithDescriptors(Descriptor, data, length, new ReadOnlySpan<int>(&descriptor, 1), Flags)
                : Libc.send(Descriptor, data, length, Flags);
            if (sent < 0)
            {
                return Errno.Last is Errno.EAGAIN or Errno.EINTR;
            }

            if (HasOutgoingDescriptor)
            {
                Libc.close(OutgoingDescriptor);
                HasOutgoingDescriptor = false;
            }

            OutgoingStart += (int)sent;
        }

        OutgoingStart = OutgoingEnd = 0;
        return true;
    }

    /// <summary>Reads what is there.</summary>
    /// <returns>False at the end of the connection.</returns>
    internal bool Receive()
    {
        if (Incoming == null)
        {
            Incoming = (byte*)NativeMemory.Alloc(IncomingSize);
        }

        int* descriptors = stackalloc int[MaximumDescriptors];
        nint got = Libc.ReceiveWithDescriptors(
            Descriptor, Incoming + IncomingLength, (nuint)(IncomingSize - IncomingLength), descriptors, out int count, Libc.MSG_DONTWAIT);
        for (int i = 0; i < count; i++)
        {
            if (DescriptorCount < MaximumDescriptors)
            {
                Descriptors[DescriptorCount++] = descriptors[i];
            }
            else
            {
                Libc.close(descriptors[i]);
            }
        }

        if (got < 0)
        {
            return Errno.Last is Errno.EAGAIN or Errno.EINTR;
        }

        IncomingLength += (int)got;
        return got > 0;
    }

    /// <summary>The descriptor is the caller's from now on; -1 when fewer came.</summary>
    internal int TakeDescriptor(int index)
    {
        if (index >= DescriptorCount)
        {
            return -1;
        }

        int fd = Descriptors[index];
        Descriptors[index] = -1;
        return fd;
    }

    internal void CloseDescriptors()
    {
        for (int i = 0; i < DescriptorCount; i++)
        {
            if (Descriptors[i] >= 0)
            {
                Libc.close(Descriptors[i]);
            }
        }

        DescriptorCount = 0;
    }

    internal void Consume(int length)
    {
        IncomingLength -= length;
        if (IncomingLength > 0)
        {
            new Span<byte>(Incoming + length, IncomingLength).CopyTo(new Span<byte>(Incoming, IncomingLength));
        }
    }

    private bool Append(byte* data, int length)
    {
        if (Outgoing == null)
        {
            Outgoing = (byte*)NativeMemory.Alloc(OutgoingSize);
        }

        if (OutgoingEnd + length > OutgoingSize && OutgoingStart > 0)
        {
            int pending = OutgoingEnd - OutgoingStart;
            new Span<byte>(Outgoing + OutgoingStart, pending).CopyTo(new Span<byte>(Outgoing, pending));
            OutgoingStart = 0;
            OutgoingEnd = pending;
        }

        if (OutgoingEnd + length > OutgoingSize)
        {
            return false;
        }

        new ReadOnlySpan<byte>(data, length).CopyTo(new Span<byte>(Outgoing + OutgoingEnd, length));
        OutgoingEnd += length;
        return true;
    }
}
