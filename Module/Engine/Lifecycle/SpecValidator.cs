using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Launch.Seccomp;

namespace Containers.Engine.Lifecycle;

/// <summary>Checks a spec before anything is made: each failure names the value and what to do.</summary>
internal static class SpecValidator
{
    internal static void Validate(ContainerSpec spec, ImageRecord image, HostFacts host)
    {
        ValidatePlatform(spec, image);
        ValidateProcess(spec, image);
        ValidateNamespaces(spec);
        ValidateStorage(spec);
        spec.Limits.Validate();
        ValidateRestartAndLog(spec);
        ValidateCapabilities(spec.Security, host);
        if (spec.Security.Seccomp is { } profile && profile != "unconfined")
        {
            SeccompProfile.Parse(Encoding.UTF8.GetBytes(profile));
        }

        foreach (string path in spec.Security.Mask.Concat(spec.Security.Devices.Select(device => device.Target)))
        {
            RequireAbsolute(path, "InvalidPath", "path in the container");
        }
    }

    /// <summary>What of it can be changed later.</summary>
    internal static void ValidateChange(ContainerSpec spec, ImageRecord image)
    {
        ValidateProcess(spec, image);
        spec.Limits.Validate();
        ValidateRestart(spec.Restart);
        if (spec.RemoveOnExit && spec.Restart.Policy != RestartKind.No)
        {
            throw Invalid("RestartConflict", "A container that removes itself cannot be restarted.", spec.Restart.Policy, "Use the policy No.");
        }
    }

    private static void ValidateCapabilities(SecuritySpec security, HostFacts host)
    {
        _ = LaunchPlanCompiler.Capabilities(security, host);
        foreach (string name in security.AddCapabilities.Where(name => !name.Equals("ALL", StringComparison.OrdinalIgnoreCase)))
        {
            CapabilitySet one = CapabilitySet.Resolve(CapabilitySet.None, [name], [], host.LastCapability);
            if ((one.Bits & host.OwnCapabilities.Bits) != one.Bits)
            {
                throw new EngineException(
                    EngineErrorKind.PermissionDenied, "CapabilityNotAvailable", $"This session does not have the capability {name} itself.", name,
                    "Run as root on the host, not inside a restricted environment.");
            }
        }
    }

    private static void ValidatePlatform(ContainerSpec spec, ImageRecord image)
    {
        string architecture = HostInformation.OciArchitecture;
        string wanted = image.Config.Architecture;
        if ((wanted.Length > 0 && wanted != architecture) || (image.Config.Os.Length > 0 && image.Config.Os != "linux"))
        {
            throw new EngineException(
                EngineErrorKind.InvalidData, "PlatformMismatch",
                $"The image \"{spec.Image}\" is for {image.Config.Os}/{wanted}, this host is linux/{architecture}.", spec.Image,
                "Use an image for this platform.");
        }
    }

    private static void ValidateProcess(ContainerSpec spec, ImageRecord image)
    {
        ProcessSpec process = spec.Process;
        IReadOnlyList<string> arguments = LaunchPlanCompiler.CommandLine(process, ContainerLauncher.Defaults(image.Config));
        if (arguments.Count == 0 || arguments[0].Length == 0)
        {
            throw Invalid("NoCommand", $"The image \"{spec.Image}\" has no command, and none was given.", spec.Image, "Pass -Command.");
        }

        foreach ((string name, string value) in process.Environment)
        {
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal)
                || value.Contains('\0', StringComparison.Ordinal))
            {
                throw Invalid("InvalidEnvironment", $"\"{name}\" cannot be the name of a variable.", name, "Use NAME=value, or a hashtable.");
            }
        }

        if (process.WorkingDirectory is { } directory)
        {
            RequireAbsolute(directory, "InvalidWorkingDirectory", "working directory");
        }

        if (process.StopSignal is { } signal)
        {
            SignalNames.Parse(signal);
        }

        if (process.StopTimeout is { } timeout && (timeout < TimeSpan.Zero || timeout > TimeSpan.FromDays(1)))
        {
            throw Invalid("InvalidStopTimeout", "The stop time-out must be between zero and a day.", timeout, "Give seconds, for example 10.");
        }

        if (process.Umask is { } umask && (umask.Length is < 3 or > 4 || !umask.All(c => c is >= '0' and <= '7')))
        {
            throw Invalid("InvalidUmask", $"\"{umask}\" is no umask.", umask, "Give three or four octal digits, for example 0027.");
        }

        if (process.OomScoreAdjustment is < -1000 or > 1000)
        {
            throw Invalid("InvalidOomScore", "The OOM score adjustment must be between -1000 and 1000.", process.OomScoreAdjustment, null);
        }

        foreach ((string name, UlimitSpec limit) in process.Ulimits)
        {
            _ = UlimitNames.Number(name);
            if (limit.Hard >= 0 && (limit.Soft < 0 || limit.Soft > limit.Hard))
            {
                throw Invalid("InvalidUlimit", $"The soft limit of {name} is above its hard limit.", name, "Write soft:hard, for example 1024:4096.");
            }
        }

        // The user's own text only: what the image says is resolved, and refused, at the start.
        if (process.User is { } user && user.AsSpan().ContainsAny("\0\n\r\t "))
        {
            throw Invalid("InvalidUser", $"\"{user}\" is no valid user.", user, "Write name, uid, name:group or uid:gid.");
        }
    }

    private static void ValidateNamespaces(ContainerSpec spec)
    {
        NamespaceSpec namespaces = spec.Namespaces;
        RequireMode("PidMode", namespaces.Pid, container: true);
        RequireMode("IpcMode", namespaces.Ipc, container: true);
        RequireMode("UtsMode", namespaces.Uts, container: true);
        RequireMode("CgroupNamespace", namespaces.Cgroup, container: false);
        NetworkValidator.Validate(spec);

        foreach (string? name in new[] { namespaces.HostName, namespaces.DomainName })
        {
            if (name is not null && (name.Length is 0 or > 63 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
                || name.StartsWith('-') || name.StartsWith('.')))
            {
                throw Invalid("InvalidHostName", $"\"{name}\" is no valid host name.", name, "Use up to 63 letters, digits and hyphens.");
            }
        }

        if (namespaces.HostName is not null && namespaces.Uts != NamespaceSpec.Private)
        {
            throw Invalid("HostNameConflict", "A container that shares a UTS namespace has no host name of its own.", namespaces.HostName,
                "Leave -Hostname away, or use -UtsMode private.");
        }

        foreach ((string name, string value) in namespaces.Sysctls)
        {
            KernelParameter.Validate(
                name, value, namespaces.Ipc == NamespaceSpec.Private, spec.Network.Mode is NetworkSpec.None or NetworkSpec.Own, namespaces.Uts == NamespaceSpec.Private);
        }
    }

    private static void ValidateStorage(ContainerSpec spec)
    {
        if (spec.Storage.ShmSize < 4096)
        {
            throw Invalid("InvalidShmSize", "The size of /dev/shm must be at least 4096 bytes.", spec.Storage.ShmSize, "Give a size such as 64MB.");
        }

        MountValidator.Validate(spec.Storage.Mounts);
    }

    private static void ValidateRestartAndLog(ContainerSpec spec)
    {
        if (spec.RemoveOnExit && spec.Restart.Policy != RestartKind.No)
        {
            throw Invalid("RestartConflict", "A container that removes itself cannot be restarted.", spec.Restart.Policy,
                "Use either -RemoveOnExit or -RestartPolicy.");
        }

        ValidateRestart(spec.Restart);
        ValidateLog(spec.Log);
    }

    internal static void ValidateLog(LogSpec log)
    {
        if (log.MaximumBytes < 64 << 10 || log.MaximumFiles is < 1 or > 1000)
        {
            throw Invalid("InvalidLogLimit", "A log file must hold at least 64 KB, and there must be 1 to 1000 of them.", log.MaximumBytes,
                "Use for example -LogMaximumSize 10MB -LogMaximumFile 3.");
        }
    }

    internal static void ValidateRestart(RestartSpec restart)
    {
        if (restart.Maximum < 0 || (restart.Maximum > 0 && restart.Policy != RestartKind.OnFailure))
        {
            throw Invalid("InvalidRestartMaximum", "A maximum number of restarts goes with the policy OnFailure only.", restart.Maximum,
                "Use -RestartPolicy OnFailure, or leave -RestartMaximum away.");
        }
    }

    private static void RequireMode(string parameter, string mode, bool container)
    {
        bool valid = mode is NamespaceSpec.Private or NamespaceSpec.Host
            || (container && mode.StartsWith(NamespaceSpec.ContainerPrefix, StringComparison.Ordinal)
                && mode.Length > NamespaceSpec.ContainerPrefix.Length);
        if (!valid)
        {
            throw Invalid("InvalidNamespaceMode", $"\"{mode}\" is no mode for -{parameter}.", mode,
                container ? "Use private, host or container:NAME." : "Use private or host.");
        }
    }

    private static void RequireAbsolute(string path, string errorId, string what)
    {
        if (!path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal) || path.Length > 4000)
        {
            throw Invalid(errorId, $"\"{path}\" is no absolute path, as the {what} must be.", path, "Begin the path with a slash.");
        }
    }

    private static EngineException Invalid(string errorId, string message, object? target, string? action) =>
        new(EngineErrorKind.InvalidArgument, errorId, message, target, action);
}
