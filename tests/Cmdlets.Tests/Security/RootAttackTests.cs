namespace Containers.Cmdlets.Tests.Security;

/// <summary>Attacks on the root file system and its mounts: S9 to S18.</summary>
[Collection("hosted shell")]
public sealed class RootAttackTests(AttackBench bench) : IClassFixture<AttackBench>
{
    [SkippableTheory]
    [InlineData("proclink", "ln -s /tmp proc")]
    [InlineData("syslink", "ln -s / sys")]
    [InlineData("devlink", "ln -s $CANARY dev")]
    [InlineData("devup", "ln -s ../../../../../.. dev")]
    [InlineData("procfile", "touch proc")]
    public void S10_S11_A_link_or_file_in_place_of_a_mount_point_is_refused(string name, string spoil)
    {
        Assert.Equal("ERROR UnsafePath", bench.Attack("echo RAN", image: bench.Image(name, spoil)));
        bench.AssertCanaryUnchanged();
    }

    [SkippableTheory]
    [InlineData("/proc")]
    [InlineData("/proc/sys")]
    [InlineData("/./proc")]
    [InlineData("/x/../proc/sys")]
    [InlineData("/link")]
    [InlineData("/link/sys")]
    public void S10_Nothing_is_mounted_on_procfs(string target)
    {
        string image = bench.Image("toproc", "ln -s /proc link; mkdir x");
        Assert.StartsWith("ERROR ", bench.Attack("echo RAN", $"-Tmpfs {target}", image), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void S9_S39_Files_and_tmpfs_behind_links_stay_inside()
    {
        string image = bench.Image(
            "etclinks", "rm -rf etc tmp; ln -s $CANARY etc; ln -s ../../../../../../../$CANARY tmp; ln -s / run");
        string text = bench.Attack("echo x > /tmp/x; echo y > /etc/hosts; mount | grep -c tmpfs", "-Tmpfs /tmp", image);
        Assert.NotEqual("", text);
        string files = bench.Image("etcfiles", "ln -s $CANARY/secret etc/resolv.conf; ln -s /proc/self/attr/exec etc/hosts; ln -s ../../../../$CANARY/secret etc/hostname");
        bench.Attack("echo overwritten > /etc/resolv.conf; echo overwritten > /etc/hostname", image: files);
        string proc = bench.Image("etcproc", "rm -rf etc; ln -s /proc/sys/kernel etc");
        Assert.StartsWith("ERROR ", bench.Attack("echo RAN", image: proc), StringComparison.Ordinal);
        bench.AssertCanaryUnchanged();
    }

    [SkippableFact]
    public void S11_Nodes_of_the_image_are_covered_and_masks_use_the_real_null()
    {
        string image = bench.Image("devnodes", "mkdir -p dev; echo evil > dev/null; ln -s /proc/sys/kernel/core_pattern dev/console; ln -s $CANARY dev/pts; ln -s $CANARY dev/shm");
        string pattern = File.ReadAllText("/proc/sys/kernel/core_pattern");
        Assert.Equal("character special file 1:3\n0", bench.Attack("stat -c '%F %t:%T' /dev/null; cat /proc/keys | wc -c", image: image));
        Assert.Equal("core\nfd\nfull\nmqueue\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero", bench.Attack("ls /dev", image: image));
        Assert.Equal(pattern, File.ReadAllText("/proc/sys/kernel/core_pattern"));
        bench.AssertCanaryUnchanged();
    }

    [SkippableFact]
    public void S12_A_working_directory_through_a_link_is_made_inside_the_container()
    {
        string image = bench.Image("worktarget", "mkdir real; ln -s /real link; ln -s $CANARY out");
        Assert.Equal("/real/a/b", bench.Attack("pwd -P", "-WorkingDirectory /link/a/b", image));
        bench.Attack("echo x > made", "-WorkingDirectory /out/a/b", image);
        bench.Attack("echo x > made", "-WorkingDirectory /../../../../out/a", image);
        bench.AssertCanaryUnchanged();
    }

    [SkippableTheory]
    [InlineData("kernel.core_pattern", "|/x")]
    [InlineData("kernel/core_pattern", "|/x")]
    [InlineData("net/../kernel/core_pattern", "x")]
    [InlineData("net...kernel.core_pattern", "x")]
    [InlineData("net.core.somaxconn+kernel.core_pattern", "1")]
    [InlineData("kernel.shm_rmid_forced", "1\nkernel.core_pattern=|/x")]
    [InlineData("net.core.somaxconn", "1\n")]
    [InlineData("vm.panic_on_oom", "1")]
    [InlineData("kernel.shm_rmid_forced\n", "1")]
    public void S13_A_parameter_of_the_host_cannot_be_set(string name, string value)
    {
        AttackBench.Require();
        string before = File.ReadAllText("/proc/sys/kernel/core_pattern");
        string text = AttackBench.Text(bench.Shell.Run(
            $"Invoke-ContainerImage {bench.Image("plain")} -RemoveOnExit -Sysctl @{{ $args[0] = $args[1] }} -Command echo,RAN", name, value));
        Assert.Equal("ERROR InvalidSysctl", text);
        Assert.Equal(before, File.ReadAllText("/proc/sys/kernel/core_pattern"));
    }

    [SkippableFact]
    public void S14_Cgroups_cannot_be_written_mounted_or_left()
    {
        string text = bench.Attack(
            "for d in $(find /sys/fs/cgroup -type d); do mkdir $d/evil 2>/dev/null && echo MADE $d; "
            + "for f in $d/*; do [ -f $f ] && (echo 1 > $f) 2>/dev/null && echo WROTE $f; done; done; "
            + "mkdir /cg; for t in cgroup cgroup2; do mount -t $t none /cg && echo MOUNTED $t; done; "
            + "mount -o remount,rw /sys/fs/cgroup && echo REMOUNTED; (echo /x > /cg/release_agent); "
            + "unshare -C true && echo UNSHARED; cut -d: -f3 /proc/self/cgroup | sort | uniq | grep -c pwsh-containers");
        Assert.DoesNotContain("MADE", text, StringComparison.Ordinal);
        Assert.DoesNotContain("WROTE", text, StringComparison.Ordinal);
        Assert.DoesNotContain("MOUNTED", text, StringComparison.Ordinal);
        Assert.DoesNotContain("UNSHARED", text, StringComparison.Ordinal);
        Assert.EndsWith("0", text, StringComparison.Ordinal); // Its own cgroup reads "/": the namespace hides the path.
    }

    [SkippableTheory]
    [InlineData("/proc/acpi")]
    [InlineData("/proc/asound")]
    [InlineData("/proc/interrupts")]
    [InlineData("/proc/kcore")]
    [InlineData("/proc/keys")]
    [InlineData("/proc/latency_stats")]
    [InlineData("/proc/sched_debug")]
    [InlineData("/proc/scsi")]
    [InlineData("/proc/timer_list")]
    [InlineData("/proc/timer_stats")]
    [InlineData("/sys/firmware")]
    [InlineData("/sys/devices/virtual/powercap")]
    [InlineData("/sys/devices/system/cpu/cpu0/thermal_throttle")]
    [InlineData("/sys/fs/selinux")]
    public void S15_A_masked_path_shows_nothing(string path)
    {
        AttackBench.Require();
        Skip.IfNot(Path.Exists(path), $"This kernel has no {path}.");
        string text = bench.Attack($"if [ -d {path} ]; then ls -A {path} | wc -l; else cat {path} | wc -c; fi; mkdir {path}/x || touch {path}");
        Assert.StartsWith("0\n", text, StringComparison.Ordinal);
        Assert.Contains("Read-only file system", text + bench.Attack($"chmod 777 {path}"), StringComparison.Ordinal);
        Assert.Contains("ermission denied", bench.Attack($"umount {path}").Replace("Operation not permitted", "permission denied", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("/proc/bus")]
    [InlineData("/proc/fs")]
    [InlineData("/proc/irq")]
    [InlineData("/proc/sys")]
    [InlineData("/proc/sysrq-trigger")]
    public void S15_A_protected_path_cannot_be_written(string path)
    {
        AttackBench.Require();
        Skip.IfNot(Path.Exists(path), $"This kernel has no {path}.");
        Assert.Contains("Read-only file system", bench.Attack($"chmod 777 {path}"), StringComparison.Ordinal);
        Assert.Contains("ro,", bench.Attack($"grep ' {path} ' /proc/self/mounts"), StringComparison.Ordinal);
        if (path == "/proc/sys")
        {
            Assert.Contains("Read-only file system", bench.Attack("echo x > /proc/sys/kernel/core_pattern"), StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public void S16_The_old_root_is_gone()
    {
        string program = bench.Compile("escape", """
            #include <stdio.h>
            #include <fcntl.h>
            #include <unistd.h>
            #include <sys/stat.h>
            int main(int n, char **a) {
                int fd = open("/", O_RDONLY); mkdir("/jail", 0755);
                if (chroot("/jail")) { perror("chroot"); return 0; }
                fchdir(fd); for (int i = 0; i < 64; i++) chdir("..");
                chroot(".");
                puts(access(a[1], F_OK) == 0 ? "ESCAPED" : "inside"); }
            """);
        Assert.Empty(bench.Shell.Run("New-ContainerImage -Program $args[0] -Reference escape", program).Errors);
        string canary = bench.Canary;
        Assert.Equal("inside", AttackBench.Text(bench.Shell.Run("Invoke-ContainerImage escape -RemoveOnExit -Command $args[0],$args[1]", program, canary)));
        Assert.Equal("no", bench.Attack($"ls {canary} /proc/1/root{canary} /../../..{canary} >/dev/null 2>&1 && echo yes || echo no"));
        Assert.Contains("rror", "error" + bench.Attack("nsenter -t 1 -m true"), StringComparison.Ordinal);
        string mounts = bench.Attack("cut -d' ' -f5 /proc/self/mountinfo | grep -v -E '^/(proc|sys|dev|etc)?(/|$)' | wc -l; grep -c ' / / ' /proc/self/mountinfo");
        Assert.Equal("0\n1", mounts);
    }

    [SkippableFact]
    public void S17_Host_disks_cannot_be_opened_by_number_or_from_a_layer()
    {
        string image = bench.Image("nodes", "mknod disk8 b 8 0; mknod disk254 b 254 0; mknod loop b 7 0; mknod kmem c 1 2; mknod fuse c 10 229");
        string text = bench.Attack(
            "for n in '8 0' '253 0' '254 0' '7 0'; do mknod /d b $n && dd if=/d of=/dev/null bs=512 count=1 && echo READ; rm -f /d; done; "
            + "mknod /m c 1 1 && dd if=/m of=/dev/null count=1 && echo READ; "
            + "for f in /disk8 /disk254 /loop /kmem /fuse; do [ -e $f ] && dd if=$f of=/dev/null bs=1 count=1 && echo READ; done; echo end", image: image);
        Assert.EndsWith("end", text, StringComparison.Ordinal);
        Assert.DoesNotContain("READ", text, StringComparison.Ordinal);
        Assert.Contains("Operation not permitted", text, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void S18_Mounts_of_a_container_do_not_reach_the_host()
    {
        string before = bench.Host("cut -d' ' -f5 /proc/self/mountinfo | sort");
        bench.Start("mounter", "mkdir /m; mount -t tmpfs none /m && touch /ready; sleep 100", "-AddCapability SYS_ADMIN -Tmpfs /t");
        Thread.Sleep(200);
        Assert.Equal(before, bench.Host("cut -d' ' -f5 /proc/self/mountinfo | sort"));
        Assert.DoesNotContain("shared:", bench.Attack("cat /proc/self/mountinfo"), StringComparison.Ordinal);
        bench.Remove("mounter");
        Assert.Equal(before, bench.Host("cut -d' ' -f5 /proc/self/mountinfo | sort"));
    }
}
