using Containers.Engine.Images;

namespace Containers.Engine.Building.Context;

/// <summary>Reads on until there is more than an archive may have, or far more than came in (CVE-2017-14992).</summary>
internal sealed class LimitedStream(Stream inner, long maximum, CountingStream source, ImportLimits limits, bool ownsInner) : ReadingStream
{
    private long _read;

    public override int Read(Span<byte> buffer)
    {
        int got = inner.Read(buffer);
        _read += got;
        if (_read > maximum)
        {
            throw ImageErrors.Limit($"it has more than {maximum} bytes", "Leave out of the context what the build does not need.");
        }

        return _read > limits.RatioAfterBytes && source.Count > 0 && _read / source.Count > limits.MaxRatio
            ? throw ImageErrors.Limit($"it grows to more than {limits.MaxRatio} times its size", "Do not use this archive unless you know who made it.")
            : got;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && ownsInner)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>Bytes that were read already, and then the rest.</summary>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> first, Stream rest) : ReadingStream
{
    private ReadOnlyMemory<byte> _first = first;

    public override int Read(Span<byte> buffer)
    {
        if (_first.IsEmpty)
        {
            return rest.Read(buffer);
        }

        int length = Math.Min(buffer.Length, _first.Length);
        _first.Span[..length].CopyTo(buffer);
        _first = _first[length..];
        return length;
    }
}
