namespace Containers.Engine.Linux;

/// <summary>
/// The reading end of a pipe and the first bytes that came through it; what is more is read, so that the writer ends, and dropped.
/// </summary>
internal sealed unsafe class BoundedOutput(int descriptor, int maximum) : IDisposable
{
    private byte[] _content = [];
    private int _length;

    /// <summary>-1 when the writer has closed it.</summary>
    internal int Descriptor { get; private set; } = descriptor;

    internal bool IsOpen => Descriptor >= 0;

    internal bool Truncated { get; private set; }

    internal byte[] Content => _content[.._length];

    /// <summary>Reads once, without waiting if poll(2) said that there is something.</summary>
    internal void Read()
    {
        const int Size = 16384;
        byte* buffer = stackalloc byte[Size];
        nint count = Libc.read(Descriptor, buffer, Size);
        if (count < 0 && Errno.Last == Errno.EINTR)
        {
            return;
        }

        if (count <= 0)
        {
            Dispose();
            return;
        }

        int kept = (int)Math.Min(count, maximum - _length);
        Truncated |= kept < count;
        if (_length + kept > _content.Length)
        {
            Array.Resize(ref _content, Math.Max(_length + kept, _content.Length * 2));
        }

        new ReadOnlySpan<byte>(buffer, kept).CopyTo(_content.AsSpan(_length));
        _length += kept;
    }

    public void Dispose()
    {
        if (Descriptor >= 0)
        {
            Libc.close(Descriptor);
            Descriptor = -1;
        }
    }
}
