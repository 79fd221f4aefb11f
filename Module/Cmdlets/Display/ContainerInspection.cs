using System.Text.Json;
using Containers.Engine.Inspection;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>
/// Containers as docker inspect prints them (docker Engine API v1.41 to v1.51, ContainerInspect), for tools and scripts that read that. Names and
/// kinds of values are docker's; what a daemon alone could have is empty.
/// </summary>
internal static partial class ContainerInspection
{
    internal static string Write(IEnumerable<ContainerDetail> details) => InspectionJson.Write(json =>
    {
        json.WriteStartArray();
        foreach (ContainerDetail detail in details)
        {
            json.WriteStartObject();
            Write(json, detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static void Write(Utf8JsonWriter json, ContainerDetail detail)
    {
        json.WriteString("Id", detail.Id);
        json.WriteString("Created", InspectionJson.Time(detail.Container.Created));
        json.WriteString("Path", detail.Path);
        json.List("Args", detail.Arguments);
        json.Object("State", () =>
        {
            WriteState(json, detail.Container);
            if (detail.Health is { } health)
            {
                json.Object("Health", () => WriteHealth(json, health));
            }
        });
        json.WriteString("Image", detail.Container.ImageId);
        json.WriteString("ResolvConfPath", detail.ResolvConfPath);
        json.WriteString("HostnamePath", detail.HostNamePath);
        json.WriteString("HostsPath", detail.HostsPath);
        json.WriteString("LogPath", detail.LogPath);
        json.WriteString("Name", "/" + detail.Name);
        json.WriteNumber("RestartCount", detail.Container.RestartCount);
        json.WriteString("Driver", detail.GraphDriver.Name);
        json.WriteString("Platform", "linux");
        json.WriteString("MountLabel", "");
        json.WriteString("ProcessLabel", "");
        json.WriteString("AppArmorProfile", "");
        json.ListOrNull("ExecIDs", detail.ExecIds);
        json.Object("HostConfig", () => WriteHostConfig(json, detail));
        json.Object("GraphDriver", () =>
        {
            json.Map("Data", detail.GraphDriver.Data);
            json.WriteString("Name", detail.GraphDriver.Name);
        });
        if (detail.SizeWritten is { } written)
        {
            json.WriteNumber("SizeRw", written);
            json.WriteNumber("SizeRootFs", detail.SizeRoot ?? written);
        }

        json.Objects("Mounts", detail.Mounts, mount => WriteMount(json, mount));
        json.Object("Config", () => WriteConfig(json, detail));
        json.Object("NetworkSettings", () => WriteNetworkSettings(json, detail));
    }

    private static void WriteState(Utf8JsonWriter json, Container container)
    {
        json.WriteString("Status", container.State == ContainerState.Damaged ? "dead" : container.State.ToString().ToLowerInvariant());

        // docker: one that is paused, or waits for its next run, is running too.
        json.WriteBoolean("Running", container.IsRunning || container.State == ContainerState.Restarting);
        json.WriteBoolean("Paused", container.State == ContainerState.Paused);
        json.WriteBoolean("Restarting", container.State == ContainerState.Restarting);
        json.WriteBoolean("OOMKilled", container.OomKilled);
        json.WriteBoolean("Dead", container.State == ContainerState.Damaged);
        json.WriteNumber("Pid", container.ProcessId);

        // An exit that nobody saw is 255 in docker; null would be a kind of value that no reader expects.
        bool unseen = container.State == ContainerState.Exited && container.ExitCode is null;
        json.WriteNumber("ExitCode", unseen ? 255 : container.ExitCode ?? 0);
        json.WriteString("Error", container.Problem ?? "");
        json.WriteString("StartedAt", InspectionJson.Time(container.Started));
        json.WriteString("FinishedAt", InspectionJson.Time(container.Finished));
    }

    private static void WriteHealth(Utf8JsonWriter json, ContainerHealth health)
    {
        json.WriteString("Status", health.Status.ToString().ToLowerInvariant());
        json.WriteNumber("FailingStreak", health.FailingStreak);
        json.Objects("Log", health.Log, check =>
        {
            json.WriteString("Start", InspectionJson.Time(check.Started));
            json.WriteString("End", InspectionJson.Time(check.Started + check.Duration));
            json.WriteNumber("ExitCode", check.ExitCode ?? -1);
            json.WriteString("Output", check.Output);
        });
    }

    /// <summary>Docker has times in nanoseconds.</summary>
    private static void WriteHealthCheck(Utf8JsonWriter json, HealthSpec check)
    {
        json.List("Test", ["CMD", .. check.Command ?? []]);
        foreach ((string name, TimeSpan? time) in ((string, TimeSpan?)[])
            [("Interval", check.Interval), ("Timeout", check.Timeout), ("StartPeriod", check.StartPeriod), ("StartInterval", check.StartInterval)])
        {
            if (time is { Ticks: > 0 } given)
            {
                json.WriteNumber(name, given.Ticks * 100);
            }
        }

        json.WriteNumber("Retries", check.Retries ?? 0);
    }

    private static void WriteMount(Utf8JsonWriter json, ContainerMountDetail mount)
    {
        json.WriteString("Type", mount.Type.ToString().ToLowerInvariant());
        if (mount.Type == MountType.Volume)
        {
            json.WriteString("Name", mount.Name);
        }

        json.WriteString("Source", mount.Source);
        json.WriteString("Destination", mount.Target);
        if (mount.Type == MountType.Volume)
        {
            json.WriteString("Driver", "local");
        }

        json.WriteString("Mode", mount.ReadOnly ? "ro" : "");
        json.WriteBoolean("RW", !mount.ReadOnly);
        json.WriteString("Propagation", mount.Type == MountType.Bind ? mount.Propagation.ToString().ToLowerInvariant() : "");
    }

    private static void WriteConfig(Utf8JsonWriter json, ContainerDetail detail)
    {
        ContainerSpec spec = detail.Spec;
        json.WriteString("Hostname", detail.Container.HostName);
        json.WriteString("Domainname", spec.Namespaces.DomainName ?? "");
        json.WriteString("User", detail.Config.User ?? "");
        json.WriteBoolean("AttachStdin", false);
        json.WriteBoolean("AttachStdout", false);
        json.WriteBoolean("AttachStderr", false);
        if (detail.Config.ExposedPorts.Count > 0)
        {
            json.Object("ExposedPorts", () => Set(json, detail.Config.ExposedPorts));
        }

        json.WriteBoolean("Tty", spec.Process.Terminal);
        json.WriteBoolean("OpenStdin", spec.Process.Interactive);
        json.WriteBoolean("StdinOnce", false);
        json.List("Env", detail.Config.Env);
        json.ListOrNull("Cmd", detail.Config.Cmd);
        json.WriteString("Image", spec.Image);
        IReadOnlyList<string> volumes = [.. detail.Config.Volumes];
        if (volumes.Count == 0)
        {
            json.WriteNull("Volumes");
        }
        else
        {
            json.Object("Volumes", () => Set(json, volumes));
        }

        if (detail.HealthCheck is { } check)
        {
            json.Object("Healthcheck", () => WriteHealthCheck(json, check));
        }

        json.WriteString("WorkingDir", detail.Config.WorkingDir ?? "");
        json.ListOrNull("Entrypoint", detail.Config.Entrypoint);
        json.ListOrNull("OnBuild", detail.Config.OnBuild);
        json.Map("Labels", detail.Config.Labels);
        if (detail.Config.StopSignal is { } signal)
        {
            json.WriteString("StopSignal", signal);
        }

        if (spec.Process.StopTimeout is { } timeout)
        {
            json.WriteNumber("StopTimeout", (long)timeout.TotalSeconds);
        }
    }

    private static void WriteNetworkSettings(Utf8JsonWriter json, ContainerDetail detail)
    {
        Container container = detail.Container;
        ContainerNetworkAdapter? first = detail.Adapters.FirstOrDefault(adapter => adapter.Network == NetworkSpec.Bridge);
        json.WriteString("Bridge", "");
        json.WriteString("SandboxID", "");
        json.WriteString("SandboxKey", detail.NetworkNamespacePath);
        json.Object("Ports", () => WritePorts(json, container.IsRunning ? container.Ports : []));
        json.WriteBoolean("HairpinMode", false);
        json.WriteString("LinkLocalIPv6Address", "");
        json.WriteNumber("LinkLocalIPv6PrefixLen", 0);
        json.WriteNull("SecondaryIPAddresses");
        json.WriteNull("SecondaryIPv6Addresses");
        WriteEndpoint(json, first);
        json.Object("Networks", () =>
        {
            foreach (string network in container.Networks)
            {
                json.Object(network, () => WriteNetwork(json, detail, network));
            }
        });
    }

    private static void WriteNetwork(Utf8JsonWriter json, ContainerDetail detail, string network)
    {
        NetworkAttachment? wanted = detail.Spec.Network.Networks.FirstOrDefault(one => one.Network.Equals(network, StringComparison.OrdinalIgnoreCase));
        ContainerNetworkAdapter? adapter = detail.Adapters.FirstOrDefault(one => one.Network == network);
        if (wanted is { IPAddress: null, IPv6Address: null } or null)
        {
            json.WriteNull("IPAMConfig");
        }
        else
        {
            json.Object("IPAMConfig", () =>
            {
                Optional(json, "IPv4Address", wanted.IPAddress);
                Optional(json, "IPv6Address", wanted.IPv6Address);
            });
        }

        json.ListOrNull("Links", Links(detail));
        json.ListOrNull("Aliases", [.. wanted?.Aliases ?? []]);
        json.WriteNull("DriverOpts");
        json.WriteNumber("GwPriority", wanted?.GatewayPriority ?? 0);
        json.WriteString("NetworkID", detail.NetworkIds.GetValueOrDefault(network, ""));
        WriteEndpoint(json, adapter);
        json.ListOrNull("DNSNames", network == NetworkSpec.Bridge ? [] : [detail.Name, .. wanted?.Aliases ?? [], detail.Container.ShortId]);
    }

    private static void WriteEndpoint(Utf8JsonWriter json, ContainerNetworkAdapter? adapter)
    {
        bool six = adapter?.Gateway?.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        json.WriteString("EndpointID", "");
        json.WriteString("Gateway", six ? "" : adapter?.Gateway?.ToString() ?? "");
        json.WriteString("IPAddress", adapter?.IPAddress?.Address.ToString() ?? "");
        json.WriteNumber("IPPrefixLen", adapter?.IPAddress?.PrefixLength ?? 0);
        json.WriteString("IPv6Gateway", six ? adapter!.Gateway!.ToString() : "");
        json.WriteString("GlobalIPv6Address", adapter?.IPv6Address?.Address.ToString() ?? "");
        json.WriteNumber("GlobalIPv6PrefixLen", adapter?.IPv6Address?.PrefixLength ?? 0);
        json.WriteString("MacAddress", adapter?.MacAddress ?? "");
    }

    /// <summary>"80/tcp": where it is published, or null for one that is only exposed.</summary>
    private static void WritePorts(Utf8JsonWriter json, IEnumerable<ContainerPortMapping> ports)
    {
        foreach (IGrouping<string, ContainerPortMapping> port in ports.GroupBy(one => $"{one.ContainerPort}/{one.Protocol}"))
        {
            ContainerPortMapping[] published = [.. port.Where(one => one.HostPort is not null)];
            if (published.Length == 0)
            {
                json.WriteNull(port.Key);
                continue;
            }

            json.Objects(port.Key, published, one =>
            {
                json.WriteString("HostIp", one.HostAddress?.ToString() ?? "0.0.0.0");
                json.WriteString("HostPort", $"{one.HostPort}");
            });
        }
    }

    private static string[] Links(ContainerDetail detail) =>
        [.. detail.Spec.Network.Links.Select(link => $"/{detail.OtherNames.GetValueOrDefault(link.Container, link.Container)}:/{detail.Name}/{link.Alias}")];

    private static void Optional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    /// <summary>Go's way to write a set: keys with empty objects.</summary>
    private static void Set(Utf8JsonWriter json, IEnumerable<string> keys)
    {
        foreach (string key in keys)
        {
            json.WriteStartObject(key);
            json.WriteEndObject();
        }
    }
}
