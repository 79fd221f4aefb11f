namespace Containers.Engine.Images;

/// <summary>A reused buffer for one name: bytes, because names on Linux are bytes.</summary>
internal sealed class ByteText
{
    private byte[] _bytes = new byte[256];

    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    internal void Clear() => Length = 0;

    internal void Set(ReadOnlySpan<byte> value)
    {
        Length = 0;
        Append(value);
    }

    internal void Append(ReadOnlySpan<byte> value)
    {
        if (Length + value.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + value.Length));
        }

        value.CopyTo(_bytes.AsSpan(Length));
        Length += value.Length;
    }
}
