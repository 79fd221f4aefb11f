using System.Net;
using Containers.Engine.Images;
using Containers.Engine.Registry.Http;

namespace Containers.Engine.Registry;

/// <summary>
/// A blob's content, over as many connections as it takes: after a cut or a silence it goes on where it was (RFC 9110, section 14). Has
/// exactly
/// the size of its descriptor, or throws. Opened by the first read.
/// </summary>
internal sealed class ResumingBlobStream : ReadingStream
{
    private readonly Func<long, RetryBudget, RegistryAnswer> _open;
    private readonly string _registry;
    private readonly OciDescriptor _blob;
    private readonly RetryBudget _budget;
    private readonly CancellationToken _cancel;
    private RegistryAnswer? _answer;
    private long _position;
    private long _skip;

    /// <param name="open">Asks for the content from an offset to its end; a success of any kind.</param>
    internal ResumingBlobStream(
        Func<long, RetryBudget, RegistryAnswer> open, string registry, OciDescriptor blob, RetryBudget budget, CancellationToken cancel) =>
        (_open, _registry, _blob, _budget, _cancel) = (open, registry, blob, budget, cancel);

    public override long Length => _blob.Size;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <exception cref="EngineException">
    /// RegistryUnreachable: cut too often without progress. RegistryProtocol: of another size than it should be.
    /// </exception>
    /// <exception cref="OperationCanceledException">Nobody wants it any more.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            _cancel.ThrowIfCancellationRequested();
            if (_position == _blob.Size)
            {
                Finish();
                return 0;
            }

            if (buffer.IsEmpty)
            {
                return 0;
            }

            try
            {
                _answer ??= Open();
                Skip();
                int got = _answer.Body.Read(buffer[..(int)Math.Min(buffer.Length, _blob.Size - _position)]);
                if (got > 0)
                {
                    _position += got;
                    _budget.Progress();
                    return got;
                }

                throw new TransientFailureException($"the blob has ended after {_position} of {_blob.Size} bytes");
            }
            catch (TransientFailureException e)
            {
                End();
                if (!_budget.Wait(null, _cancel))
                {
                    throw RegistryErrors.Unreachable(_registry, e.Message, e);
                }
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            End();
        }

        base.Dispose(disposing);
    }

    private RegistryAnswer Open()
    {
        RegistryAnswer answer = _open(_position, _budget);
        try
        {
            if (answer.Header("Content-Encoding") is { Length: > 0 } encoding
                && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            {
                throw RegistryErrors.Protocol(_registry, $"a content encoding nobody asked for, \"{ErrorBody.Clean(encoding)}\"");
            }

            if (answer.Status == HttpStatusCode.PartialContent)
            {
                if (_position == 0 || answer.ContentRange?.From != _position || (answer.ContentRange.Length ?? _blob.Size) != _blob.Size)
                {
                    throw RegistryErrors.Protocol(_registry, $"another part of {_blob.Digest} than the one from byte {_position}");
                }

                _skip = 0;
                return answer;
            }

            // It does not know Range, and begins again.
            _skip = _position;
            return answer.Status != HttpStatusCode.OK ? throw RegistryErrors.Protocol(_registry, $"status {(int)answer.Status} for a blob")
                : answer.Length is { } length && length != _blob.Size
                    ? throw RegistryErrors.Protocol(_registry, $"{length} bytes for {_blob.Digest}, which should have {_blob.Size}")
                : answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    private void Skip()
    {
        byte[] waste = new byte[(int)Math.Min(_skip, 80 << 10)];
        while (_skip > 0)
        {
            int got = _answer!.Body.Read(waste.AsSpan(0, (int)Math.Min(waste.Length, _skip)));
            if (got == 0)
            {
                throw new TransientFailureException("the blob has ended before what is there already");
            }

            _skip -= got;
        }
    }

    /// <summary>
    /// Where the length was not stated, a further byte says that it is another blob; the read also gives the connection back.
    /// </summary>
    private void Finish()
    {
        if (_answer is null)
        {
            return;
        }

        try
        {
            if (_answer.Body.Read(new byte[1]) > 0)
            {
                throw RegistryErrors.Protocol(_registry, $"more than the {_blob.Size} bytes that {_blob.Digest} should have");
            }
        }
        catch (TransientFailureException)
        {
            // All bytes are here; how the connection ends does not matter.
        }
        finally
        {
            End();
        }
    }

    private void End()
    {
        _answer?.Dispose();
        _answer = null;
    }
}
