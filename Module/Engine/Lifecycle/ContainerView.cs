using System.Net;
using Containers.Engine.Launch;
using Containers.Engine.Linux;
using Containers.Engine.Networking;

namespace Containers.Engine.Lifecycle;

/// <summary>Makes the object that users see from the two records, and checks what they say against the kernel.</summary>
internal static class ContainerView
{
    /// <summary>As recorded. For a container that may run, <see cref="Live"/> has the last word.</summary>
    internal static Container Make(ContainerRecord record, StateRecord state)
    {
        ContainerSpec spec = record.Spec;
        bool created = state.Status == "created";
        return new Container
        {
            Id = record.Id,
            Name = record.Name,
            Image = spec.Image,
            ImageId = record.ImageId,
            Command = record.Command,
            State = created ? ContainerState.Created : ContainerState.Exited,
            Created = record.Created,
            Started = Time(state.StartedAt),
            Finished = Time(state.FinishedAt),
            ExitCode = created || state.FinishedAt == 0 ? null : state.ExitCode ?? 0,
            Signal = state.Signal > 0 ? state.Signal : null,
            OomKilled = state.OomKilled != 0,
            RestartCount = state.RestartCount,
            StoppedByUser = state.StoppedByUser != 0,
            RestartPolicy = spec.Restart,
            Labels = spec.Labels,
            HostName = LaunchPlanCompiler.HostName(spec, record.Id),
            Network = NetworkText(spec.Network),
            Networks = spec.Network.Mode != NetworkSpec.Own ? [] : spec.Network.Networks is { Count: > 0 } networks
                ? [.. networks.Select(one => one.Network)] : [NetworkSpec.Bridge],
            Mounts = [.. spec.Storage.Mounts.OrderBy(mount => mount.Target, StringComparer.Ordinal).Select(ContainerMount.Of)],
            Volumes = [.. spec.Storage.Mounts.Where(mount => mount.Type == MountType.Volume).Select(mount => mount.Source).Distinct(StringComparer.Ordinal)],
            Names = [record.Name],
            Ports = Ports.List(record, null, []),
            RemoveOnExit = spec.RemoveOnExit,
            LostLogBytes = state.LostLogBytes,
            Problem = state.FailedErrno != 0 ? Errno.Describe(state.FailedErrno) : null,
            Spec = spec,
        };
    }

    /// <param name="view">As recorded.</param>
    /// <param name="state">What the monitor wrote last: running, paused or restarting.</param>
    /// <param name="bootId">This boot.</param>
    /// <param name="monitored">Whether the monitor lives.</param>
    internal static Container Live(Container view, StateRecord state, string bootId, bool monitored)
    {
        bool alive = state.BootId == bootId && (monitored || new ProcessIdentity(state.Pid, state.PidStartTime).IsAlive);
        if (!alive)
        {
            // The monitor was killed, or the host restarted: nobody saw the end.
            return view with { State = ContainerState.Exited, ExitCode = null, Finished = null, Signal = null };
        }

        bool restarting = state.Status == "restarting";
        return view with
        {
            State = restarting ? ContainerState.Restarting : state.Status == "paused" ? ContainerState.Paused : ContainerState.Running,
            ExitCode = restarting ? state.ExitCode ?? 0 : null,
            Signal = restarting ? view.Signal : null,
            Finished = restarting ? view.Finished : null,
            ProcessId = restarting ? 0 : state.Pid,
            ProcessStartTime = restarting ? 0 : state.PidStartTime,
            MonitorProcessId = monitored ? state.MonitorPid : 0,
            Supervised = monitored,
        };
    }

    /// <summary>What a running container has of networks.</summary>
    internal static Container Connected(Container view, ContainerRecord record, NetworkState? state)
    {
        if (state is null || !view.IsRunning)
        {
            return view;
        }

        InterfaceState? first = state.Primary ?? (state.Interfaces.Count > 0 ? state.Interfaces[0] : null);
        return view with
        {
            IPAddress = first?.IPv4Address?.Address,
            IPPrefixLength = first?.IPv4Address?.PrefixLength,
            IPv6Address = first?.IPv6Address?.Address,
            Gateway = first?.Gateway is { } gateway ? IPAddress.Parse(gateway) : null,
            MacAddress = first?.MacAddress ?? "",
            Ports = Ports.List(record, state, []),
        };
    }

    private static string NetworkText(NetworkSpec network) => network.Mode != NetworkSpec.Own
        ? network.Mode.Length > NamespaceSpec.ContainerPrefix.Length + 12 ? network.Mode[..(NamespaceSpec.ContainerPrefix.Length + 12)] : network.Mode
        : network.Networks.Count == 0 ? NetworkSpec.Bridge : string.Join(", ", network.Networks.Select(one => one.Network));

    private static DateTimeOffset? Time(long nanoseconds) =>
        nanoseconds == 0 ? null : DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);
}
