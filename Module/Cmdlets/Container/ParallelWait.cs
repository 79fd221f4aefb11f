using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Containers.Engine;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>
/// Waits for several containers at once, each on a thread that sleeps in the kernel; the results come to the pipeline's thread.
/// </summary>
internal sealed class ParallelWait(int count, CancellationToken stop) : IDisposable
{
    private const int StackSize = 256 << 10;

    private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(stop);

    private readonly BlockingCollection<(Container? Container, Exception? Failure)> _results = [];

    private readonly List<Thread> _threads = [];

    private Func<CancellationToken, Container>? _only;

    /// <summary>The last result was a time-out.</summary>
    internal bool TimedOut { get; private set; }

    internal void Begin(Func<CancellationToken, Container> wait)
    {
        if (count == 1)
        {
            _only = wait; // The pipeline's own thread will do.
            return;
        }

        Thread thread = new(() => Run(wait), StackSize) { IsBackground = true, Name = "Wait-Container" };
        _threads.Add(thread);
        thread.Start();
    }

    /// <summary>The next container that meets the condition.</summary>
    /// <exception cref="EngineException">What went wrong with one of them.</exception>
    internal Container Next()
    {
        if (_only is not null)
        {
            return _only(_end.Token);
        }

        (Container? container, Exception? failure) = _results.Take(_end.Token);
        TimedOut = failure is EngineException { Kind: EngineErrorKind.OperationTimeout };
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return container!;
    }

    public void Dispose()
    {
        _end.Cancel();
        _threads.ForEach(thread => thread.Join());
        _results.Dispose();
        _end.Dispose();
    }

    private void Run(Func<CancellationToken, Container> wait)
    {
        try
        {
            _results.Add((wait(_end.Token), null));
        }
#pragma warning disable CA1031 // It is thrown again where somebody can be told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _results.Add((null, e));
        }
    }
}
