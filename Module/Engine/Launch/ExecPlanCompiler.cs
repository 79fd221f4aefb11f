using System.Globalization;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Launch;

/// <summary>
/// Compiles the plan of a further program in a container that runs. Pure, and without a pid in it: the monitor adds the process whose
/// namespaces are joined, so that a plan can be compiled once and run often. The order is the order in which rights are given up; the process
/// namespace comes last, because from there on the container sees the process.
/// </summary>
internal static class ExecPlanCompiler
{
    internal static LaunchPlan Compile(ExecInput input) => new()
    {
        Id = input.ContainerId,
        BootId = input.Host.BootId,
        Steps = [.. Enter(input), .. LimitPrivileges(input), .. StartProgram(input)],
        CloneFlags = 0,
        Cgroup = input.Cgroup,
        Flags = PlanFlags.Further | (input.Exec.Detach ? PlanFlags.Detached : 0) | (input.Exec.Interactive ? PlanFlags.StandardInput : 0)
            | (input.Exec.Terminal ? PlanFlags.Terminal : 0),
        DataDirectory = input.Directory,
        RunDirectory = input.Directory,
        TrashDirectory = "",
        NameFile = "",
        LogDirectory = "",
        Record = input.Record,
    };

    private static IEnumerable<LaunchStep> Enter(ExecInput input)
    {
        foreach (string file in input.Cgroup.JoinFiles)
        {
            yield return LaunchSteps.WriteHostFile(file, "0");
        }

        yield return LaunchSteps.WriteHostFile(
            "/proc/self/oom_score_adj", input.Spec.Process.OomScoreAdjustment.ToString(CultureInfo.InvariantCulture), optional: true);
        yield return LaunchSteps.JoinSessionKeyring("_ses." + input.ContainerId[..12]);
        (ulong namespaces, string names) = Namespaces(input.Host);
        yield return LaunchSteps.JoinContainer(namespaces, names);
        if (input.Exec.Terminal)
        {
            // By the container's own root, which the join has made ours; what is no devpts is refused.
            yield return LaunchSteps.OpenHost(Slot.Root, "/", directory: true);
            yield return LaunchSteps.OpenInRoot(Slot.Target, "/dev/pts", OpenInRootFlags.Directory | OpenInRootFlags.NoLink);
            yield return LaunchSteps.OpenTerminal(Slot.Target, input.Exec.TerminalSize);
        }
        else if (!input.Exec.Interactive || input.Exec.Detach)
        {
            yield return LaunchSteps.OpenNull(input: true, output: input.Exec.Detach);
        }
    }

    /// <summary>All that the first process is in, its own and shared ones alike. The user namespace is the host's.</summary>
    private static (ulong Flags, string Names) Namespaces(HostFacts host)
    {
        ulong flags = Libc.CLONE_NEWNS | Libc.CLONE_NEWPID | Libc.CLONE_NEWIPC | Libc.CLONE_NEWUTS | Libc.CLONE_NEWNET;
        string names = "mnt pid ipc uts net";
        if (host.HasCgroupNamespace)
        {
            flags |= Libc.CLONE_NEWCGROUP;
            names += " cgroup";
        }

        if (host.HasTimeNamespace)
        {
            flags |= Libc.CLONE_NEWTIME;
            names += " time";
        }

        return (flags, names);
    }

    private static IEnumerable<LaunchStep> LimitPrivileges(ExecInput input)
    {
        SecuritySpec security = input.Spec.Security with { Privileged = input.Spec.Security.Privileged || input.Exec.Privileged };
        CapabilitySet capabilities = LaunchPlanCompiler.Capabilities(security, input.Host);
        foreach (LaunchStep limit in LaunchPlanCompiler.LimitSteps(input.Spec.Process))
        {
            yield return limit;
        }

        yield return LaunchPlanCompiler.SetUmask(input.Spec.Process);
        yield return LaunchSteps.DropBoundingSet(capabilities, input.Host.LastCapability);
        LaunchStep? filter = input.Seccomp is null
            ? null
            : LaunchSteps.LoadSeccomp(input.Seccomp, security.Seccomp is null ? "default profile" : "own profile");
        if (filter is not null && !security.NoNewPrivileges)
        {
            yield return filter; // As long as there is CAP_SYS_ADMIN, as in the container's own start.
        }

        yield return LaunchSteps.SetUser(input.User, input.Exec.Terminal || (input.Exec.Interactive && !input.Exec.Detach));
        yield return LaunchSteps.SetCapabilities(input.User.Uid == 0 ? capabilities : CapabilitySet.None);
        if (security.NoNewPrivileges)
        {
            yield return LaunchSteps.NoNewPrivileges();
            if (filter is not null)
            {
                yield return filter;
            }
        }
    }

    private static IEnumerable<LaunchStep> StartProgram(ExecInput input)
    {
        // The container's terminal is not the program's: TERM is there for its own (docker's rule).
        ContainerSpec spec = input.Spec with { Process = input.Spec.Process with { Terminal = input.Exec.Terminal } };
        Dictionary<string, string> environment = LaunchPlanCompiler.Environment(
            spec, input.Image, input.ContainerId, input.User, input.LinkVariables);
        foreach ((string name, string value) in input.Exec.Environment)
        {
            environment[name] = value;
        }

        yield return LaunchSteps.EnterProcessNamespace();
        yield return LaunchSteps.ChangeDirectory(input.Exec.WorkingDirectory ?? LaunchPlanCompiler.WorkingDirectory(input.Spec.Process, input.Image));
        yield return LaunchPlanCompiler.Execute(input.Exec.Command, environment);
    }
}
