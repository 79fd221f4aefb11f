namespace Containers.Monitor;

/// <summary>Writes one flat JSON object of numbers and plain texts into a buffer that is large enough. A JSON library costs more memory than the monitor.</summary>
internal unsafe ref struct JsonText
{
    private readonly byte* _buffer;

    internal JsonText(byte* buffer)
    {
        _buffer = buffer;
        Length = 0;
    }

    internal int Length { get; private set; }

    internal void Begin() => _buffer[Length++] = (byte)'{';

    internal void End()
    {
        _buffer[Length - 1] = (byte)'}';
        _buffer[Length++] = (byte)'\n';
    }

    internal void Add(ReadOnlySpan<byte> name, long value)
    {
        Name(name);
        Length += Digits(_buffer + Length, value);
        _buffer[Length++] = (byte)',';
    }

    /// <param name="name">The member's name.</param>
    /// <param name="value">Text without a character that JSON would escape.</param>
    internal void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Name(name);
        _buffer[Length++] = (byte)'"';
        Copy(value);
        _buffer[Length++] = (byte)'"';
        _buffer[Length++] = (byte)',';
    }

    /// <returns>The number of bytes written.</returns>
    internal static int Digits(byte* buffer, long value)
    {
        int length = 0;
        if (value < 0)
        {
            buffer[length++] = (byte)'-';
            value = -value;
        }

        byte* reversed = stackalloc byte[20];
        int count = 0;
        do
        {
            reversed[count++] = (byte)('0' + (value % 10));
            value /= 10;
        }
        while (value != 0);
        while (count > 0)
        {
            buffer[length++] = reversed[--count];
        }

        return length;
    }

    private void Name(ReadOnlySpan<byte> name)
    {
        _buffer[Length++] = (byte)'"';
        Copy(name);
        _buffer[Length++] = (byte)'"';
        _buffer[Length++] = (byte)':';
    }

    private void Copy(ReadOnlySpan<byte> text)
    {
        text.CopyTo(new Span<byte>(_buffer + Length, text.Length));
        Length += text.Length;
    }
}
