using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;
using Xunit;

namespace Containers.Engine.Tests.Launch;

public class MountPlanTests
{
    [Fact]
    public void What_is_nearer_to_the_root_is_mounted_first()
    {
        IReadOnlyList<LaunchStep> steps = Steps(
            MountSpec.Bind("/1", "/a/b/c"), MountSpec.Bind("/2", "/b"), MountSpec.Tmpfs("/a/b"), MountSpec.Bind("/3", "/a"));
        Assert.Equal(
            ["/a", "/b", "/a/b", "/a/b/c"],
            steps.Where(s => s.Code == PlanOpcode.Attach && s.Target[1] is 'a' or 'b').Select(s => s.Target));
    }

    [Fact]
    public void A_source_and_a_target_are_each_opened_once_and_the_mount_goes_from_descriptor_to_descriptor()
    {
        IReadOnlyList<LaunchStep> steps = Steps(MountSpec.Bind("/srv", "/data") with { ReadOnly = true, NoSuid = true, SubPath = "a/b" });
        List<LaunchStep> own = [.. steps.SkipWhile(s => s.Target != "/srv").TakeWhile(s => s.Target != "/run/x/hosts")];
        Assert.Equal(
            [
                PlanOpcode.OpenHost, PlanOpcode.OpenBeneath, PlanOpcode.CloneTree, PlanOpcode.CloseSlot, PlanOpcode.SetMountAttributes,
                PlanOpcode.OpenInRoot, PlanOpcode.Attach, PlanOpcode.CloseSlot, PlanOpcode.CloseSlot,
            ],
            own.Select(s => s.Code));
        LaunchStep attributes = own.Single(PlanOpcode.SetMountAttributes);
        Assert.Equal((Libc.MOUNT_ATTR_RDONLY | Libc.MOUNT_ATTR_NOSUID, 1), ((uint)attributes.X, (int)attributes.Flags));
        OpenInRootFlags target = (OpenInRootFlags)own.Single(PlanOpcode.OpenInRoot).Flags;
        Assert.True(target.HasFlag(OpenInRootFlags.NotProc | OpenInRootFlags.LikeSource));
    }

    [Fact]
    public void Only_a_mount_that_stays_connected_with_the_host_is_cloned_before_the_hosts_mounts_are_cut_off()
    {
        IReadOnlyList<LaunchStep> steps = Steps(
            MountSpec.Bind("/1", "/a"), MountSpec.Bind("/2", "/b") with { Propagation = MountPropagation.RSlave },
            MountSpec.Bind("/3", "/c") with { Propagation = MountPropagation.Shared });
        int cut = steps.IndexOf(PlanOpcode.MakeMountsPrivate);
        Assert.Equal(["/2", "/3"], steps.Take(cut).Where(s => s.Code == PlanOpcode.CloneTree).Select(s => s.Target));
        Assert.Equal(
            [("/b", Libc.MS_SLAVE, 1), ("/c", Libc.MS_SHARED, 0)],
            steps.Where(s => s.Code == PlanOpcode.SetMountAttributes && s.Z != 0).Select(s => (s.Target, s.Z, (int)s.Flags)));
    }

    [Fact]
    public void Files_of_etc_that_the_user_mounts_are_the_users()
    {
        IReadOnlyList<LaunchStep> steps = Steps(MountSpec.Bind("/my/hosts", "/etc/hosts"));
        Assert.Equal("/my/hosts", Assert.Single(steps, s => s.Code == PlanOpcode.CloneTree).Target);
        Assert.Single(steps, s => s is { Code: PlanOpcode.Attach, Target: "/etc/hosts" });
    }

    [Fact]
    public void User_mounts_come_after_those_of_the_engine_and_before_paths_are_hidden()
    {
        IReadOnlyList<LaunchStep> steps = Steps(MountSpec.Bind("/1", "/sys/fs/cgroup"));
        List<string> order = [.. steps.Where(s => s.Code is PlanOpcode.Attach or PlanOpcode.MaskPath).Select(s => s.Target)];
        Assert.True(order.IndexOf("/sys") < order.LastIndexOf("/sys/fs/cgroup"));
        Assert.True(order.LastIndexOf("/sys/fs/cgroup") < order.IndexOf("/sys/firmware"));
    }

    [Fact]
    public void Owners_are_mapped_while_the_mount_is_nowhere_yet()
    {
        IReadOnlyList<LaunchStep> steps = Steps(
            MountSpec.Bind("/1", "/a") with { IdMap = new IdMapSpec([new IdRange(1000, 0, 1), new IdRange(5, 6, 7)], [new IdRange(1, 2, 3)]) });
        LaunchStep made = steps.Single(PlanOpcode.MakeUserNamespace);
        Assert.Equal(("1000 0 1\n5 6 7\n", "1 2 3\n"), (made.Text1, made.Text2));
        LaunchStep mapped = steps.Single(s => s.Code == PlanOpcode.SetMountAttributes && s.X == Libc.MOUNT_ATTR_IDMAP);
        Assert.Equal(made.Slot, (int)mapped.Mode);
        Assert.True(steps.ToList().IndexOf(mapped) < steps.ToList().FindIndex(s => s is { Code: PlanOpcode.Attach, Target: "/a" }));
    }

    private static IReadOnlyList<LaunchStep> Steps(params MountSpec[] mounts) =>
        PlanInput.Steps(PlanInput.Spec() with { Storage = new StorageSpec { Mounts = mounts } });
}
