using Containers.Engine.Linux;

namespace Containers.Engine.Cgroups;

/// <summary>What an errno of a cgroup file means to a person.</summary>
internal static class CgroupErrors
{
    internal static EngineException NotWritable(string path, Exception? inner = null) => new(
        EngineErrorKind.PermissionDenied,
        "CgroupNotWritable",
        $"The cgroup tree at '{path}' cannot be written, so no container can be limited or stopped safely.",
        path,
        "Run as root; inside a container, start the outer one with a writable cgroup mount.",
        inner);

    internal static EngineException NotMounted() => new(
        EngineErrorKind.ResourceUnavailable,
        "CgroupNotMounted",
        "This host has no cgroup file system mounted, so limits and device rules cannot be applied.",
        "/sys/fs/cgroup",
        "Mount it with: mount -t cgroup2 cgroup2 /sys/fs/cgroup.");

    internal static EngineException NoDeviceControl(string group, Exception? inner = null) => new(
        EngineErrorKind.NotImplemented,
        "DeviceControlUnavailable",
        $"The device rules of cgroup '{group}' cannot be enforced on this host.",
        group,
        "Run as root on a kernel with the devices controller or with CONFIG_CGROUP_BPF.",
        inner);

    internal static EngineException InUse(string path) => new(
        EngineErrorKind.ResourceBusy,
        "CgroupInUse",
        $"The cgroup '{path}' exists already and holds processes.",
        path,
        "Stop the container that uses it, or choose another cgroup parent.");

    internal static EngineException MemoryInUse(string path, Exception? inner = null) => new(
        EngineErrorKind.ResourceBusy,
        "MemoryInUse",
        $"The processes in '{path}' use more memory than the new limit, and it could not be reclaimed.",
        path,
        "Choose a higher limit, or stop the container first.",
        inner);

    internal static EngineException FreezeTimedOut(string path) => new(
        EngineErrorKind.OperationTimeout,
        "FreezeTimedOut",
        $"The processes in '{path}' did not all stop within two seconds; they run again.",
        path,
        "Try again; a process may be waiting for a device or a network file system.");

    internal static EngineException KillTimedOut(string path) => new(
        EngineErrorKind.OperationTimeout,
        "KillTimedOut",
        $"The processes in '{path}' were killed but have not all gone.",
        path,
        "Look for processes in state D with ps; they end when their device answers.");

    /// <summary>A controller could not be switched on for the children of a v2 cgroup.</summary>
    internal static EngineException Controller(string controller, string path, LinuxException inner) => inner.Errno switch
    {
        Errno.EBUSY => new(
            EngineErrorKind.ResourceBusy,
            "CgroupHasProcesses",
            $"The controller '{controller}' cannot be given to containers, because processes run in '{path}' itself.",
            path,
            "Run an init system in the outer container, or move its processes into a child cgroup.",
            inner),
        Errno.EACCES or Errno.EPERM or Errno.EROFS => NotWritable(path, inner),
        _ => new(
            EngineErrorKind.ResourceUnavailable,
            "CgroupControllerRefused",
            $"The kernel refused to give the controller '{controller}' to the children of '{path}'.",
            path,
            "Leave out the limit, or free the controller from the v1 hierarchy or real-time processes that hold it.",
            inner),
    };

    internal static EngineException From(LinuxException e, string path) => e.Errno switch
    {
        Errno.EACCES or Errno.EPERM or Errno.EROFS => NotWritable(path, e),
        Errno.ENOENT => new(
            EngineErrorKind.ObjectNotFound,
            "CgroupNotFound",
            $"The cgroup '{path}' is not there.",
            path,
            "Start the container again.",
            e),
        Errno.EBUSY when e.Subject.Contains("/memory.", StringComparison.Ordinal) => MemoryInUse(path, e),
        Errno.EAGAIN or Errno.ENOSPC => new(
            EngineErrorKind.LimitsExceeded,
            "CgroupLimitReached",
            $"The kernel allows no more cgroups or members at '{path}'.",
            path,
            "Remove containers, or raise cgroup.max.descendants of the parent.",
            e),
        Errno.EINVAL or Errno.ERANGE or Errno.ENODEV => new(
            EngineErrorKind.InvalidArgument,
            "CgroupLimitRefused",
            $"The kernel refused a limit: {e.Subject}.",
            e.Subject,
            "Choose a value that fits the limits of the parent cgroup; a block device must be a whole disk.",
            e),
        _ => new(EngineErrorKind.WriteError, "CgroupWriteFailed", $"A cgroup file could not be written: {e.Message}.", e.Subject, null, e),
    };
}
