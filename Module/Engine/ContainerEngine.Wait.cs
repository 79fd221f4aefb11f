using System.Globalization;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using Containers.Engine.Networking;

namespace Containers.Engine;

public sealed partial class ContainerEngine
{
    private static readonly TimeSpan s_longestLook = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until all that is asked for holds at once; a line of the log that was seen stays seen.</summary>
    /// <exception cref="EngineException">
    /// WaitTimeout; ContainerEndedEarly when it ends first, and will not be started again; WaitConflict.
    /// </exception>
    public Container Wait(string nameOrId, WaitRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        bool health = request.Conditions.Any(one => one is WaitCondition.Healthy or WaitCondition.Unhealthy);
        if (health)
        {
            _ = RequireCheck(Get(nameOrId));
        }

        WaitCondition[] ends = [.. request.Conditions.Where(IsEnd)];
        if (request.Ports.Count == 0 && request.LogPattern is null && (!health || ends.Length > 0))
        {
            return Wait(nameOrId, request.Conditions is [] ? [WaitCondition.Stopped] : request.Conditions, request.Timeout, cancellation);
        }

        IReadOnlyList<WaitCondition> conditions = request.Conditions is [] ? [WaitCondition.Running] : request.Conditions;
        if (ends.Length > 0)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "WaitConflict", $"A container that is {ends[0]} has no ports and writes nothing.", ends[0],
                "Wait for the port or the line first, and then for the end.");
        }

        RefuseProtocols(request.Ports);
        Container container = Get(nameOrId);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (request.Timeout is { } timeout)
        {
            limit.CancelAfter(timeout);
        }

        try
        {
            if (request.LogPattern is not null)
            {
                AwaitLine(container.Id, request, limit.Token);
            }

            return Await(container, request, now => conditions.Any(one => Holds(one, now)) && request.Ports.All(port => Listens(now, port)), limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Container last = _store.TryGet(container.Id) ?? container;
            throw new EngineException(
                EngineErrorKind.OperationTimeout, "WaitTimeout",
                $"Container \"{last.Name}\" is {last.State}, and after {request.Timeout!.Value.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)} s "
                + $"still without {string.Join(" and ", Missing(last, request))}.",
                last.Name, "Use a longer -Timeout, or look at Get-ContainerLog.");
        }
    }

    private static void RefuseProtocols(IReadOnlyList<ContainerPort> ports)
    {
        if (ports.FirstOrDefault(port => port.Protocol is not ("" or "tcp" or "udp")) is { } other)
        {
            throw new EngineException(
                EngineErrorKind.NotImplemented, "PortNotObservable", $"Whether somebody listens at port {other} cannot be seen.", other.ToString(),
                "Wait for a tcp or udp port, or for a line of the log.");
        }
    }

    /// <summary>Looks again and again, less often with time.</summary>
    private Container Await(Container seen, WaitRequest request, Func<Container, bool> holds, CancellationToken stop)
    {
        for (TimeSpan pause = TimeSpan.FromMilliseconds(1); ; pause = pause * 2 < s_longestLook ? pause * 2 : s_longestLook)
        {
            Container now = _store.TryGet(seen.Id) ?? throw EndedEarly(seen, request);
            if (holds(now))
            {
                return now;
            }

            if (now.State is ContainerState.Exited or ContainerState.Damaged)
            {
                throw EndedEarly(now, request);
            }

            seen = now;
            _ = stop.WaitHandle.WaitOne(pause);
            stop.ThrowIfCancellationRequested();
        }
    }

    /// <summary>From the beginning of the run that is, or will be: a line that was written before anybody waited counts too.</summary>
    private void AwaitLine(string id, WaitRequest request, CancellationToken stop)
    {
        Container run = _store.Get(id);
        if (run.State == ContainerState.Created)
        {
            run = Await(run, request, now => now.State != ContainerState.Created, stop);
        }

        LogQuery query = new() { Since = run.Started, Follow = true };
        LogReader reader = Reader(run, query, () => !HasWriter(id));
        foreach (ContainerLogEntry entry in reader.Read(stop))
        {
            if (request.LogPattern!.IsMatch(entry.Line))
            {
                return;
            }
        }

        // The log ends with the container, and a moment before its record says so.
        _ = Await(run, request, static _ => false, stop);
    }

    private static bool Listens(Container container, ContainerPort port) =>
        container.ProcessId > 0
        && ListeningSockets.Contains(container.ProcessId, port.Number, port.Protocol)
        && new ProcessIdentity(container.ProcessId, container.ProcessStartTime).IsAlive;

    private static IEnumerable<string> Missing(Container last, WaitRequest request)
    {
        string[] missing = [.. (request with { Ports = [.. request.Ports.Where(port => !Listens(last, port))] }).Describe()];
        return missing.Length > 0 ? missing : request.Describe();
    }

    private static EngineException EndedEarly(Container container, WaitRequest request)
    {
        string code = container.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "unknown";
        return new EngineException(
            EngineErrorKind.InvalidOperation, "ContainerEndedEarly",
            $"Container \"{container.Name}\" has ended with exit code {code}; it was waited for {string.Join(" and ", request.Describe())}.",
            container.Name, $"Look at what it wrote: Get-ContainerLog {container.Name}");
    }
}
