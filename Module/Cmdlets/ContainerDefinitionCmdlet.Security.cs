using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Cgroups;
using Containers.Engine.Launch;

namespace Containers.Cmdlets;

/// <summary>What the container may do to the host.</summary>
public abstract partial class ContainerDefinitionCmdlet
{
    private const string Unconfined = "unconfined";

    /// <summary>All capabilities and devices, no seccomp, nothing masked.</summary>
    [Parameter]
    public SwitchParameter Privileged { get; set; }

    /// <summary>Capabilities besides the default ones, or ALL.</summary>
    [Parameter, ArgumentCompleter(typeof(CapabilityCompleter))]
    [Alias("CapAdd")]
    public string[] AddCapability { get; set; } = [];

    /// <summary>Capabilities that are taken away, or ALL.</summary>
    [Parameter, ArgumentCompleter(typeof(CapabilityCompleter))]
    [Alias("CapDrop")]
    public string[] DropCapability { get; set; } = [];

    /// <summary>Programs gain no rights by being executed.</summary>
    [Parameter]
    public SwitchParameter NoNewPrivileges { get; set; }

    /// <summary>A file with a seccomp profile in docker's form, or unconfined.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SeccompProfile { get; set; }

    /// <summary>Paths to hide besides the default ones.</summary>
    [Parameter]
    public string[] Mask { get; set; } = [];

    /// <summary>Default masked paths that are not hidden, or ALL.</summary>
    [Parameter]
    public string[] Unmask { get; set; } = [];

    /// <summary>Devices of the host: 'source[:target][:rwm]'.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Device { get; set; } = [];

    /// <summary>Device rules: 'c 1:3 rwm'.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] DeviceCgroupRule { get; set; } = [];

    private SecuritySpec BuildSecurity() => new()
    {
        Privileged = Privileged,
        AddCapabilities = AddCapability,
        DropCapabilities = DropCapability,
        NoNewPrivileges = NoNewPrivileges,
        Seccomp = SeccompProfile is null ? null
            : SeccompProfile.Equals(Unconfined, StringComparison.OrdinalIgnoreCase) ? Unconfined
            : ReadUserFile(SeccompProfile),
        Mask = Mask,
        Unmask = Unmask,
        Devices = [.. Device.Select(ParseDevice)],
        DeviceRules = [.. DeviceCgroupRule.Select(DeviceRule.Parse)],
    };

    /// <summary>What follows the last colon is the access when it is no path.</summary>
    private static DeviceSpec ParseDevice(string text)
    {
        string[] parts = text.Split(':');
        bool access = parts.Length > 1 && !parts[^1].StartsWith('/');
        string target = parts.Length > (access ? 2 : 1) ? parts[1] : parts[0];
        return parts.Length <= 3 && (access || parts.Length <= 2) && parts[0].Length > 0
            ? new DeviceSpec(parts[0], target, access ? parts[^1] : "rwm")
            : throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidDevice", $"\"{text}\" is no device.", text,
                "Give '/dev/source', '/dev/source:/dev/target' or '/dev/source:/dev/target:rwm'.");
    }
}
