namespace Containers.Engine.Registry.Http;

/// <summary>How often one operation may fail in passing, and how long it waits in between: twice as long each time, with jitter.</summary>
internal sealed class RetryBudget(RegistryOptions options, int? retries)
{
    private const int MostConnects = 2;

    private readonly int _all = Math.Max(retries ?? options.Retries, 0);
    private int _used;

    /// <summary>Something went forward: the count begins again.</summary>
    internal void Progress() => _used = 0;

    /// <summary>Waits; false where the budget is used up, or where the registry wants more patience than there is.</summary>
    /// <param name="after">The registry's Retry-After.</param>
    /// <exception cref="OperationCanceledException">While it waited.</exception>
    internal bool Wait(TimeSpan? after, CancellationToken cancel, bool neverConnected = false)
    {
        if (_used >= (neverConnected ? Math.Min(_all, MostConnects) : _all) || after > options.LongestRetryAfter)
        {
            return false;
        }

        double delay = Math.Min(options.FirstDelay.TotalMilliseconds * Math.Pow(2, Math.Min(_used, 20)),
            options.LongestDelay.TotalMilliseconds);
        _used++;

        // Between a half and the whole: sessions that failed together do not come back together.
        TimeSpan wait = after ?? TimeSpan.FromMilliseconds(delay * (0.5 + (Random.Shared.NextDouble() / 2)));
        cancel.WaitHandle.WaitOne(wait);
        cancel.ThrowIfCancellationRequested();
        return true;
    }
}
