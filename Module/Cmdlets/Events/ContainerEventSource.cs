using Containers.Engine;
using Containers.Engine.Events;
using Containers.Engine.Linux;

namespace Containers.Cmdlets;

/// <summary>
/// Where Register-ContainerEvent's events come from. A thread follows the log as long as somebody is subscribed: PowerShell takes its handler
/// away when the subscription or the session ends.
/// </summary>
// CA1001: the thread that uses it disposes it.
#pragma warning disable CA1001
public sealed class ContainerEventSource
#pragma warning restore CA1001
{
    private const int PauseMilliseconds = 1000;

    private readonly ContainerEngine _engine;
    private readonly Func<ContainerEvent, bool> _filter;
    private readonly Lock _turn = new();
    private EventHandler<ContainerEventArrivedEventArgs>? _handlers;
    private CancellationTokenSource? _stop;

    internal ContainerEventSource(ContainerEngine engine, Func<ContainerEvent, bool> filter)
    {
        _engine = engine;
        _filter = filter;
    }

    public event EventHandler<ContainerEventArrivedEventArgs> EventArrived
    {
        add
        {
            lock (_turn)
            {
                _handlers += value;
                if (_stop is null)
                {
                    Start();
                }
            }
        }

        remove
        {
            lock (_turn)
            {
                _handlers -= value;
                if (_handlers is null)
                {
                    _stop?.Cancel();
                    _stop = null;
                }
            }
        }
    }

    public override string ToString() => "container events";

    private void Start()
    {
        // The thread may begin later than the next event: what happens from here on counts.
        DateTimeOffset since = DateTimeOffset.UtcNow;
        CancellationTokenSource stop = _stop = new CancellationTokenSource();
        new Thread(() => Watch(since, stop)) { IsBackground = true, Name = "Register-ContainerEvent" }.Start();
    }

    private void Watch(DateTimeOffset since, CancellationTokenSource stop)
    {
        using CancellationTokenSource own = stop;
        CancellationToken token = stop.Token;
        while (!token.IsCancellationRequested)
        {
            try
            {
                foreach (ContainerEvent one in _engine.ReadEvents(new EventQuery { Follow = true, Since = since, Filter = _filter }, token))
                {
                    since = one.Time.AddTicks(1);
                    token.ThrowIfCancellationRequested();
                    _handlers?.Invoke(this, new ContainerEventArrivedEventArgs(one));
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is EngineException or LinuxException or IOException)
            {
                token.WaitHandle.WaitOne(PauseMilliseconds); // Nobody can be told. The disk may be well again soon.
            }
        }
    }
}

/// <summary>What an action finds in $EventArgs, and in $Event.SourceEventArgs.</summary>
public sealed class ContainerEventArrivedEventArgs(ContainerEvent containerEvent) : EventArgs
{
    /// <summary>The event.</summary>
    public ContainerEvent ContainerEvent { get; } = containerEvent;
}
