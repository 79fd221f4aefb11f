using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Containers.Engine;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>The logs of several containers as one. A log that cannot be read is reported and the others go on.</summary>
/// <param name="report">Told about it, on the thread that enumerates.</param>
internal sealed class LogMerge(Action<EngineException> report)
{
    private const int Capacity = 1024;

    private readonly HashSet<IEnumerator<ContainerLogEntry?>> _ended = [];

    /// <summary>By time; lines of the same time in the order of the containers.</summary>
    internal IEnumerable<ContainerLogEntry> ByTime(IReadOnlyList<IEnumerable<ContainerLogEntry>> logs)
    {
        List<IEnumerator<ContainerLogEntry?>> all = [.. logs.Select(log => log.GetEnumerator())];
        try
        {
            foreach (ContainerLogEntry entry in ByTime(all, DateTimeOffset.MaxValue))
            {
                yield return entry;
            }
        }
        finally
        {
            all.ForEach(log => log.Dispose());
        }
    }

    /// <summary>
    /// First by time what is there already, then as they come, each log read by a thread of its own; the bounded queue holds them back while nobody takes.
    /// </summary>
    /// <param name="logs">With null where everything written so far was read.</param>
    /// <param name="stop">Ends it.</param>
    internal IEnumerable<ContainerLogEntry> AsTheyCome(IReadOnlyList<IEnumerable<ContainerLogEntry?>> logs, CancellationToken stop)
    {
        List<IEnumerator<ContainerLogEntry?>> all = [.. logs.Select(log => log.GetEnumerator())];
        try
        {
            // A container that writes faster than it is read is never at its end: what it writes from now on is no history.
            foreach (ContainerLogEntry entry in ByTime(all, DateTimeOffset.UtcNow))
            {
                yield return entry;
            }

            foreach (ContainerLogEntry entry in Follow([.. all.Where(log => !_ended.Contains(log))], stop))
            {
                yield return entry;
            }
        }
        finally
        {
            all.ForEach(log => log.Dispose());
        }
    }

    /// <summary>Each log until it ends, marks where it was read until now, or comes to a line after a time; there it stands then.</summary>
    private IEnumerable<ContainerLogEntry> ByTime(List<IEnumerator<ContainerLogEntry?>> all, DateTimeOffset until)
    {
        PriorityQueue<IEnumerator<ContainerLogEntry?>, (DateTimeOffset Time, int Order)> queue = new();
        for (int i = 0; i < all.Count; i++)
        {
            if (Advance(all[i], until))
            {
                queue.Enqueue(all[i], (all[i].Current!.Time, i));
            }
        }

        while (queue.TryDequeue(out IEnumerator<ContainerLogEntry?>? log, out (DateTimeOffset Time, int Order) key))
        {
            bool more;
            do
            {
                yield return log.Current!;
                more = Advance(log, until);
            }
            while (more && (queue.Count == 0 || IsNext(log, queue)));

            if (more)
            {
                queue.Enqueue(log, (log.Current!.Time, key.Order));
            }
        }
    }

    private IEnumerable<ContainerLogEntry> Follow(List<IEnumerator<ContainerLogEntry?>> logs, CancellationToken stop)
    {
        using BlockingCollection<(ContainerLogEntry? Entry, Exception? Failure)> queue = new(Capacity);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        int open = logs.Count;
        List<Thread> threads =
        [
            .. logs.Select(log => new Thread(() => Read(log, queue, end.Token)) { IsBackground = true, Name = "Get-ContainerLog" }),
        ];
        try
        {
            threads.ForEach(thread => thread.Start());
            while (open > 0)
            {
                (ContainerLogEntry? entry, Exception? failure) = queue.Take(stop);
                switch (failure)
                {
                    case null when entry is null:
                        open--;
                        break;
                    case null:
                        yield return entry;
                        break;
                    case EngineException e:
                        report(e);
                        break;
                    default:
                        ExceptionDispatchInfo.Throw(failure);
                        break;
                }
            }
        }
        finally
        {
            // A reader that waits for the next line or for room in the queue sees the token; one between two lines sees it soon.
            end.Cancel();
            foreach (Thread thread in threads.Where(thread => thread.ThreadState != ThreadState.Unstarted))
            {
                thread.Join();
            }
        }
    }

    private static void Read(
        IEnumerator<ContainerLogEntry?> log, BlockingCollection<(ContainerLogEntry? Entry, Exception? Failure)> queue, CancellationToken end)
    {
        try
        {
            try
            {
                // The first is what it stands at.
                do
                {
                    if (log.Current is { } entry)
                    {
                        queue.Add((entry, null), end);
                    }
                }
                while (log.MoveNext());
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                queue.Add((null, e), end);
            }

            queue.Add((null, null), end);
        }
        catch (OperationCanceledException)
        {
            // Nobody takes any more.
        }
    }

    private static bool IsNext(
        IEnumerator<ContainerLogEntry?> log, PriorityQueue<IEnumerator<ContainerLogEntry?>, (DateTimeOffset Time, int Order)> queue) =>
        queue.TryPeek(out _, out (DateTimeOffset Time, int Order) next) && log.Current!.Time < next.Time;

    private bool Advance(IEnumerator<ContainerLogEntry?> log, DateTimeOffset until)
    {
        try
        {
            if (log.MoveNext())
            {
                return log.Current is { } entry && entry.Time <= until;
            }
        }
        catch (EngineException e)
        {
            report(e);
        }

        _ended.Add(log);
        return false;
    }
}
