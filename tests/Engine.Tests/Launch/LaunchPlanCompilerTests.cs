using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using Xunit;

namespace Containers.Engine.Tests.Launch;

public class LaunchPlanCompilerTests
{
    [Fact]
    public void The_same_input_gives_the_same_plan() =>
        Assert.Equal(PlanWriter.Write(LaunchPlanCompiler.Compile(PlanInput.Of(PlanInput.Spec()))),
            PlanWriter.Write(LaunchPlanCompiler.Compile(PlanInput.Of(PlanInput.Spec()))));

    [Fact]
    public void Rights_are_given_up_in_order_and_the_program_is_last()
    {
        IReadOnlyList<LaunchStep> steps = PlanInput.Steps(PlanInput.Spec());
        PlanOpcode[] order =
        [
            PlanOpcode.Unshare, PlanOpcode.JoinSessionKeyring, PlanOpcode.MakeMountsPrivate, PlanOpcode.Mount, PlanOpcode.PivotRoot,
            PlanOpcode.SetHostName, PlanOpcode.SetResourceLimit, PlanOpcode.SetUmask, PlanOpcode.DropBoundingSet, PlanOpcode.LoadSeccomp,
            PlanOpcode.SetUser, PlanOpcode.SetCapabilities, PlanOpcode.ChangeDirectory, PlanOpcode.Execute,
        ];
        int[] places = [.. order.Select(code => steps.IndexOf(code))];
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
        Assert.Equal(steps.Count - 1, places[^1]);
    }

    [Fact]
    public void With_no_new_privileges_the_filter_is_the_last_thing_before_the_program()
    {
        IReadOnlyList<LaunchStep> steps = PlanInput.Steps(PlanInput.Spec() with { Security = new SecuritySpec { NoNewPrivileges = true } });
        Assert.Equal(
            [PlanOpcode.SetCapabilities, PlanOpcode.ChangeDirectory, PlanOpcode.NoNewPrivileges, PlanOpcode.LoadSeccomp,
                PlanOpcode.Execute],
            steps.TakeLast(5).Select(step => step.Code));
    }

    [Fact]
    public void A_terminal_comes_from_the_mount_just_made_before_anything_of_the_image_can_lie_over_it()
    {
        LaunchPlan plan = LaunchPlanCompiler.Compile(PlanInput.Of(PlanInput.Spec(new ProcessSpec { Terminal = true, Interactive = true })) with
        {
            TerminalSize = new TerminalSize(24, 80), Foreground = true,
        });
        List<LaunchStep> steps = [.. plan.Steps];
        int at = plan.Steps.IndexOf(PlanOpcode.OpenTerminal);
        int devpts = steps.FindLastIndex(at, step => step.Code == PlanOpcode.Attach);
        Assert.Equal("/dev/pts", steps[devpts].Target);
        Assert.Equal(steps[devpts].Slot, steps[at].Slot);
        Assert.DoesNotContain(steps[devpts..at], step => step.Code is PlanOpcode.CreateFileSystem or PlanOpcode.CloneTree or PlanOpcode.OpenInRoot);
        Assert.Equal("/dev/console", plan.Steps.Single(PlanOpcode.AttachConsole).Target);
        Assert.DoesNotContain(steps, step => step.Code == PlanOpcode.OpenNullInput);
        Assert.Equal(1, plan.Steps.Single(PlanOpcode.SetUser).Flags);
        Assert.Contains("TERM=xterm", plan.Steps.Single(PlanOpcode.Execute).List2!);
        Assert.Equal(PlanFlags.Terminal | PlanFlags.StandardInput | PlanFlags.Foreground, plan.Flags & ~PlanFlags.RemoveCgroupParents);
    }

    [Fact]
    public void The_user_and_the_image_choose_another_TERM_and_without_a_terminal_there_is_none()
    {
        ProcessSpec process = new() { Terminal = true, Environment = new Dictionary<string, string> { ["TERM"] = "linux" } };
        Assert.Contains("TERM=linux", PlanInput.Steps(PlanInput.Spec(process)).Single(PlanOpcode.Execute).List2!);
        Assert.DoesNotContain(
            PlanInput.Steps(PlanInput.Spec()).Single(PlanOpcode.Execute).List2!, variable => variable.StartsWith("TERM=", StringComparison.Ordinal));
    }

    [Fact]
    public void By_default_every_namespace_is_its_own() =>
        Assert.Equal(PlanInput.AllNamespaces, LaunchPlanCompiler.Compile(PlanInput.Of(PlanInput.Spec())).CloneFlags);

    [Fact]
    public void Host_namespaces_are_not_made_and_the_host_name_is_left_alone()
    {
        ContainerSpec spec = PlanInput.Spec() with
        {
            Namespaces = new NamespaceSpec { Pid = "host", Ipc = "host", Uts = "host", Cgroup = "host" },
            Network = new NetworkSpec { Mode = "host" },
        };
        LaunchPlan plan = LaunchPlanCompiler.Compile(PlanInput.Of(spec));
        Assert.Equal(Libc.CLONE_NEWNS | Libc.CLONE_NEWTIME, plan.CloneFlags);
        Assert.True(plan.Flags.HasFlag(PlanFlags.SharedProcessNamespace));
        Assert.DoesNotContain(plan.Steps, s =>
            s.Code is PlanOpcode.SetHostName or PlanOpcode.RaiseLoopback or PlanOpcode.Unshare or PlanOpcode.WriteInSlot);
    }

    [Fact]
    public void Namespaces_of_another_container_are_joined_by_its_process()
    {
        ContainerSpec spec = PlanInput.Spec() with
        {
            Namespaces = new NamespaceSpec { Pid = "container:a", Ipc = "container:a", Uts = "container:a" },
        };
        LaunchPlan plan =
            LaunchPlanCompiler.Compile(PlanInput.Of(spec) with { JoinedProcesses = new Dictionary<string, ProcessIdentity> { ["container:a"] = new(77, 5) } });
        Assert.Equal("/proc/77/ns/pid", plan.PidNamespace);
        Assert.Equal(["/proc/77/ns/ipc", "/proc/77/ns/uts"], plan.Steps.Where(s => s.Code == PlanOpcode.JoinNamespace)
            .Select(s => s.Text1));
        Assert.Equal(0UL, plan.CloneFlags & (Libc.CLONE_NEWPID | Libc.CLONE_NEWIPC | Libc.CLONE_NEWUTS));
    }

    [Theory]
    [InlineData(NetworkSpec.Own)]
    [InlineData(NetworkSpec.None)]
    public void A_network_that_was_made_before_is_joined_first_of_all(string mode)
    {
        ContainerSpec spec = PlanInput.Spec() with { Network = new NetworkSpec { Mode = mode } };
        LaunchPlan made = LaunchPlanCompiler.Compile(PlanInput.Of(spec));
        LaunchPlan joined = LaunchPlanCompiler.Compile(PlanInput.Of(spec) with { NetworkPrepared = true });
        Assert.Equal(made.CloneFlags & ~Libc.CLONE_NEWNET, joined.CloneFlags);
        Assert.Equal(made.Flags | PlanFlags.NetworkDescriptor, joined.Flags);
        Assert.Equal(PlanOpcode.JoinNetworkDescriptor, joined.Steps[0].Code);
        Assert.Equal((MonitorProtocol.NetworkDescriptor, Libc.CLONE_NEWNET), (joined.Steps[0].Slot, joined.Steps[0].X));

        // Everything else is as in a namespace of the process's own making, but for the loopback, which is up.
        Assert.Equal(
            made.Steps.Where(s => s.Code != PlanOpcode.RaiseLoopback).Select(s => (s.Code, s.Target)),
            joined.Steps.Skip(1).Select(s => (s.Code, s.Target)));
        Assert.Equal(
            ("JoinNamespace", "net", "join the network namespace made for it"),
            PlanDescription.Describe(joined).Select(s => (s.Action, s.Target, s.Detail)).First(s => s.Target == "net"));
    }

    [Fact]
    public void The_network_of_another_container_is_joined_before_a_sysfs_shows_it()
    {
        ContainerSpec spec = PlanInput.Spec() with { Network = new NetworkSpec { Mode = "container:a" } };
        LaunchPlan plan = LaunchPlanCompiler.Compile(PlanInput.Of(spec) with
        {
            JoinedProcesses = new Dictionary<string, ProcessIdentity> { ["container:a"] = new(77, 5) },
        });
        LaunchStep join = plan.Steps.Single(PlanOpcode.JoinNamespace);
        Assert.Equal(("/proc/77/ns/net", Libc.CLONE_NEWNET, 5UL), (join.Text1, join.X, join.Y));
        Assert.True(plan.Steps.ToList().IndexOf(join) < plan.Steps.IndexOf(PlanOpcode.CreateFileSystem));
        Assert.Equal(0UL, plan.CloneFlags & Libc.CLONE_NEWNET);
        Assert.DoesNotContain(plan.Steps, s =>
            s.Code is PlanOpcode.RaiseLoopback or PlanOpcode.JoinNetworkDescriptor or PlanOpcode.WriteInSlot);
    }

    [Fact]
    public void The_network_of_the_host_is_not_replaced_by_a_prepared_one()
    {
        LaunchPlan plan = LaunchPlanCompiler.Compile(
            PlanInput.Of(PlanInput.Spec() with { Network = new NetworkSpec { Mode = NetworkSpec.Host } }) with { NetworkPrepared = true });
        Assert.False(plan.Flags.HasFlag(PlanFlags.NetworkDescriptor));
        Assert.DoesNotContain(plan.Steps, s => s.Code == PlanOpcode.JoinNetworkDescriptor);
    }

    [Fact]
    public void The_masks_and_read_only_paths_are_those_of_docker()
    {
        IReadOnlyList<LaunchStep> steps = PlanInput.Steps(PlanInput.Spec());
        string[] masked = [.. steps.Where(s => s.Code == PlanOpcode.MaskPath).Select(s => s.Target)];
        Assert.Contains("/proc/kcore", masked);
        Assert.Contains("/proc/interrupts", masked);
        Assert.Contains("/sys/firmware", masked);
        Assert.Contains("/sys/devices/system/cpu/cpu0/thermal_throttle", masked);
        Assert.Equal(
            ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
            steps.Where(s => s.Code == PlanOpcode.ReadOnlyPath).Select(s => s.Target));
    }

    [Fact]
    public void Mask_adds_and_unmask_takes_away()
    {
        IReadOnlyList<LaunchStep> steps = PlanInput.Steps(
            PlanInput.Spec() with { Security = new SecuritySpec { Mask = ["/secret"], Unmask = ["/proc/kcore", "/proc/sys*"] } });
        string[] masked = [.. steps.Where(s => s.Code == PlanOpcode.MaskPath).Select(s => s.Target)];
        Assert.Contains("/secret", masked);
        Assert.DoesNotContain("/proc/kcore", masked);
        Assert.Contains("/proc/keys", masked);
        Assert.DoesNotContain(steps, s => s.Code == PlanOpcode.ReadOnlyPath && s.Target is "/proc/sys" or "/proc/sysrq-trigger");
    }

    [Fact]
    public void Privileged_means_all_capabilities_and_no_masks()
    {
        LaunchInput input =
            PlanInput.Of(PlanInput.Spec() with { Security = new SecuritySpec { Privileged = true } }) with { Seccomp = null };
        IReadOnlyList<LaunchStep> steps = LaunchPlanCompiler.Compile(input).Steps;
        Assert.DoesNotContain(steps, s => s.Code is PlanOpcode.MaskPath or PlanOpcode.ReadOnlyPath or PlanOpcode.LoadSeccomp);
        Assert.Equal(CapabilitySet.All(40).Bits, steps.Single(PlanOpcode.SetCapabilities).X);
    }

    [Fact]
    public void Another_user_than_root_has_no_effective_capability_but_keeps_the_bounding_set()
    {
        LaunchInput input = PlanInput.Of(PlanInput.Spec()) with { User = new UserIdentity(1000, 1001, [1001, 30], "/home/a") };
        IReadOnlyList<LaunchStep> steps = LaunchPlanCompiler.Compile(input).Steps;
        Assert.Equal(0UL, steps.Single(PlanOpcode.SetCapabilities).X);
        Assert.Equal(CapabilitySet.Default.Bits, steps.Single(PlanOpcode.DropBoundingSet).X);
        LaunchStep user = steps.Single(PlanOpcode.SetUser);
        Assert.Equal((1000UL, 1001UL, 2UL), (user.X, user.Y, user.Z));
        Assert.Equal([1001, 30], System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(user.Blob.Span).ToArray());
        Assert.Contains("HOME=/home/a", steps.Single(PlanOpcode.Execute).List2!);
    }

    [Fact]
    public void Variables_of_the_user_win_over_those_of_the_image_and_bare_names_are_not_taken_from_the_host()
    {
        ContainerSpec spec =
            PlanInput.Spec(new ProcessSpec { Environment = new Dictionary<string, string> { ["LANG"] = "de", ["NEW"] = "" } });
        IReadOnlyList<string> variables = PlanInput.Steps(spec).Single(PlanOpcode.Execute).List2!;
        Assert.Contains("LANG=de", variables);
        Assert.Contains("NEW=", variables);
        Assert.Contains("PATH=/bin", variables);
        Assert.Contains("HOSTNAME=0123456789ab", variables);
        Assert.DoesNotContain(variables, v => v.StartsWith("BARE", StringComparison.Ordinal));
        Assert.Equal(variables.Count, variables.Select(v => v.Split('=')[0]).Distinct().Count());
    }

    [Fact]
    public void Clearing_and_removing_leave_the_engines_own_variables()
    {
        IReadOnlyList<string> cleared =
            PlanInput.Steps(PlanInput.Spec(new ProcessSpec { ClearEnvironment = true })).Single(PlanOpcode.Execute).List2!;
        Assert.Equal(["PATH", "HOSTNAME", "HOME"], cleared.Select(v => v.Split('=')[0]));
        IReadOnlyList<string> removed =
            PlanInput.Steps(PlanInput.Spec(new ProcessSpec { RemoveEnvironment = ["LANG"] })).Single(PlanOpcode.Execute).List2!;
        Assert.DoesNotContain("LANG=C", removed);
    }

    [Theory]
    [InlineData(null, null, "e c")]
    [InlineData("x y", null, "e x y")]
    [InlineData(null, "n", "n")]
    [InlineData("x", "n", "n x")]
    [InlineData("x", "", "x")]
    public void A_new_entrypoint_drops_the_images_command(string? command, string? entrypoint, string expected)
    {
        ProcessSpec process = new()
        {
            Command = command?.Split(' '), Entrypoint = entrypoint?.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        };
        Assert.Equal(expected.Split(' '), LaunchPlanCompiler.CommandLine(process, new ProgramDefaults(["e"], ["c"], [], "", "", "")));
    }

    [Fact]
    public void A_program_is_looked_up_along_the_containers_path_only()
    {
        LaunchStep named = PlanInput.Steps(
            PlanInput.Spec(new ProcessSpec { Command = ["ls"], Environment = new Dictionary<string, string> { ["PATH"] = "/a/:/b::" } }))
            .Single(PlanOpcode.Execute);
        Assert.Equal(["/a/ls", "/b/ls", "./ls", "./ls"], named.List3);
        Assert.Equal(["/x/ls"], PlanInput.Steps(PlanInput.Spec(new ProcessSpec { Command = ["/x/ls"] })).Single(PlanOpcode.Execute).List3);
    }

    [Fact]
    public void Mount_points_of_the_engine_may_not_be_links()
    {
        foreach (LaunchStep step in PlanInput.Steps(PlanInput.Spec())
            .Where(s =>
                s.Code == PlanOpcode.OpenInRoot && s.Target is "/proc" or "/sys" or "/dev" or "/dev/pts" or "/dev/shm" or "/dev/mqueue"))
        {
            Assert.True(((OpenInRootFlags)step.Flags).HasFlag(OpenInRootFlags.NoLink | OpenInRootFlags.Directory), step.Target);
        }
    }

    [Fact]
    public void A_read_only_root_is_made_so_after_everything_was_mounted_in_it()
    {
        IReadOnlyList<LaunchStep> steps = PlanInput.Steps(PlanInput.Spec() with
        {
            Storage = new StorageSpec { ReadOnly = true, ReadOnlyTmpfs = true, Mounts = [MountSpec.Tmpfs("/tmp") with { Size = 4096, Mode = 0x1ED }] },
        });
        int sealing = steps.ToList().FindIndex(s => s.Code == PlanOpcode.SetMountAttributes && s.Target == "/");
        Assert.True(sealing > steps.ToList().FindLastIndex(s => s.Code is PlanOpcode.Attach or PlanOpcode.MaskPath));
        Assert.Equal(["/run", "/tmp", "/var/tmp"],
            steps.Where(s => s.Code == PlanOpcode.Attach && s.Target is "/tmp" or "/run" or "/var/tmp").Select(s => s.Target));
        Assert.Contains(steps, s =>
            s.Code == PlanOpcode.CreateFileSystem && s.Detail.Contains("mode=755,size=4096", StringComparison.Ordinal));
    }

    [Fact]
    public void Limits_of_the_process_have_fixed_defaults_that_the_user_replaces()
    {
        ContainerSpec spec =
            PlanInput.Spec(
            new ProcessSpec { Ulimits = new Dictionary<string, UlimitSpec> { ["nofile"] = new(10, 20), ["cpu"] = new(-1, -1) } });
        Dictionary<string, string> limits = PlanInput.Steps(spec)
            .Where(s => s.Code == PlanOpcode.SetResourceLimit).ToDictionary(s => s.Target, s => s.Detail);
        Assert.Equal("10:20", limits["nofile"]);
        Assert.Equal("unlimited:unlimited", limits["cpu"]);
        Assert.Equal("0:unlimited", limits["core"]);
        Assert.Equal("1048576:1048576", limits["nproc"]);
    }

    [Fact]
    public void Kernel_parameters_of_the_user_replace_the_default_ones()
    {
        ContainerSpec spec = PlanInput.Spec() with
        {
            Namespaces =
                new NamespaceSpec { Sysctls =
                new Dictionary<string, string> { ["net.ipv4.ping_group_range"] = "1 0", ["net.core.somaxconn"] = "9" } },
        };
        Assert.Equal(
            ["sys/net/core/somaxconn=9", "sys/net/ipv4/ping_group_range=1 0", "sys/net/ipv4/ip_unprivileged_port_start=0"],
            PlanInput.Steps(spec).Where(s => s.Code == PlanOpcode.WriteInSlot).Select(s => $"{s.Text1}={s.Text2}"));
    }

    [Theory]
    [InlineData(null, "0123456789ab")]
    [InlineData("web", "web")]
    [InlineData("web.example.org", "web")]
    public void The_host_name_is_the_short_one(string? given, string expected) =>
        Assert.Equal(expected,
            PlanInput.Steps(PlanInput.Spec() with { Namespaces = new NamespaceSpec { HostName = given } }).Single(
            PlanOpcode.SetHostName).Target);

    [Fact]
    public void On_version_1_the_process_joins_its_groups_first_and_sees_its_own_only()
    {
        LaunchInput input = PlanInput.Of(PlanInput.Spec()) with
        {
            Cgroup = new PlanCgroup { JoinFiles = ["/sys/fs/cgroup/memory/x/tasks", "/sys/fs/cgroup/cpu,cpuacct/x/tasks"] },
        };
        IReadOnlyList<LaunchStep> steps = LaunchPlanCompiler.Compile(input).Steps;
        Assert.Equal(["/sys/fs/cgroup/memory/x/tasks", "/sys/fs/cgroup/cpu,cpuacct/x/tasks"], steps.Take(2).Select(s => s.Text1));
        Assert.Equal(["source", "cgroup", "cpu", "", "cpuacct", ""],
            steps.Single(s => s.Code == PlanOpcode.CreateFileSystem && s.List1!.Contains("cpuacct")).List1);
    }

    [Fact]
    public void The_supervision_is_that_of_the_spec()
    {
        ContainerSpec spec =
            PlanInput.Spec(
            new ProcessSpec { StopSignal = "INT", StopTimeout = TimeSpan.FromSeconds(3), Interactive = true, Init = true }) with
        {
            RemoveOnExit = true, Log = new LogSpec { MaximumBytes = 100_000, MaximumFiles = 2, Disabled = true },
            Restart = new RestartSpec { Policy = RestartKind.OnFailure, Maximum = 4 }, CgroupParent = "mine",
        };
        LaunchPlan plan = LaunchPlanCompiler.Compile(PlanInput.Of(spec) with { Foreground = true });
        Assert.Equal((2, TimeSpan.FromSeconds(3), 100_000L, 2),
            (plan.StopSignal, plan.StopTimeout, plan.LogMaximumBytes, plan.LogMaximumFiles));
        Assert.Equal(
            PlanFlags.StandardInput | PlanFlags.Foreground | PlanFlags.CloseInputWithSession | PlanFlags.RemoveOnExit | PlanFlags.NoLog,
                plan.Flags);
        Assert.Equal(PlanOpcode.RunInit, plan.Steps[^2].Code);
        Assert.Equal(spec.Restart, plan.Restart);
    }

    [Theory]
    [InlineData(null, "", 15)]
    [InlineData(null, "SIGQUIT", 3)]
    [InlineData("USR1", "SIGQUIT", 10)]
    public void The_stop_signal_is_the_users_then_the_images_then_term(string? user, string image, int expected) =>
        Assert.Equal(expected, LaunchPlanCompiler.StopSignal(
            PlanInput.Spec(new ProcessSpec { StopSignal = user }), PlanInput.Image() with { StopSignal = image }));

    [Theory]
    [InlineData("6.1.0-18-amd64", 6, 1)]
    [InlineData("5.14", 5, 14)]
    [InlineData("6.12-rc1", 6, 12)]
    [InlineData("strange", 0, 0)]
    public void The_kernels_version_is_read_from_its_release(string release, int major, int minor) =>
        Assert.Equal(new Version(major, minor), HostFacts.ParseKernel(release));
}
