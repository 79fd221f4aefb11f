using System.Runtime.ExceptionServices;
using System.Security.Cryptography;

namespace Containers.Engine.Images;

/// <summary>
/// Carries a stream from the thread that makes it (reads, inflates, or walks a directory) to the one that uses it, in
/// blocks, hashing on the way. One producer, one consumer, bounded memory.
/// </summary>
internal sealed class BlockPipe : IDisposable
{
    internal const int BlockSize = 256 * 1024;
    private const int MaxBlocks = 4;

    private readonly object _gate = new();
    private readonly Queue<(byte[] Bytes, int Length)> _full = new();
    private readonly Stack<byte[]> _free = new();
    private readonly IncrementalHash _hash;
    private readonly bool _isSha512;
    private readonly long _maxBytes;
    private int _allocated;
    private bool _completed;
    private bool _abandoned;
    private ExceptionDispatchInfo? _failure;
    private byte[]? _writing;
    private int _written;
    private byte[]? _reading;
    private int _readStart;
    private int _readEnd;

    /// <param name="algorithm">"sha256" or "sha512".</param>
    internal BlockPipe(long maxBytes, string algorithm = "sha256")
    {
        _isSha512 = algorithm == "sha512";
        _hash = IncrementalHash.CreateHash(_isSha512 ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);
        _maxBytes = maxBytes;
        Writer = new WriteStream(this);
    }

    /// <summary>The producer's end.</summary>
    internal Stream Writer { get; }

    /// <summary>Bytes handed over so far, by the producer's count.</summary>
    internal long Length { get; private set; }

    /// <summary>Off for a producer whose bytes somebody else hashes. Set before the first byte.</summary>
    internal bool Hashes { get; set; } = true;

    /// <summary>The digest of everything; ask once, after the consumer has seen the end.</summary>
    internal Digest TakeDigest() => _isSha512
        ? Digest.Parse("sha512:" + Convert.ToHexStringLower(_hash.GetHashAndReset()))
        : Digest.FromSha256(_hash.GetHashAndReset());

    /// <summary>Room for the producer to fill in place; <see cref="Advance"/> says how much was filled.</summary>
    internal Span<byte> GetSpan()
    {
        _writing ??= Rent();
        return _writing.AsSpan(_written);
    }

    internal void Advance(int count)
    {
        _written += count;
        Length += count;
        if (Length > _maxBytes)
        {
            throw ImageErrors.Limit($"it unpacks to more than {_maxBytes} bytes", "Raise the limit of bytes if you trust the archive.");
        }

        if (_written == BlockSize)
        {
            Hand();
        }
    }

    /// <summary>The producer's last call.</summary>
    internal void Complete(Exception? failure)
    {
        if (failure is null && _written > 0)
        {
            Hand();
        }

        lock (_gate)
        {
            _failure = failure is null ? null : ExceptionDispatchInfo.Capture(failure);
            _completed = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The consumer wants no more: the producer's next call throws <see cref="OperationCanceledException"/>.</summary>
    internal void Abandon()
    {
        lock (_gate)
        {
            _abandoned = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The consumer's read: 0 at the end, or the producer's exception.</summary>
    internal int Read(Span<byte> target, Action? onBlock, CancellationToken cancel)
    {
        if (_readStart == _readEnd && !NextBlock(cancel))
        {
            return 0;
        }

        int count = Math.Min(target.Length, _readEnd - _readStart);
        _reading.AsSpan(_readStart, count).CopyTo(target);
        _readStart += count;
        if (_readStart == _readEnd)
        {
            onBlock?.Invoke();
        }

        return count;
    }

    /// <summary>The consumer's read without a copy: what is left of the block, valid until the next read; empty at the end.</summary>
    internal ReadOnlySpan<byte> ReadBlock(CancellationToken cancel)
    {
        if (_readStart == _readEnd && !NextBlock(cancel))
        {
            return default;
        }

        ReadOnlySpan<byte> block = _reading.AsSpan(_readStart, _readEnd - _readStart);
        _readStart = _readEnd;
        return block;
    }

    public void Dispose()
    {
        Abandon();
        _hash.Dispose();
    }

    private bool NextBlock(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_reading is not null)
            {
                _free.Push(_reading);
                _reading = null;
                Monitor.PulseAll(_gate);
            }

            while (_full.Count == 0)
            {
                if (_completed)
                {
                    _failure?.Throw();
                    return false;
                }

                // A source that sends nothing must not keep Ctrl+C waiting.
                Monitor.Wait(_gate, 100);
                cancel.ThrowIfCancellationRequested();
                if (_abandoned)
                {
                    throw new OperationCanceledException();
                }
            }

            (_reading, _readEnd) = _full.Dequeue();
            _readStart = 0;
            return true;
        }
    }

    private byte[] Rent()
    {
        lock (_gate)
        {
            while (true)
            {
                if (_abandoned)
                {
                    throw new OperationCanceledException();
                }

                if (_free.TryPop(out byte[]? block))
                {
                    return block;
                }

                if (_allocated < MaxBlocks)
                {
                    _allocated++;
                    return GC.AllocateUninitializedArray<byte>(BlockSize);
                }

                Monitor.Wait(_gate);
            }
        }
    }

    private void Hand()
    {
        byte[] block = _writing ?? throw new InvalidOperationException("There is no block to hand over.");
        lock (_gate)
        {
            if (_abandoned)
            {
                throw new OperationCanceledException();
            }
        }

        if (Hashes)
        {
            _hash.AppendData(block, 0, _written);
        }

        lock (_gate)
        {
            _full.Enqueue((block, _written));
            Monitor.PulseAll(_gate);
        }

        _writing = null;
        _written = 0;
    }

    private sealed class WriteStream(BlockPipe pipe) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            while (!buffer.IsEmpty)
            {
                Span<byte> room = pipe.GetSpan();
                int count = Math.Min(room.Length, buffer.Length);
                buffer[..count].CopyTo(room);
                pipe.Advance(count);
                buffer = buffer[count..];
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
