using System.Diagnostics;
using Containers.Engine.Cgroups;
using Xunit;

namespace Containers.Engine.Tests.Cgroups;

/// <summary>
/// On this machine's own tree, as root: as it is, and where it is a hybrid also its v1 and its v2 part alone, so that all
/// three ways are tried on one host.
/// </summary>
public sealed class RealCgroupTests
{
    private const string Host = "the host";
    private const string V1 = "v1 alone";
    private const string V2 = "v2 alone";

    [SkippableTheory]
    [InlineData(Host)]
    [InlineData(V1)]
    [InlineData(V2)]
    public void Processes_are_listed_killed_and_the_directories_removed(string tree)
    {
        using RealGroup group = Open(tree);
        Assert.False(group.Cgroup.Exists);
        group.Create();
        Assert.True(group.Cgroup.Exists);
        Process child = group.Start("(trap '' TERM; sleep 1000) & sleep 1000 & echo ready; wait");
        child.StandardOutput.ReadLine();

        Assert.Contains(child.Id, group.Cgroup.Processes());
        Assert.True(group.Cgroup.Processes().Count >= 3);
        Assert.Contains($"{child.Id}\n", File.ReadAllText(group.Plan.ProcessesFile!), StringComparison.Ordinal);

        group.Cgroup.Kill();
        Assert.True(child.WaitForExit(5000));
        Assert.Equal(137, child.ExitCode);
        Assert.True(group.Cgroup.Remove());
        Assert.True(group.Cgroup.Remove());
        Assert.False(group.Cgroup.Exists);
        Assert.All(group.Plan.Directories, d => Assert.False(Directory.Exists(d)));
        Assert.Empty(group.Cgroup.Processes());
    }

    [SkippableTheory]
    [InlineData(Host)]
    [InlineData(V1)]
    [InlineData(V2)]
    public void A_frozen_process_does_nothing_until_thawed(string tree)
    {
        using RealGroup group = Open(tree);
        group.Create();
        Process child = group.Start("while :; do echo tick; sleep 0.01; done");
        child.StandardOutput.ReadLine();

        group.Cgroup.Freeze();
        Assert.True(group.Cgroup.IsFrozen());
        Assert.Equal(group.Plan.FreezeIsV1 ? "FROZEN" : "1", File.ReadAllText(group.Plan.FreezeFile!).Trim());
        long used = CpuTicks(child);
        Thread.Sleep(100);
        Assert.Equal(used, CpuTicks(child));

        group.Cgroup.Thaw();
        Assert.False(group.Cgroup.IsFrozen());
        string? line = "";
        for (int i = 0; i < 40 && line is not null; i++)
        {
            line = child.StandardOutput.ReadLine();
        }

        Assert.Equal("tick", line);
    }

    [SkippableTheory]
    [InlineData(Host)]
    [InlineData(V1)]
    [InlineData(V2)]
    public void A_frozen_tree_can_be_killed(string tree)
    {
        using RealGroup group = Open(tree);
        group.Create();
        Process child = group.Start("sleep 1000 & echo ready; wait");
        child.StandardOutput.ReadLine();
        group.Cgroup.Freeze();

        group.Cgroup.Kill();

        Assert.True(child.WaitForExit(5000));
    }

    [SkippableTheory]
    [InlineData(Host)]
    [InlineData(V1)]
    [InlineData(V2)]
    public void Devices_that_no_rule_allows_are_denied(string tree)
    {
        using RealGroup group = Open(tree);
        group.Create(null, "c *:* m", "c 1:5 r", "c 1:5 w", "c 1:8 r");

        Assert.Equal("denied", group.Run("(echo x > /dev/null) 2>&- && echo allowed || echo denied").Output);
        Assert.Equal("denied", group.Run("(: < /dev/null) 2>&- && echo allowed || echo denied").Output);
        Assert.Equal("allowed", group.Run("(: <> /dev/zero) 2>&- && echo allowed || echo denied").Output);
        Assert.Equal("allowed", group.Run("(: < /dev/random) 2>&- && echo allowed || echo denied").Output);
        Assert.Equal("denied", group.Run("(: > /dev/random) 2>&- && echo allowed || echo denied").Output);
    }

    [SkippableTheory]
    [InlineData(Host)]
    [InlineData(V1)]
    [InlineData(V2)]
    public void Everything_but_one_device_can_be_allowed(string tree)
    {
        using RealGroup group = Open(tree);
        group.Create(null, "a *:* rwm", "!c 1:3 w");

        Assert.Equal("denied", group.Run("(echo x > /dev/null) 2>&- && echo allowed || echo denied").Output);
        Assert.Equal("allowed", group.Run("(: < /dev/null) 2>&- && echo allowed || echo denied").Output);
    }

    [SkippableTheory]
    [InlineData(Host)]
    [InlineData(V1)]
    [InlineData(V2)]
    public void A_rule_that_takes_back_is_kept_or_refused_but_never_ignored(string tree)
    {
        using RealGroup group = Open(tree);
        string[] rules = ["c *:* rwm", "!c 1:3 w"];
        if (tree == V1)
        {
            Assert.Equal("DeviceControlUnavailable", Assert.Throws<EngineException>(() => group.Create(null, rules)).ErrorId);
            Assert.False(group.Cgroup.Exists);
            return;
        }

        group.Create(null, rules);
        Assert.Equal("denied", group.Run("(echo x > /dev/null) 2>&- && echo allowed || echo denied").Output);
        Assert.Equal("allowed", group.Run("(: < /dev/null) 2>&- && echo allowed || echo denied").Output);
    }

    [SkippableTheory]
    [InlineData(Host)]
    [InlineData(V2)]
    public void The_default_rules_of_a_container_are_accepted(string tree)
    {
        using RealGroup group = Open(tree);
        group.Create(
            null, "c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 5:1 rwm",
            "c 5:2 rwm", "c 136:* rwm");

        Assert.Equal("ok", group.Run("echo x > /dev/null && head -c 1 /dev/urandom > /dev/null && echo ok").Output);
    }

    [SkippableFact]
    public void The_pids_limit_holds()
    {
        using RealGroup group = Open(Host, "pids");
        group.Create(new ResourceLimits { PidsLimit = 4 });

        (int code, _, string error) = group.Run("for i in 1 2 3 4 5 6 7 8; do sleep 3 > /dev/null 2>&1 & done; echo survived");

        Assert.NotEqual(0, code);
        Assert.Contains("fork", error, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(4, group.Cgroup.Read().ProcessesLimit);
    }

    [SkippableFact]
    public void A_memory_hog_is_killed_and_counted()
    {
        using RealGroup group = Open(Host, "memory");
        group.Create(new ResourceLimits { Memory = 16 << 20, MemorySwap = 16 << 20 });
        Assert.Equal(0, group.Cgroup.OomKills());

        (int code, _, _) = group.Run("exec tail /dev/zero");

        Assert.Equal(137, code);
        Assert.True(group.Cgroup.OomKills() >= 1);
        Assert.Contains("oom_kill ", File.ReadAllText(group.Plan.OomFile!), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Memory_limits_grow_and_shrink_while_running()
    {
        using RealGroup group = Open(Host, "memory");
        group.Create(new ResourceLimits { Memory = 64 << 20, MemoryReservation = 8 << 20 });
        group.Start("sleep 1000");

        foreach (long size in (long[])[256 << 20, 32 << 20, -1, 48 << 20])
        {
            group.Cgroup.Update(new ResourceLimits { Memory = size }, group.Warnings);
            Assert.Equal(size < 0 ? null : size, group.Cgroup.Read().MemoryLimitBytes);
        }

        group.Cgroup.Update(new ResourceLimits { Memory = 96 << 20, MemorySwap = 100 << 20 }, group.Warnings);
        group.Cgroup.Update(new ResourceLimits { MemorySwap = -1 }, group.Warnings);
        Assert.Equal(96 << 20, group.Cgroup.Read().MemoryLimitBytes);
        Assert.True(group.Cgroup.Read().MemoryBytes > 0);
    }

    [SkippableFact]
    public void A_limit_below_what_is_used_is_refused_and_nobody_dies()
    {
        using RealGroup group = Open(Host, "memory");
        group.Create(new ResourceLimits { Memory = 64 << 20, MemorySwap = 64 << 20 });
        Process child = group.Start("x=$(head -c 20000000 /dev/zero | tr '\\0' x); echo full; sleep 1000; echo $x");
        Assert.Equal("full", child.StandardOutput.ReadLine());

        EngineException e = Assert.Throws<EngineException>(
            () => group.Cgroup.Update(new ResourceLimits { Memory = 4 << 20, MemorySwap = 4 << 20 }, group.Warnings));

        Assert.Equal("MemoryInUse", e.ErrorId);
        Assert.False(child.HasExited);
        Assert.Equal(0, group.Cgroup.OomKills());
    }

    [SkippableFact]
    public void Cpu_limits_are_in_force_from_the_start()
    {
        using RealGroup group = Open(Host, "cpu", "cpuset");
        group.Create(new ResourceLimits { Cpus = 0.2m, CpuSet = "0", CpuShares = 512 });

        (_, string cpus, _) = group.Run("grep Cpus_allowed_list /proc/self/status; timeout 0.6 sh -c 'while :; do :; done'");

        Assert.EndsWith("\t0", cpus, StringComparison.Ordinal);
        CgroupStatistics statistics = group.Cgroup.Read();
        Assert.True(statistics.CpuThrottledPeriods > 0);
        Assert.InRange(statistics.CpuNanoseconds!.Value, 1, 400_000_000);
        Assert.Empty(group.Warnings);
    }

    [SkippableFact]
    public void An_update_reaches_processes_in_hierarchies_not_joined_before()
    {
        using RealGroup group = Open(Host, "cpu", "cpuset");
        group.Create();
        Process child = group.Start("sleep 1000 & echo ready; wait");
        child.StandardOutput.ReadLine();

        group.Cgroup.Update(new ResourceLimits { CpuSet = "0", CpuShares = 512, PidsLimit = 9 }, group.Warnings);

        foreach (int pid in group.Cgroup.Processes())
        {
            Assert.Contains("Cpus_allowed_list:\t0\n", File.ReadAllText($"/proc/{pid}/status"), StringComparison.Ordinal);
        }

        Assert.True(group.Cgroup.Processes().Count >= 2);
        Assert.Equal(9, group.Cgroup.Read().ProcessesLimit);
        if (group.Plan.JoinFiles.Count > 0)
        {
            Assert.Equal(group.Plan.JoinFiles.Count + 2, group.Cgroup.Describe().JoinFiles.Count);
        }
    }

    [SkippableTheory]
    [InlineData(Host)]
    [InlineData(V2)]
    public void An_update_of_a_group_that_is_not_there_is_refused(string tree)
    {
        using RealGroup group = Open(tree);

        EngineException e = Assert.Throws<EngineException>(() => group.Cgroup.Update(new ResourceLimits { PidsLimit = 5 }, []));

        Assert.Equal("CgroupNotFound", e.ErrorId);
        Assert.False(group.Cgroup.Exists);
    }

    [SkippableTheory]
    [InlineData(Host)]
    [InlineData(V1)]
    [InlineData(V2)]
    public void What_exists_empty_is_replaced_and_what_is_used_is_left_alone(string tree)
    {
        using RealGroup group = Open(tree);
        group.Create(null, "c 1:5 r");
        group.Create();
        Assert.Equal("ok", group.Run("echo x > /dev/null && echo ok").Output); // the old device rules are gone
        Process child = group.Start("echo ready; exec sleep 1000");
        child.StandardOutput.ReadLine();

        Assert.Equal("CgroupInUse", Assert.Throws<EngineException>(() => group.Create()).ErrorId);

        Assert.Contains(child.Id, group.Cgroup.Processes());
    }

    [SkippableFact]
    public void A_failed_creation_leaves_nothing()
    {
        using RealGroup group = Open(Host, "cpu");
        bool realtime = File.Exists("/sys/fs/cgroup/cpu/cpu.rt_runtime_us");
        ResourceLimits refused = Detect(Host).Version == CgroupVersion.V2
            ? new() { PidsLimit = 5, Settings = new Dictionary<string, string> { ["memory.high"] = "much" } }
            : new() { PidsLimit = 5, CpuRtRuntime = 900000 }; // the parent has no real-time budget to give
        Skip.If(Detect(Host).Version != CgroupVersion.V2 && !realtime, "no real-time budgets in this kernel");

        EngineException e = Assert.Throws<EngineException>(() => group.Create(refused));

        Assert.Equal("CgroupLimitRefused", e.ErrorId);
        Assert.False(group.Cgroup.Exists);
        Assert.Equal(0, Leftovers());
    }

    [SkippableTheory]
    [InlineData(Host)]
    [InlineData(V2)]
    public void Nested_groups_of_the_container_are_found_and_removed(string tree)
    {
        using RealGroup group = Open(tree);
        group.Create();
        Skip.If(group.Plan.CloneIntoDirectory is null, "no v2 directory");
        string nested = $"{group.Plan.CloneIntoDirectory}/a/b";
        Directory.CreateDirectory(nested);
        Process child = group.Start($"echo 0 > {nested}/cgroup.procs; echo ready; exec sleep 1000");
        child.StandardOutput.ReadLine();

        Assert.Contains(child.Id, group.Cgroup.Processes());
        group.Cgroup.Kill();
        Assert.True(child.WaitForExit(5000));
        Assert.True(group.Cgroup.Remove());
    }

    private static int Leftovers() =>
        Directory.GetDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup")
            .SelectMany(d => Directory.GetDirectories(d, "containers-test-*"))
            .Count(d => Directory.Exists($"{d}/box"));

    private static long CpuTicks(Process process)
    {
        string stat = File.ReadAllText($"/proc/{process.Id}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[11], null) + long.Parse(fields[12], null);
    }

    private static RealGroup Open(string tree, params string[] controllers)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "needs root");
        CgroupHost host = Detect(tree);
        Skip.If(host.Version == CgroupVersion.None, $"this machine has no tree for '{tree}'");
        string[] missing = [.. controllers.Except(host.Controllers)];
        Skip.If(missing.Length > 0, $"this machine lacks the controller {string.Join(", ", missing)}");
        return new RealGroup(host);
    }

    private static CgroupHost Detect(string tree)
    {
        IEnumerable<string> lines = File.ReadLines("/proc/self/mountinfo");
        string text = string.Join('\n', tree switch
        {
            V1 => lines.Where(l => !l.Contains(" - cgroup2 ", StringComparison.Ordinal)),
            V2 => lines.Where(l => !l.Contains(" - cgroup ", StringComparison.Ordinal)),
            _ => lines,
        });
        return CgroupHost.Detect(text, () => File.ReadAllText("/proc/self/cgroup"));
    }
}
