using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;
using Xunit;

namespace Containers.Engine.Tests.Launch;

public class ExecPlanCompilerTests
{
    [Fact]
    public void The_process_namespace_is_entered_when_every_right_has_been_given_up()
    {
        IReadOnlyList<LaunchStep> steps = Steps(Input());
        Assert.Equal(
            [
                PlanOpcode.WriteHostFile, PlanOpcode.JoinSessionKeyring, PlanOpcode.JoinContainer, PlanOpcode.OpenNull, PlanOpcode.SetResourceLimit,
                PlanOpcode.SetResourceLimit, PlanOpcode.SetResourceLimit, PlanOpcode.SetUmask, PlanOpcode.DropBoundingSet, PlanOpcode.LoadSeccomp,
                PlanOpcode.SetUser, PlanOpcode.SetCapabilities, PlanOpcode.EnterProcessNamespace, PlanOpcode.ChangeDirectory, PlanOpcode.Execute,
            ],
            steps.Select(step => step.Code));
    }

    [Fact]
    public void A_terminal_is_opened_in_the_container_while_there_are_rights_and_before_the_process_can_be_seen()
    {
        ExecSpec exec = new() { Command = ["sh"], Terminal = true, TerminalSize = new TerminalSize(24, 80) };
        LaunchPlan plan = ExecPlanCompiler.Compile(Input(exec));
        Assert.Equal(
            [PlanOpcode.JoinContainer, PlanOpcode.OpenHost, PlanOpcode.OpenInRoot, PlanOpcode.OpenTerminal, PlanOpcode.SetResourceLimit],
            plan.Steps.Select(step => step.Code).SkipWhile(code => code != PlanOpcode.JoinContainer).Take(5));
        Assert.True(plan.Flags.HasFlag(PlanFlags.Terminal));
        LaunchStep terminal = plan.Steps.Single(PlanOpcode.OpenTerminal);
        Assert.Equal((24UL, 80UL), (terminal.X, terminal.Y));
        Assert.Equal(1, plan.Steps.Single(PlanOpcode.SetUser).Flags); // It is the user's own.
        Assert.Contains("TERM=xterm", plan.Steps.Single(PlanOpcode.Execute).List2!);
        Assert.DoesNotContain("TERM=xterm", Steps(Input(spec: PlanInput.Spec(new ProcessSpec { Terminal = true }))).Single(PlanOpcode.Execute).List2!);
    }

    [Fact]
    public void No_step_after_the_containers_namespaces_names_a_path_of_the_host()
    {
        IReadOnlyList<LaunchStep> steps = Steps(Input(), new PlanCgroup { JoinFiles = ["/sys/fs/cgroup/pids/x/tasks"] });
        int joined = steps.IndexOf(PlanOpcode.JoinContainer);
        Assert.Equal("/sys/fs/cgroup/pids/x/tasks", steps[0].Text1);
        Assert.DoesNotContain(steps.Skip(joined), step => step.Code is PlanOpcode.WriteHostFile or PlanOpcode.OpenHost or PlanOpcode.JoinNamespace);
    }

    [Fact]
    public void The_plan_names_no_process_so_that_it_can_be_compiled_before_there_is_one()
    {
        LaunchPlan plan = ExecPlanCompiler.Compile(Input());
        Assert.Null(plan.PidNamespace);
        Assert.Equal(0UL, plan.CloneFlags);
        LaunchStep join = plan.Steps.Single(PlanOpcode.JoinContainer);
        Assert.Null(join.Text1);
        Assert.Equal(
            Libc.CLONE_NEWNS | Libc.CLONE_NEWPID | Libc.CLONE_NEWIPC | Libc.CLONE_NEWUTS | Libc.CLONE_NEWNET | Libc.CLONE_NEWCGROUP | Libc.CLONE_NEWTIME,
            join.X);
    }

    [Fact]
    public void With_no_new_privileges_the_filter_comes_after_it_and_still_before_the_process_namespace()
    {
        IReadOnlyList<LaunchStep> steps = Steps(Input(spec: PlanInput.Spec() with { Security = new SecuritySpec { NoNewPrivileges = true } }));
        Assert.Equal(
            [PlanOpcode.SetCapabilities, PlanOpcode.NoNewPrivileges, PlanOpcode.LoadSeccomp, PlanOpcode.EnterProcessNamespace],
            steps.Select(step => step.Code).SkipWhile(code => code != PlanOpcode.SetCapabilities).Take(4));
    }

    [Fact]
    public void Variables_are_the_images_then_the_containers_then_the_programs_own()
    {
        ContainerSpec spec = PlanInput.Spec(new ProcessSpec { Environment = new Dictionary<string, string> { ["A"] = "container", ["B"] = "container" } });
        ExecSpec exec = new() { Command = ["env"], Environment = new Dictionary<string, string> { ["B"] = "exec", ["C"] = "exec" } };
        LaunchStep program = Steps(Input(exec, spec)).Single(PlanOpcode.Execute);
        Assert.Equal(["PATH=/bin", "HOSTNAME=0123456789ab", "HOME=/root", "LANG=C", "A=container", "B=exec", "C=exec"], program.List2);
        Assert.Equal(["/bin/env"], program.List3);
    }

    [Fact]
    public void Neither_entrypoint_nor_command_of_the_image_comes_before_the_program()
    {
        ContainerSpec spec = PlanInput.Spec(new ProcessSpec { Entrypoint = ["/entry"], Command = ["x"] });
        Assert.Equal(["ls", "-l"], Steps(Input(new ExecSpec { Command = ["ls", "-l"] }, spec)).Single(PlanOpcode.Execute).List1);
    }

    [Fact]
    public void The_working_directory_is_its_own_the_containers_the_images_and_the_root()
    {
        ContainerSpec container = PlanInput.Spec(new ProcessSpec { WorkingDirectory = "/container" });
        ExecSpec own = new() { Command = ["ls"], WorkingDirectory = "/own" };
        Assert.Equal("/own", Steps(Input(own, container)).Single(PlanOpcode.ChangeDirectory).Text1);
        Assert.Equal("/container", Steps(Input(spec: container)).Single(PlanOpcode.ChangeDirectory).Text1);
        Assert.Equal("/", Steps(Input()).Single(PlanOpcode.ChangeDirectory).Text1);
        ExecInput image = Input() with { Image = PlanInput.Image() with { WorkingDirectory = "/image" } };
        Assert.Equal("/image", Steps(image).Single(PlanOpcode.ChangeDirectory).Text1);
    }

    [Fact]
    public void Privileged_lifts_capabilities_and_the_filter_and_nothing_else()
    {
        ExecInput input = Input(new ExecSpec { Command = ["ls"], Privileged = true }) with { Seccomp = null };
        IReadOnlyList<LaunchStep> steps = Steps(input);
        ulong all = CapabilitySet.All(PlanInput.Host.LastCapability).Bits;
        Assert.Equal(all, steps.Single(PlanOpcode.SetCapabilities).X);
        Assert.Equal(all, steps.Single(PlanOpcode.DropBoundingSet).X);
        Assert.DoesNotContain(steps, step => step.Code == PlanOpcode.LoadSeccomp);
        Assert.Contains(steps, step => step.Code == PlanOpcode.JoinContainer);
    }

    [Fact]
    public void A_user_other_than_root_has_no_capabilities()
    {
        ExecInput input = Input() with { User = new UserIdentity(1000, 1000, [1000], "/home/a") };
        Assert.Equal(0UL, Steps(input).Single(PlanOpcode.SetCapabilities).X);
        Assert.Contains("HOME=/home/a", Steps(input).Single(PlanOpcode.Execute).List2!);
    }

    [Theory]
    [InlineData(false, false, 1)]
    [InlineData(false, true, 3)]
    [InlineData(true, true, 3)]
    public void What_has_no_pipe_is_the_containers_null_device(bool interactive, bool detach, ushort flags) =>
        Assert.Equal(
            flags, Steps(Input(new ExecSpec { Command = ["ls"], Interactive = interactive, Detach = detach })).Single(PlanOpcode.OpenNull).Flags);

    [Fact]
    public void Input_through_a_pipe_replaces_the_null_device_and_is_given_to_the_user()
    {
        IReadOnlyList<LaunchStep> steps = Steps(Input(new ExecSpec { Command = ["cat"], Interactive = true }));
        Assert.DoesNotContain(steps, step => step.Code == PlanOpcode.OpenNull);
        Assert.Equal(1, steps.Single(PlanOpcode.SetUser).Flags);
    }

    [Fact]
    public void The_plan_can_be_written_and_says_that_it_is_one_of_a_further_program()
    {
        LaunchPlan plan = ExecPlanCompiler.Compile(Input(new ExecSpec { Command = ["ls"], Detach = true }) with { Record = "{}", Directory = "/run/x/exec/1" });
        Assert.Equal(PlanFlags.Further | PlanFlags.Detached, plan.Flags);
        Assert.Equal("/run/x/exec/1", plan.RunDirectory);
        Assert.NotEmpty(PlanWriter.Write(plan));
    }

    private static ExecInput Input(ExecSpec? exec = null, ContainerSpec? spec = null) => new()
    {
        ContainerId = PlanInput.Id,
        Spec = spec ?? PlanInput.Spec(),
        Image = PlanInput.Image(),
        Host = PlanInput.Host,
        Exec = exec ?? new ExecSpec { Command = ["ls"] },
        User = new UserIdentity(0, 0, [0], "/root"),
        Cgroup = new PlanCgroup { CloneIntoDirectory = "/sys/fs/cgroup/x/" + PlanInput.Id },
        Seccomp = new byte[16],
    };

    private static IReadOnlyList<LaunchStep> Steps(ExecInput input, PlanCgroup? cgroup = null) =>
        ExecPlanCompiler.Compile(cgroup is null ? input : input with { Cgroup = cgroup }).Steps;
}
