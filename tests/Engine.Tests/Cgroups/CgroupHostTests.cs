using Containers.Engine.Cgroups;
using Xunit;

namespace Containers.Engine.Tests.Cgroups;

public class CgroupHostTests
{
    private const string PureV2 = """
        22 27 0:20 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
        30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
        """;

    private const string PureV1 = """
        31 23 0:28 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755
        32 31 0:29 / /sys/fs/cgroup/systemd rw,nosuid shared:10 - cgroup cgroup rw,xattr,release_agent=/lib/systemd/agent,name=systemd
        33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:11 - cgroup cgroup rw,cpu,cpuacct
        34 31 0:31 / /sys/fs/cgroup/memory rw,nosuid shared:12 - cgroup cgroup rw,memory
        35 31 0:32 / /sys/fs/cgroup/pids rw,nosuid shared:13 - cgroup cgroup rw,pids
        """;

    private const string Wsl = """
        45 40 0:22 / /sys rw,nosuid,nodev,noexec,noatime shared:7 - sysfs sysfs rw
        53 45 0:31 / /sys/fs/cgroup/unified rw,nosuid,nodev,noexec,relatime shared:8 - cgroup2 cgroup2 rw,nsdelegate
        54 45 0:32 / /sys/fs/cgroup/cpuset rw,nosuid,nodev,noexec,relatime shared:9 - cgroup cgroup rw,cpuset
        55 45 0:33 / /sys/fs/cgroup/memory rw,nosuid,nodev,noexec,relatime shared:10 - cgroup cgroup rw,memory
        60 45 0:38 / /sys/fs/cgroup/devices rw,nosuid,nodev,noexec,relatime shared:15 - cgroup cgroup rw,devices
        64 45 0:42 / /sys/fs/cgroup/pids rw,nosuid,nodev,noexec,relatime shared:19 - cgroup cgroup rw,pids
        """;

    private const string InContainerV1 = """
        1204 1203 0:116 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw,mode=755
        1205 1204 0:29 /docker/4f1c /sys/fs/cgroup/memory ro,nosuid,nodev,noexec,relatime master:12 - cgroup cgroup rw,memory
        1206 1204 0:30 /docker/4f1c /sys/fs/cgroup/pids ro,nosuid,nodev,noexec,relatime master:13 - cgroup cgroup rw,pids
        """;

    private const string InContainerV2 = """
        1205 1204 0:26 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw,nsdelegate
        """;

    private const string None = """
        22 27 0:20 / /proc rw,relatime - proc proc rw
        23 27 8:1 / / rw - ext4 /dev/sda1 rw
        24 27 0:50 / /data/a - cgroup\040b rw - overlay overlay rw,lowerdir=/x
        """;

    public static TheoryData<string, CgroupVersion, string> Samples => new()
    {
        { PureV1, CgroupVersion.V1, "cpu cpuacct memory pids" },
        { Wsl, CgroupVersion.Hybrid, "cpuset devices memory pids" },
        { InContainerV1, CgroupVersion.V1, "memory pids" },
        { None, CgroupVersion.None, "" },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void The_mount_table_tells_version_and_controllers(string mountInfo, object version, string controllers)
    {
        CgroupHost host = Detect(mountInfo);

        Assert.Equal(version, host.Version);
        Assert.Equal(controllers, string.Join(' ', host.Controllers.Order()));
    }

    [Fact]
    public void A_named_hierarchy_beside_v2_is_still_v2() => Assert.Equal(
        CgroupVersion.V2,
        Detect(PureV2 + "\n99 23 0:90 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd").Version);

    [Theory]
    [InlineData("/user.slice/user-0.slice/session-3.scope", true)]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/app.slice/app-shell.scope", true)]
    [InlineData("/system.slice/cron.service", true)]
    [InlineData("/machine.slice/machine-web.scope/sub", true)]
    [InlineData("/init.scope", false)]
    [InlineData("/pwsh-containers/monitors", false)]
    [InlineData("/", false)]
    public void A_monitor_leaves_the_unit_that_systemd_would_end_with_it(string own, bool leaves)
    {
        using FakeGroup top = new("cgroup.procs");

        CgroupHost host = CgroupHost.Detect($"30 23 0:26 / {top.Path} rw - cgroup2 cgroup2 rw", () => $"0::{own}\n");

        Assert.Equal(leaves ? [$"{top.Path}/ours/monitors/cgroup.procs"] : [], host.FilesOutsideUnit("ours/monitors"));
    }

    [Fact]
    public void On_a_hybrid_host_a_monitor_leaves_the_unit_in_both_trees_of_systemd()
    {
        const string Unit = "/user.slice/user-0.slice/session-1.scope";
        string mounts = PureV1 + "\n36 31 0:33 / /sys/fs/cgroup/unified rw shared:11 - cgroup2 cgroup2 rw";

        CgroupHost host = CgroupHost.Detect(mounts, () => $"5:pids:{Unit}\n4:memory:{Unit}\n1:name=systemd:{Unit}\n0::{Unit}\n");

        Assert.Equal(
            ["/sys/fs/cgroup/unified/ours/cgroup.procs", "/sys/fs/cgroup/systemd/ours/cgroup.procs"], host.FilesOutsideUnit("ours"));
    }

    [Fact]
    public void On_v2_the_controllers_are_read_from_the_tree()
    {
        using FakeGroup top = new("cgroup.procs");
        top["cgroup.controllers"] = "cpuset cpu io memory pids\n";

        CgroupHost host = Detect($"30 23 0:26 / {top.Path} rw - cgroup2 cgroup2 rw");

        Assert.Equal(CgroupVersion.V2, host.Version);
        Assert.Equal("cpu cpuset io memory pids", string.Join(' ', host.Controllers.Order()));
    }

    [Fact]
    public void A_mount_point_with_a_space_is_unescaped()
    {
        CgroupMount mount = Assert.Single(CgroupMount.ParseAll(@"30 23 0:26 /a /mnt/my\040cgroups rw shared:1 master:2 - cgroup2 x rw"));

        Assert.Equal("/mnt/my cgroups", mount.MountPoint);
        Assert.Equal("/a", mount.Root);
    }

    [Theory]
    [InlineData(InContainerV1)]
    [InlineData(InContainerV2)]
    public void A_read_only_tree_is_refused_before_anything_is_made(string mountInfo)
    {
        ICgroup group = Detect(mountInfo).Get("pwsh-containers/x");

        EngineException e = Assert.Throws<EngineException>(() => group.Create(new ResourceLimits(), [], []));

        Assert.Equal("CgroupNotWritable", e.ErrorId);
        Assert.Equal(EngineErrorKind.PermissionDenied, e.Kind);
        Assert.NotNull(e.Action);
    }

    [Fact]
    public void Without_cgroups_limits_and_device_rules_are_refused()
    {
        ICgroup group = Detect(None).Get("x");

        Assert.Equal("CgroupNotMounted", Assert.Throws<EngineException>(() => group.Create(new() { PidsLimit = 5 }, [], [])).ErrorId);
        Assert.Equal(
            "CgroupNotMounted",
            Assert.Throws<EngineException>(() => group.Create(new(), [DeviceRule.Parse("c 1:3 rwm")], [])).ErrorId);
        Assert.Equal("CgroupNotMounted", Assert.Throws<EngineException>(group.Kill).ErrorId);
    }

    [Fact]
    public void Without_cgroups_an_unlimited_container_runs_with_a_warning()
    {
        List<string> warnings = [];

        Assert.Null(Detect(None).Get("x").Create(new ResourceLimits(), [], warnings).CloneIntoDirectory);

        Assert.Single(warnings);
    }

    [Fact]
    public void Where_no_hierarchy_controls_devices_rules_are_refused()
    {
        EngineException e = Assert.Throws<EngineException>(
            () => Detect(PureV1).Get("x").Create(new ResourceLimits(), [DeviceRule.Parse("c 1:3 rwm")], []));

        Assert.Equal("DeviceControlUnavailable", e.ErrorId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/../b")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("a/cgroup.procs")]
    [InlineData("a\nb")]
    public void A_group_that_leaves_the_tree_is_refused(string group) =>
        Assert.Equal("InvalidCgroupPath", Assert.Throws<EngineException>(() => Detect(PureV2).Get(group)).ErrorId);

    [Fact]
    public void In_a_delegated_subtree_groups_go_beside_our_own()
    {
        // As a systemd user session sees it: the top has no cgroup.procs that we may write (here: none at all).
        using FakeGroup top = new();
        string app = Directory.CreateDirectory($"{top.Path}/user.slice/user@1000.service/app.slice").FullName;
        Directory.CreateDirectory($"{app}/shell.scope");
        File.WriteAllText($"{app}/cgroup.procs", "");
        File.WriteAllText($"{app}/cgroup.controllers", "memory pids\n");
        File.WriteAllText($"{app}/cgroup.subtree_control", "memory pids\n");
        CgroupHost host = CgroupHost.Detect(
            $"30 23 0:26 / {top.Path} rw - cgroup2 cgroup2 rw",
            () => "1:name=x:/y\n0::/user.slice/user@1000.service/app.slice/shell.scope\n");

        string? directory = host.Get("box").Create(new ResourceLimits(), [], []).CloneIntoDirectory;

        Assert.Equal($"{app}/box", directory);
        Assert.True(Directory.Exists(directory));
        Assert.Equal("memory pids", string.Join(' ', host.Controllers.Order()));
    }

    [Theory]
    [InlineData("0::/user.slice/session-1.scope\n")]
    [InlineData("0::/\n")]
    [InlineData("0::/../outside\n")]
    [InlineData("")]
    public void A_subtree_that_is_not_delegated_is_refused(string ownCgroup)
    {
        using FakeGroup top = new();
        CgroupHost host = CgroupHost.Detect($"30 23 0:26 / {top.Path} rw - cgroup2 cgroup2 rw", () => ownCgroup);

        Assert.Equal("CgroupNotWritable", Assert.Throws<EngineException>(() => host.Get("box").Create(new(), [], [])).ErrorId);
        Assert.Empty(Directory.GetFileSystemEntries(top.Path));
    }

    private static CgroupHost Detect(string mountInfo) =>
        CgroupHost.Detect(mountInfo, () => throw new InvalidOperationException("asked for our own cgroup"));
}
