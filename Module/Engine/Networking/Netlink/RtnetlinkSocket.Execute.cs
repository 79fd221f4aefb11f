using System.Runtime.InteropServices;
using Containers.Engine.Linux;
using static Containers.Engine.Linux.Libc;

namespace Containers.Engine.Networking.Netlink;

internal sealed unsafe partial class RtnetlinkSocket
{
    // More than anything but a sweep sends; less than the send buffer takes (net.core.wmem_default), and than there is room for answers.
    private const int MaxBatch = 256;

    /// <summary>
    /// Sends all requests in one call and waits until each is answered. The kernel does them in order and does not stop at one that
    /// fails: when this throws, those that could be done are done, before the failed one and behind it. The first failure is thrown.
    /// </summary>
    /// <exception cref="LinuxException">
    /// The request's call and subject; under <see cref="KernelText"/> the kernel's sentence. ETIMEDOUT or ENOBUFS: the answer was lost, and
    /// whether the request was carried out is unknown.
    /// </exception>
    internal void Execute(params ReadOnlySpan<NetlinkRequest> requests)
    {
        lock (_lock)
        {
            LinuxException? first = null;
            for (int start = 0; start < requests.Length; start += MaxBatch)
            {
                LinuxException? failure = ExecuteBatch(requests.Slice(start, Math.Min(MaxBatch, requests.Length - start)));
                first ??= failure;
            }

            if (first is not null)
            {
                throw first;
            }
        }
    }

    private LinuxException? ExecuteBatch(ReadOnlySpan<NetlinkRequest> requests)
    {
        uint firstSequence = _sequence + 1;
        Send(Assemble(requests), requests[0].Call, requests[0].Subject);
        LinuxException?[] failures = new LinuxException?[requests.Length];
        bool[] answered = new bool[requests.Length];
        int missing = requests.Length;
        while (missing > 0)
        {
            int length = Receive();
            if (length < 0)
            {
                int lost = Array.IndexOf(answered, false);
                failures[lost] = new LinuxException(requests[lost].Call, requests[lost].Subject, -length);
                break;
            }

            NetlinkReader reader = new(_buffer.AsSpan(0, length));
            while (reader.MoveNext())
            {
                // An answer to something older, or nothing that was asked for.
                uint place = reader.Sequence - firstSequence;
                if (reader.Type != NLMSG_ERROR || place >= requests.Length || answered[place])
                {
                    continue;
                }

                NetlinkRequest request = requests[(int)place];
                int errno = NetlinkReplies.TryReadAcknowledgement(reader.Body, reader.Flags, out int code, out string? text)
                    ? code
                    : Errno.EBADMSG;
                failures[place] = errno == 0 ? null : Failure(request.Call, request.Subject, errno, text);
                answered[place] = true;
                missing--;
            }
        }

        return Array.Find(failures, static failure => failure is not null);
    }

    private byte[] Assemble(ReadOnlySpan<NetlinkRequest> requests)
    {
        int length = 0;
        foreach (NetlinkRequest request in requests)
        {
            length += request.Message.Length;
        }

        byte[] messages = new byte[length];
        int at = 0;
        foreach (NetlinkRequest request in requests)
        {
            request.Message.Span.CopyTo(messages.AsSpan(at));
            uint sequence = ++_sequence;
            MemoryMarshal.Write(messages.AsSpan(at + 8), sequence);
            at += request.Message.Length;
        }

        return messages;
    }
}
