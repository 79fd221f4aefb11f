using System.IO.Compression;
using System.Runtime.ExceptionServices;
using SharpCompress.Compressors.ZStandard;

namespace Containers.Engine.Images;

/// <summary>
/// Compresses on all cores, and yet always to the same bytes: the input is cut every so many bytes, and each piece becomes a
/// gzip member (RFC 1952, 2.2) or a zstd frame (RFC 8878, 3) of its own. Every reader of layers reads a row of these.
/// </summary>
internal sealed class BlockCompressor : IDisposable
{
    /// <summary>A gzip window is 32 KiB: what a cut costs is lost in the noise.</summary>
    private const int GzipPiece = 1 << 20;

    /// <summary>zstd looks back as far as 2 MiB at its usual level.</summary>
    private const int ZstdPiece = 4 << 20;

    private const int ZstdLevel = 3;
    private const int MaxWorkers = 4;

    private readonly object _gate = new();
    private readonly Queue<Piece> _waiting = new();
    private readonly Queue<Piece> _ordered = new();
    private readonly Stack<Piece> _free = new();
    private readonly Task[] _workers;
    private readonly Stream _target;
    private readonly bool _gzip;
    private readonly int _pieceSize;
    private Piece? _current;
    private int _pieces;
    private bool _ended;

    /// <param name="target">Written to on the calling thread only.</param>
    internal BlockCompressor(Stream target, LayerCompression compression)
    {
        _target = target;
        _gzip = compression == LayerCompression.Gzip;
        _pieceSize = _gzip ? GzipPiece : ZstdPiece;
        _workers = new Task[Math.Clamp(Environment.ProcessorCount, 1, MaxWorkers)];
        for (int i = 0; i < _workers.Length; i++)
        {
            _workers[i] = Task.Factory.StartNew(
                Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            _current ??= Rent();
            int count = Math.Min(bytes.Length, _pieceSize - _current.Length);
            bytes[..count].CopyTo(_current.Input.AsSpan(_current.Length));
            _current.Length += count;
            bytes = bytes[count..];
            if (_current.Length == _pieceSize)
            {
                Hand();
            }
        }
    }

    /// <summary>Everything reaches the target.</summary>
    internal void Finish()
    {
        if (_current is not null)
        {
            Hand();
        }

        while (_ordered.TryDequeue(out Piece? piece))
        {
            Put(piece);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            _waiting.Clear();
            Monitor.PulseAll(_gate);
        }

        Task.WaitAll(_workers);
    }

    private void Hand()
    {
        Piece piece = _current!;
        _current = null;
        _ordered.Enqueue(piece);
        lock (_gate)
        {
            _waiting.Enqueue(piece);
            Monitor.PulseAll(_gate);
        }
    }

    private Piece Rent()
    {
        if (_free.TryPop(out Piece? free))
        {
            return free;
        }

        if (_pieces < _workers.Length + 2)
        {
            _pieces++;
            return new Piece(_pieceSize);
        }

        Put(_ordered.Dequeue());
        return _free.Pop();
    }

    private void Put(Piece piece)
    {
        lock (_gate)
        {
            while (!piece.Done)
            {
                Monitor.Wait(_gate);
            }
        }

        piece.Failure?.Throw();
        _target.Write(piece.Output.GetBuffer(), 0, (int)piece.Output.Length);
        piece.Reset();
        _free.Push(piece);
    }

    private void Work()
    {
        while (true)
        {
            Piece? piece;
            lock (_gate)
            {
                while (!_waiting.TryDequeue(out piece))
                {
                    if (_ended)
                    {
                        return;
                    }

                    Monitor.Wait(_gate);
                }
            }

            try
            {
                Compress(piece);
            }
            catch (Exception e)
            {
                piece.Failure = ExceptionDispatchInfo.Capture(e);
            }

            lock (_gate)
            {
                piece.Done = true;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void Compress(Piece piece)
    {
        using Stream stream = _gzip
            ? new GZipStream(piece.Output, CompressionLevel.Optimal, leaveOpen: true)
            : new CompressionStream(piece.Output, ZstdLevel, leaveOpen: true);
        stream.Write(piece.Input, 0, piece.Length);
    }

    private sealed class Piece(int size)
    {
        internal byte[] Input { get; } = GC.AllocateUninitializedArray<byte>(size);

        internal MemoryStream Output { get; } = new();

        internal int Length { get; set; }

        internal bool Done { get; set; }

        internal ExceptionDispatchInfo? Failure { get; set; }

        internal void Reset()
        {
            Length = 0;
            Done = false;
            Output.SetLength(0);
        }
    }
}
