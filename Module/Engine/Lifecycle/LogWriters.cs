namespace Containers.Engine.Lifecycle;

/// <summary>
/// Whether any of the containers whose logs are followed together may write. Each reader asks on its own thread and often: one answer is good for a
/// moment, so that many quiet containers are no work.
/// </summary>
internal sealed class LogWriters(IReadOnlyList<string> ids, Func<string, bool> hasWriter)
{
    private const int MomentMilliseconds = 100;

    private readonly Lock _gate = new();

    private long _asked = long.MinValue;

    private bool _any;

    internal bool AreAny()
    {
        lock (_gate)
        {
            long now = Environment.TickCount64;
            if (_asked == long.MinValue || now - _asked >= MomentMilliseconds)
            {
                _any = ids.Any(hasWriter);
                _asked = now;
            }

            return _any;
        }
    }
}
