using System.Text.Json;
using Containers.Engine.Cgroups;
using Containers.Engine.Inspection;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;

namespace Containers.Cmdlets;

/// <summary>HostConfig: what the user asked of the host.</summary>
internal static partial class ContainerInspection
{
    private static void WriteHostConfig(Utf8JsonWriter json, ContainerDetail detail)
    {
        ContainerSpec spec = detail.Spec;
        json.ListOrNull("Binds", Binds(spec));
        json.WriteString("ContainerIDFile", "");
        json.Object("LogConfig", () =>
        {
            // docker's "local" is its own format too, with these options.
            json.WriteString("Type", spec.Log.Disabled ? "none" : "local");
            json.Object("Config", () =>
            {
                if (!spec.Log.Disabled)
                {
                    json.WriteString("max-file", $"{spec.Log.MaximumFiles}");
                    json.WriteString("max-size", $"{spec.Log.MaximumBytes}");
                }
            });
        });
        json.WriteString("NetworkMode", NetworkMode(spec.Network));
        json.Object("PortBindings", () =>
        {
            foreach (IGrouping<string, PortPublication> port in spec.Network.Published.GroupBy(one => one.Port.ToString()))
            {
                json.Objects(port.Key, port, one =>
                {
                    json.WriteString("HostIp", one.HostAddress ?? "");
                    json.WriteString("HostPort", one.HostPort == 0 ? "" : $"{one.HostPort}");
                });
            }
        });
        json.Object("RestartPolicy", () =>
        {
            json.WriteString("Name", spec.Restart.Policy switch
            {
                RestartKind.Always => "always",
                RestartKind.OnFailure => "on-failure",
                RestartKind.UnlessStopped => "unless-stopped",
                _ => "no",
            });
            json.WriteNumber("MaximumRetryCount", spec.Restart.Maximum);
        });
        json.WriteBoolean("AutoRemove", spec.RemoveOnExit);
        json.WriteString("VolumeDriver", "");
        json.WriteNull("VolumesFrom");
        json.WriteStartArray("ConsoleSize");
        json.WriteNumberValue(0);
        json.WriteNumberValue(0);
        json.WriteEndArray();
        WriteIsolation(json, detail);
        WriteLimits(json, spec);
        json.List("MaskedPaths", detail.MaskedPaths);
        json.List("ReadonlyPaths", detail.ReadOnlyPaths);
    }

    private static void WriteIsolation(Utf8JsonWriter json, ContainerDetail detail)
    {
        ContainerSpec spec = detail.Spec;
        if (spec.Annotations.Count > 0)
        {
            json.Map("Annotations", spec.Annotations);
        }

        json.ListOrNull("CapAdd", [.. spec.Security.AddCapabilities.Select(Capability)]);
        json.ListOrNull("CapDrop", [.. spec.Security.DropCapabilities.Select(Capability)]);
        json.WriteString("CgroupnsMode", spec.Namespaces.Cgroup);
        json.List("Dns", spec.Network.Dns);
        json.List("DnsOptions", spec.Network.DnsOptions);
        json.List("DnsSearch", spec.Network.DnsSearch);
        json.ListOrNull("ExtraHosts", [.. spec.Network.HostEntries.Select(entry => $"{entry.Name}:{entry.Address}")]);
        json.ListOrNull("GroupAdd", spec.Process.AdditionalGroups);
        json.WriteString("IpcMode", spec.Namespaces.Ipc);
        json.WriteString("Cgroup", "");
        json.ListOrNull("Links", Links(detail));
        json.WriteNumber("OomScoreAdj", spec.Process.OomScoreAdjustment);
        json.WriteString("PidMode", Shared(spec.Namespaces.Pid));
        json.WriteBoolean("Privileged", spec.Security.Privileged);
        json.WriteBoolean("PublishAllPorts", spec.Network.PublishAll);
        json.WriteBoolean("ReadonlyRootfs", spec.Storage.ReadOnly);
        json.ListOrNull("SecurityOpt", [.. SecurityOptions(spec.Security)]);
        MountSpec[] memory = [.. spec.Storage.Mounts.Where(mount => mount.Type == MountType.Tmpfs)];
        if (memory.Length > 0)
        {
            json.Map("Tmpfs", memory.Select(mount => KeyValuePair.Create(mount.Target, TmpfsOptions(mount))));
        }

        json.WriteString("UTSMode", Shared(spec.Namespaces.Uts));
        json.WriteString("UsernsMode", "");
        json.WriteNumber("ShmSize", spec.Storage.ShmSize);
        if (spec.Namespaces.Sysctls.Count > 0)
        {
            json.Map("Sysctls", spec.Namespaces.Sysctls);
        }

        json.WriteString("Runtime", "containers");
        json.WriteString("Isolation", "");
        if (spec.Process.Init)
        {
            json.WriteBoolean("Init", true);
        }
    }

    private static void WriteLimits(Utf8JsonWriter json, ContainerSpec spec)
    {
        ResourceLimits limits = spec.Limits;
        json.WriteNumber("CpuShares", limits.CpuShares ?? 0);
        json.WriteNumber("Memory", limits.Memory ?? 0);
        json.WriteNumber("NanoCpus", (long)((limits.Cpus ?? 0) * 1_000_000_000));
        json.WriteString("CgroupParent", spec.CgroupParent ?? "");
        json.WriteNumber("BlkioWeight", limits.BlkioWeight ?? 0);
        Devices("BlkioWeightDevice", limits.BlkioWeightDevice, "Weight");
        Devices("BlkioDeviceReadBps", limits.DeviceReadBps, "Rate");
        Devices("BlkioDeviceWriteBps", limits.DeviceWriteBps, "Rate");
        Devices("BlkioDeviceReadIOps", limits.DeviceReadIops, "Rate");
        Devices("BlkioDeviceWriteIOps", limits.DeviceWriteIops, "Rate");
        json.WriteNumber("CpuPeriod", limits.CpuPeriod ?? 0);
        json.WriteNumber("CpuQuota", limits.CpuQuota ?? 0);
        json.WriteNumber("CpuRealtimePeriod", limits.CpuRtPeriod ?? 0);
        json.WriteNumber("CpuRealtimeRuntime", limits.CpuRtRuntime ?? 0);
        json.WriteString("CpusetCpus", limits.CpuSet ?? "");
        json.WriteString("CpusetMems", limits.CpuSetMemory ?? "");
        json.Objects("Devices", spec.Security.Devices, device =>
        {
            json.WriteString("PathOnHost", device.Source);
            json.WriteString("PathInContainer", device.Target);
            json.WriteString("CgroupPermissions", device.Access);
        });
        json.ListOrNull("DeviceCgroupRules", [.. spec.Security.DeviceRules.Select(rule => rule.ToString())]);
        json.WriteNull("DeviceRequests");
        json.WriteNumber("KernelMemory", 0);
        json.WriteNumber("KernelMemoryTCP", 0);
        json.WriteNumber("MemoryReservation", limits.MemoryReservation ?? 0);
        json.WriteNumber("MemorySwap", limits.MemorySwap ?? (limits.Memory > 0 ? limits.Memory.Value * 2 : 0));
        NumberOrNull("MemorySwappiness", limits.MemorySwappiness);
        json.WriteBoolean("OomKillDisable", limits.OomKillDisable);
        NumberOrNull("PidsLimit", limits.PidsLimit);
        json.Objects("Ulimits", spec.Process.Ulimits.OrderBy(one => one.Key, StringComparer.Ordinal), one =>
        {
            json.WriteString("Name", one.Key);
            json.WriteNumber("Hard", one.Value.Hard);
            json.WriteNumber("Soft", one.Value.Soft);
        });

        // Of Windows: in every answer of docker's, always 0.
        json.WriteNumber("CpuCount", 0);
        json.WriteNumber("CpuPercent", 0);
        json.WriteNumber("IOMaximumIOps", 0);
        json.WriteNumber("IOMaximumBandwidth", 0);

        void Devices(string name, IReadOnlyDictionary<string, long> values, string kind) => json.Objects(name, values, one =>
        {
            json.WriteString("Path", one.Key);
            json.WriteNumber(kind, one.Value);
        });

        void NumberOrNull(string name, long? value)
        {
            if (value is { } number)
            {
                json.WriteNumber(name, number);
            }
            else
            {
                json.WriteNull(name);
            }
        }
    }

    private static string[] Binds(ContainerSpec spec) =>
        [.. spec.Storage.Mounts.Where(mount => mount.Type is MountType.Bind or MountType.Volume).Select(mount =>
            $"{mount.Source}:{mount.Target}{(mount.ReadOnly ? ":ro" : "")}")];

    private static string NetworkMode(NetworkSpec network) => network.Mode != NetworkSpec.Own
        ? network.Mode
        : network.Networks.Count == 0 ? NetworkSpec.Bridge : network.Networks[0].Network;

    private static string Shared(string mode) => mode == NamespaceSpec.Private ? "" : mode;

    private static string Capability(string name)
    {
        string upper = name.ToUpperInvariant();
        return upper == "ALL" || upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper : "CAP_" + upper;
    }

    private static IEnumerable<string> SecurityOptions(SecuritySpec security)
    {
        if (security.NoNewPrivileges)
        {
            yield return "no-new-privileges";
        }

        if (security.Seccomp is { } profile)
        {
            yield return "seccomp=" + profile;
        }
    }

    private static string TmpfsOptions(MountSpec mount)
    {
        List<string> options = [];
        if (mount.ReadOnly)
        {
            options.Add("ro");
        }

        if (!mount.NoExec)
        {
            options.Add("exec");
        }

        if (mount.Size is { } size)
        {
            options.Add($"size={size}");
        }

        if (mount.Mode is { } mode)
        {
            options.Add("mode=" + Convert.ToString(mode, 8));
        }

        return string.Join(',', options);
    }
}
