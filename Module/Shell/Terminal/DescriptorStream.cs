using System.Runtime.InteropServices;

namespace Containers.Shell.Terminal;

/// <summary>
/// A standard descriptor as a stream. FileStream would keep an offset of its own, so that programs started by a script
/// overwrite the shell's output; the framework's console stream hides a closed pipe, so that a script would never stop.
/// </summary>
internal sealed unsafe class DescriptorStream(int descriptor) : Stream
{
    public override bool CanRead => descriptor == 0;

    public override bool CanSeek => false;

    public override bool CanWrite => descriptor != 0;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                nint got = Native.read(descriptor, start, (nuint)buffer.Length);
                if (got >= 0)
                {
                    return (int)got;
                }

                WaitOrThrow(Native.POLLIN);
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            int done = 0;
            while (done < buffer.Length)
            {
                nint put = Native.write(descriptor, start + done, (nuint)(buffer.Length - done));
                if (put >= 0)
                {
                    done += (int)put;
                    continue;
                }

                const short Pollout = 4;
                WaitOrThrow(Pollout);
            }
        }
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Called after a failed call: returns when the call is worth repeating.</summary>
    private void WaitOrThrow(short events)
    {
        int errno = Marshal.GetLastPInvokeError();
        if (errno == Native.EAGAIN)
        {
            // Another program left the descriptor non-blocking (the flag belongs to the open file, not to us).
            Native.pollfd wait = new() { fd = descriptor, events = events };
            _ = Native.poll(&wait, 1, -1);
        }
        else if (errno != Native.EINTR)
        {
            throw new IOException($"descriptor {descriptor}: {Marshal.GetPInvokeErrorMessage(errno)}", errno);
        }
    }
}
