using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Tests.Launch;

/// <summary>An input as the launcher would look it up, on a host that exists nowhere: compiling needs no root and no kernel.</summary>
internal static class PlanInput
{
    internal const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    internal static HostFacts Host { get; } = new()
    {
        BootId = "boot", LastCapability = 40, HasTimeNamespace = true, HasCgroupNamespace = true, Kernel = new Version(6, 1),
        KernelRelease = "6.1.0", ThermalPaths = ["/sys/devices/system/cpu/cpu0/thermal_throttle"],
    };

    internal static LaunchInput Of(ContainerSpec spec, ProgramDefaults? image = null) => new()
    {
        Id = Id,
        Name = "web",
        Spec = spec,
        Image = image ?? Image(),
        Host = Host,
        User = new UserIdentity(0, 0, [0], "/root"),
        Cgroup = new PlanCgroup { CloneIntoDirectory = "/sys/fs/cgroup/x/" + Id },
        RootTarget = "/run/x/rootfs",
        RootSteps = [LaunchSteps.Mount("overlay", "/run/x/rootfs", "overlay", 0, "lowerdir=a,upperdir=b,workdir=c")],
        EtcFiles = [("/etc/hosts", "/run/x/hosts")],
        Mounts = [.. spec.Storage.Mounts.Select(mount => mount.Type == MountType.Tmpfs ? PlannedMount.Tmpfs(mount) : PlannedMount.Bind(mount))],
        Seccomp = new byte[16],
        DataDirectory = "/data/containers/" + Id,
        TrashDirectory = "/data/trash/" + Id,
        RunDirectory = "/run/x",
        NameFile = "/data/names/web",
        LogDirectory = "/data/log",
    };

    internal static ProgramDefaults Image() => new([], ["sh"], ["PATH=/bin", "LANG=C", "BARE"], "", "", "");

    internal static ContainerSpec Spec(ProcessSpec? process = null) => new() { Image = "busybox", Process = process ?? new ProcessSpec() };

    internal static IReadOnlyList<LaunchStep> Steps(ContainerSpec spec) => LaunchPlanCompiler.Compile(Of(spec)).Steps;

    internal static LaunchStep Single(this IReadOnlyList<LaunchStep> steps, PlanOpcode code) => steps.Single(step => step.Code == code);

    internal static int IndexOf(this IReadOnlyList<LaunchStep> steps, PlanOpcode code) =>
        steps.ToList().FindIndex(step => step.Code == code);

    internal const ulong AllNamespaces =
        Libc.CLONE_NEWNS | Libc.CLONE_NEWPID | Libc.CLONE_NEWIPC | Libc.CLONE_NEWUTS | Libc.CLONE_NEWNET | Libc.CLONE_NEWTIME;
}
