using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>Gives a failed step its meaning: the same errno says different things about a program, a directory and a mount.</summary>
internal static class LaunchFailure
{
    internal static EngineException Describe(LaunchPlan plan, string name, int stepIndex, int errno)
    {
        if (stepIndex >= PlanFormat.FirstPortStep && stepIndex - PlanFormat.FirstPortStep < plan.Ports.Count)
        {
            return Port(plan.Ports[stepIndex - PlanFormat.FirstPortStep], name, errno);
        }

        if (stepIndex < 0 || stepIndex >= plan.Steps.Count)
        {
            return new EngineException(
                errno is Errno.EAGAIN or Errno.ENOMEM or Errno.ENOSPC ? EngineErrorKind.LimitsExceeded : EngineErrorKind.ResourceUnavailable,
                errno == Errno.EPERM ? "NotPermitted" : "ProcessNotCreated",
                plan.Record is null
                    ? $"The first process of container \"{name}\" could not be made: {Errno.Describe(errno)}."
                    : $"A process in container \"{name}\" could not be made: {Errno.Describe(errno)}.",
                name,
                errno == Errno.EPERM ? "Run as root." : errno == Errno.ENOSPC ? "Namespaces are nested too deep, or user.max_*_namespaces is reached."
                    : "Check the limits of processes and memory of this host.",
                new LinuxException("clone3", name, errno));
        }

        LaunchStep step = plan.Steps[stepIndex];
        LinuxException cause = new(step.Code.ToString(), step.Target, errno);
        return step.Code switch
        {
            PlanOpcode.Execute => Program(name, step, errno, cause),
            PlanOpcode.ChangeDirectory => new EngineException(
                EngineErrorKind.InvalidArgument, "WorkingDirectoryNotUsable",
                $"The working directory \"{step.Target}\" of container \"{name}\" cannot be used: {Errno.Describe(errno)}.", step.Target,
                "Choose a directory that its user may enter.", cause),
            PlanOpcode.OpenInRoot when ((OpenInRootFlags)step.Flags).HasFlag(OpenInRootFlags.LikeSource) => MountPoint(name, step, errno, cause),
            PlanOpcode.EnterProcessNamespace => new EngineException(
                errno is Errno.EAGAIN or Errno.ENOMEM ? EngineErrorKind.LimitsExceeded : EngineErrorKind.PermissionDenied, "ProcessNotCreated",
                $"A process in container \"{name}\" could not be made: {Errno.Describe(errno)}.", name,
                errno is Errno.EAGAIN or Errno.ENOMEM ? $"End some of its processes, or raise the limit: Set-Container {name} -PidsLimit ..."
                    : "Its seccomp profile must allow clone(2), and for a terminal setsid(2) and ioctl(2).",
                cause),
            PlanOpcode.OpenInRoot => InRoot(name, step, errno, cause),
            PlanOpcode.OpenHost when step.Slot == Slot.Source && step.Flags == 0 => Source(name, step, errno, cause),
            PlanOpcode.OpenBeneath => SubPath(name, step, errno, cause),
            PlanOpcode.SetMountAttributes when step.X == Libc.MOUNT_ATTR_IDMAP => new EngineException(
                EngineErrorKind.NotImplemented, "IdMapNotSupported",
                $"The owners of what container \"{name}\" mounts at \"{step.Target}\" cannot be mapped: {Errno.Describe(errno)}.", step.Target,
                "Use a file system that can, such as ext4, xfs, btrfs or tmpfs (Linux 6.3).", cause),
            PlanOpcode.MakeUserNamespace => new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidIdMap",
                $"The kernel refused the map of owners for container \"{name}\" ({step.Detail}): {Errno.Describe(errno)}.", step.Detail,
                "Give up to 340 ranges that do not overlap.", cause),
            PlanOpcode.Mount => new EngineException(
                errno == Errno.EPERM ? EngineErrorKind.PermissionDenied : EngineErrorKind.ResourceUnavailable, "RootNotMounted",
                $"The root of container \"{name}\" cannot be mounted: {Errno.Describe(errno)}.", name,
                errno == Errno.ENODEV ? "Load the overlay module (modprobe overlay)."
                    : "Check that the data root is on a file system that overlayfs supports, such as ext4 or xfs.",
                cause),
            PlanOpcode.LoadSeccomp => new EngineException(
                EngineErrorKind.InvalidData, "SeccompNotLoaded",
                $"The kernel refused the seccomp profile of container \"{name}\": {Errno.Describe(errno)}.", name,
                "Use another profile with -SeccompProfile.", cause),
            PlanOpcode.WriteInSlot => new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidSysctl",
                $"The kernel refused {step.Target}={step.Detail} for container \"{name}\": {Errno.Describe(errno)}.", step.Target,
                "Check the name and the value.", cause),
            PlanOpcode.OpenTerminal => new EngineException(
                errno == Errno.ENOSPC ? EngineErrorKind.LimitsExceeded : EngineErrorKind.ResourceUnavailable, "TerminalNotOpened",
                $"No terminal could be opened for container \"{name}\": {Errno.Describe(errno)}.", name,
                errno == Errno.ENOSPC ? "Raise kernel.pty.max, or end programs that have terminals." : "Leave out -Terminal.", cause),
            PlanOpcode.SetResourceLimit => new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidUlimit",
                $"The limit {step.Target}={step.Detail} of container \"{name}\" was refused: {Errno.Describe(errno)}.", step.Target,
                "Choose another value with -Ulimit.", cause),
            _ => new EngineException(
                EngineErrorKind.ResourceUnavailable, "LaunchStepFailed",
                $"Container \"{name}\" cannot be started: step {stepIndex + 1}, {step.Code} {step.Target}, failed: {Errno.Describe(errno)}.", name,
                "Get-ContainerPlan shows all steps.", cause),
        };
    }

    /// <summary>A port that the monitor could not take, at the start or when it was published later.</summary>
    internal static EngineException Port(PlanPort port, string name, int errno)
    {
        string described = HostPort.Describe(port);
        LinuxException cause = new("bind", described, errno);
        return errno switch
        {
            Errno.EADDRINUSE => new EngineException(
                EngineErrorKind.ResourceBusy, "PortInUse", $"Port {described} is used by another program.", described,
                "Choose another host port; ss -lnptu shows who has this one.", cause),
            Errno.EADDRNOTAVAIL => new EngineException(
                EngineErrorKind.ObjectNotFound, "HostAddressNotFound", $"This host has no address {HostPort.AddressOf(port)}.", described,
                "Publish the port at an address of this host, or at all of them.", cause),
            Errno.EMFILE => new EngineException(
                EngineErrorKind.LimitsExceeded, "TooManyPorts",
                $"Container \"{name}\" publishes more ports than one process may have open.", name,
                "Publish fewer ports, or raise the limit of open files (ulimit -n).", cause),
            _ => new EngineException(
                errno is Errno.EACCES or Errno.EPERM ? EngineErrorKind.PermissionDenied : EngineErrorKind.ResourceUnavailable,
                "PortNotUsable", $"Port {described} cannot be used for container \"{name}\": {Errno.Describe(errno)}.", described,
                "Choose another host port.", cause),
        };
    }

    private static EngineException Program(string name, LaunchStep step, int errno, LinuxException cause)
    {
        string program = step.Target;
        return errno switch
        {
            Errno.ENOENT => new EngineException(
                EngineErrorKind.ObjectNotFound, "CommandNotFound", $"Container \"{name}\" has no program \"{program}\".", program,
                "Check the command and the image; a script also needs the interpreter of its first line.", cause),
            Errno.EACCES => new EngineException(
                EngineErrorKind.PermissionDenied, "CommandNotExecutable", $"\"{program}\" in container \"{name}\" is not executable.", program,
                "Make it executable in the image, or run it through its interpreter.", cause),
            Errno.ENOEXEC => new EngineException(
                EngineErrorKind.InvalidData, "CommandFormat",
                $"\"{program}\" in container \"{name}\" is no program for this machine: another architecture, or a script without a #! line.", program,
                "Use an image for this platform, or name the interpreter.", cause),
            Errno.E2BIG => new EngineException(
                EngineErrorKind.LimitsExceeded, "ArgumentsTooLong", "The arguments and the environment together are too long.", program,
                "Pass large values in files.", cause),
            _ => new EngineException(
                EngineErrorKind.ResourceUnavailable, "CommandNotStarted",
                $"\"{program}\" in container \"{name}\" cannot be started: {Errno.Describe(errno)}.", program, null, cause),
        };
    }

    private static EngineException Source(string name, LaunchStep step, int errno, LinuxException cause) => errno switch
    {
        Errno.ENOENT or Errno.ENOTDIR => new EngineException(
            EngineErrorKind.ObjectNotFound, "MountSourceNotFound",
            $"\"{step.Target}\", which container \"{name}\" mounts, does not exist on this host.", step.Target,
            "Make the file or directory, or check the path.", cause),
        _ => new EngineException(
            errno is Errno.EACCES or Errno.EPERM ? EngineErrorKind.PermissionDenied : EngineErrorKind.ResourceUnavailable, "MountSourceNotUsable",
            $"\"{step.Target}\", which container \"{name}\" mounts, cannot be opened: {Errno.Describe(errno)}.", step.Target, null, cause),
    };

    private static EngineException SubPath(string name, LaunchStep step, int errno, LinuxException cause) => errno switch
    {
        Errno.ENOENT or Errno.ENOTDIR => new EngineException(
            EngineErrorKind.ObjectNotFound, "MountSourceNotFound",
            $"There is no \"{step.Target}\" in {step.Detail}, which container \"{name}\" mounts.", step.Target, "Make it first, or check the path.", cause),
        Errno.EXDEV or Errno.ELOOP => new EngineException(
            EngineErrorKind.InvalidData, "UnsafePath",
            $"\"{step.Target}\" in {step.Detail}, which container \"{name}\" mounts, leads out of it.", step.Target,
            "Remove the link, or mount another path.", cause),
        _ => new EngineException(
            EngineErrorKind.ResourceUnavailable, "MountSourceNotUsable",
            $"\"{step.Target}\" in {step.Detail}, which container \"{name}\" mounts, cannot be opened: {Errno.Describe(errno)}.", step.Target, null, cause),
    };

    private static EngineException MountPoint(string name, LaunchStep step, int errno, LinuxException cause) => errno switch
    {
        Errno.ENOTDIR or Errno.EISDIR => new EngineException(
            EngineErrorKind.InvalidArgument, "MountKindMismatch",
            $"\"{step.Target}\" in container \"{name}\" is {(errno == Errno.EISDIR ? "a directory, and a file" : "a file, or lies below one, and a directory")} cannot be mounted on it.",
            step.Target, "A directory goes on a directory, a file on a file: check source and target.", cause),
        Errno.EXDEV => new EngineException(
            EngineErrorKind.InvalidArgument, "InvalidMount", $"\"{step.Target}\" in container \"{name}\" leads to /proc, and nothing can be mounted there.",
            step.Target, "Choose another target.", cause),
        Errno.EEXIST => new EngineException(
            EngineErrorKind.InvalidArgument, "MountPointNotMade",
            $"\"{step.Target}\" in container \"{name}\" is, or lies below, a link that leads to nothing: there is no place to mount on.",
            step.Target, "Make in the image what the link leads to, or choose another target.", cause),
        Errno.EROFS => new EngineException(
            EngineErrorKind.InvalidArgument, "MountPointNotMade",
            $"There is no \"{step.Target}\" in container \"{name}\", and it cannot be made in what is mounted read-only above it.", step.Target,
            "Make it in the source of the outer mount, or mount that one writable.", cause),
        _ => InRoot(name, step, errno, cause),
    };

    private static EngineException InRoot(string name, LaunchStep step, int errno, LinuxException cause) => errno switch
    {
        Errno.ELOOP or Errno.ENOTDIR or Errno.EXDEV => new EngineException(
            EngineErrorKind.InvalidData, "UnsafePath",
            $"\"{step.Target}\" in the image of container \"{name}\" is a link or a file where a directory must be.", step.Target,
            "Repair the image, or choose another path.", cause),
        _ => new EngineException(
            EngineErrorKind.ResourceUnavailable, "PathNotUsable",
            $"\"{step.Target}\" in container \"{name}\" cannot be used: {Errno.Describe(errno)}.", step.Target, null, cause),
    };
}
