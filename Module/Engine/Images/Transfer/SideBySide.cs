using System.Runtime.ExceptionServices;

namespace Containers.Engine.Images;

/// <summary>
/// Jobs on threads of their own, a few at a time. The first that fails stops the others and is the one that the caller hears of.
/// </summary>
internal static class SideBySide
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// How long stopped jobs are waited for; one that hangs in a call that nothing ends cleans up after itself when it comes back.
    /// </summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <param name="job">Gets 0 to <paramref name="count"/> - 1, in this order.</param>
    /// <param name="tick">Called about every fifth of a second on the calling thread, and once after the last job.</param>
    internal static void Run(int count, int parallel, Action<int, CancellationToken> job, Action? tick, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        int next = -1;
        Exception? failure = null;

        void Work()
        {
            while (!stop.IsCancellationRequested && Interlocked.Increment(ref next) is int i && i < count)
            {
                try
                {
                    job(i, stop.Token);
                }
                catch (Exception e)
                {
                    Interlocked.CompareExchange(ref failure, e, null);
                    stop.Cancel();
                    return;
                }
            }
        }

        Task[] workers = new Task[Math.Clamp(parallel, 1, Math.Max(count, 1))];
        for (int i = 0; i < workers.Length; i++)
        {
            workers[i] = Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        try
        {
            while (!Task.WaitAll(workers, (int)s_tick.TotalMilliseconds, stop.Token))
            {
                tick?.Invoke();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What stopped it is told below.
        }
        finally
        {
            stop.Cancel();
            if (Task.WaitAll(workers, s_patience))
            {
                stop.Dispose();
            }
        }

        cancel.ThrowIfCancellationRequested();
        if (Volatile.Read(ref failure) is Exception first)
        {
            ExceptionDispatchInfo.Throw(first);
        }

        tick?.Invoke();
    }
}
