namespace Containers.Engine.Registry.Http;

/// <summary>
/// Ends a request that nobody wants any more, or that has been silent for too long. Armed only while somebody waits for the network.
/// </summary>
internal sealed class RequestWatch : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _cancel;
    private TimeSpan _silence;

    internal RequestWatch(TimeSpan silence, CancellationToken cancel)
    {
        _silence = silence;
        _cancel = cancel;
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancel);
    }

    /// <summary>Cancelled by the user as well as by silence.</summary>
    internal CancellationToken Token => _source.Token;

    /// <summary>The clock starts again.</summary>
    internal void Arm() => _source.CancelAfter(_silence);

    internal void Arm(TimeSpan silence)
    {
        _silence = silence;
        Arm();
    }

    internal void Disarm() => _source.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>What the end of a wait meant.</summary>
    /// <exception cref="OperationCanceledException">The user does not want it any more.</exception>
    /// <exception cref="TransientFailureException">It was silent, or cut.</exception>
    internal TransientFailureException Explain(Exception e)
    {
        _cancel.ThrowIfCancellationRequested();
        return _source.IsCancellationRequested
            ? new TransientFailureException($"it was silent for {_silence.TotalSeconds:0.#} seconds", e)
            : new TransientFailureException("the connection was cut", e);
    }

    public void Dispose() => _source.Dispose();
}
