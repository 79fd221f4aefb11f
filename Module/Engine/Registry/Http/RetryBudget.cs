namespace Containers.Engine.Registry.Http;

/// <summary>How often one operation may fail in passing, and how long it waits in between: twice as long each time, with jitter.</summary>
/// <param name="retries">As somebody asked for; null for the engine's own number.</param>
/// <param name="reached">Whether the registry has answered in this operation: then it is there, and comes back after a restart.</param>
internal sealed class RetryBudget(RegistryOptions options, int? retries, Func<bool>? reached = null)
{
    /// <summary>Where nobody has ever answered, most likely nobody will: the name is wrong, or the registry is down.</summary>
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
        bool hopeless = neverConnected && retries is null && reached?.Invoke() != true;
        if (_used >= (hopeless ? Math.Min(_all, MostConnects) : _all) || after > options.LongestRetryAfter)
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
