using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;

namespace Containers.Engine;

public sealed partial class ContainerEngine
{
    private static readonly TimeSpan s_healthPatience = TimeSpan.FromSeconds(10);

    /// <summary>What the last checks of a container said. Nothing is run.</summary>
    /// <exception cref="EngineException">NoHealthCheck.</exception>
    public ContainerHealth GetHealth(string nameOrId)
    {
        Container container = Get(nameOrId);
        return HealthOf(container, RequireCheck(container));
    }

    private ContainerHealth HealthOf(Container container, HealthCheck check) => new()
    {
        Container = container.Name,
        Status = container.Health,
        FailingStreak = _store.State(container.Id).FailingStreak,
        Log = [.. ReadHealthLog(container.Id).Select(result => Result(container, check, result))],
    };

    /// <summary>Has the container's monitor check it now. The result counts like that of every other check.</summary>
    /// <exception cref="EngineException">NoHealthCheck, ContainerNotRunning, ContainerPaused, ContainerNotSupervised.</exception>
    public ContainerHealthResult TestHealth(string nameOrId, CancellationToken cancellation)
    {
        Container container = Get(nameOrId);
        HealthCheck check = RequireCheck(container);
        RequireRunning(container);
        using MonitorConnection monitor = MonitorConnection.TryConnect(_paths.Run(container.Id)) ?? throw NotRunning(container);
        monitor.Send(MessageType.TestHealth, default(MessageBody));
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(check.Timeout + s_healthPatience);
        try
        {
            if (!monitor.Receive(out MessageType type, out ReadOnlyMemory<byte> data, limit.Token))
            {
                throw NotRunning(_store.TryGet(container.Id) ?? container);
            }

            MessageBody body = MonitorConnection.Body(data);
            if (type != MessageType.HealthChecked)
            {
                throw body.B == Errno.ENODATA ? NoCheck(container) : Refusal(container, MessageType.TestHealth, body.B);
            }

            HealthResultRecord made = new((long)body.E, (long)(body.E + body.F), body.A, body.B, "");
            HealthResultRecord? kept = ReadHealthLog(container.Id).FirstOrDefault(result => result.Start == made.Start);
            return Result(container, check, kept ?? made) with { Status = (HealthState)body.C };
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new EngineException(
                EngineErrorKind.OperationTimeout, "HealthCheckHangs", $"The health check of container \"{container.Name}\" cannot be ended.", container.Name,
                "Its process may hang in the kernel, for example in a dead network file system.");
        }
    }

    private HealthCheck RequireCheck(Container container) =>
        (container.Spec is { } spec ? HealthChecks.Resolve(spec.Health, Images.Open(container.ImageId).Config.Config) : null) ?? throw NoCheck(container);

    private static EngineException NoCheck(Container container) => new(
        EngineErrorKind.InvalidOperation, "NoHealthCheck", $"Container \"{container.Name}\" has no health check.", container.Name,
        "Make it with -HealthCommand, or from an image with a HEALTHCHECK.");

    private IReadOnlyList<HealthResultRecord> ReadHealthLog(string id)
    {
        try
        {
            return RecordFile.Read(_paths.Health(id), RecordJson.Default.HealthLogRecord).Log;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or System.Text.Json.JsonException)
        {
            return []; // It was never started, or somebody damaged the file: the next check writes it anew.
        }
    }

    private static ContainerHealthResult Result(Container container, HealthCheck check, HealthResultRecord result) => new()
    {
        Container = container.Name,
        Started = DateTimeOffset.UnixEpoch.AddTicks(result.Start / 100),
        Duration = TimeSpan.FromTicks((result.End - result.Start) / 100),
        ExitCode = result.HasExitCode ? result.ExitCode : null,
        Output = result.Errno switch
        {
            0 => result.Output,
            Errno.ETIMEDOUT => $"The check did not end within {check.Timeout.TotalSeconds.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture)} s. "
                + result.Output,
            _ => $"The check could not be started: {Errno.Describe(result.Errno)}.",
        },
    };
}
