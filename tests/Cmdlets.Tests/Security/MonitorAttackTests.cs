using System.Security.Cryptography;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Security;

/// <summary>Attacks on the monitor and on what it could leak: S1 to S6, S8 of the security design.</summary>
[Collection("hosted shell")]
public sealed class MonitorAttackTests(AttackBench bench) : IClassFixture<AttackBench>
{
    [SkippableFact]
    public void S1_A_program_that_runs_the_monitor_again_cannot_change_it()
    {
        AttackBench.Require();
        string monitor = Path.Combine(Path.GetDirectoryName(BuiltOutput.Module)!, "bin/containers-monitor");
        byte[] before = SHA256.HashData(File.ReadAllBytes(monitor));
        string image = bench.Image("selfexe", "ln -s /proc/self/exe self; printf '#!/proc/self/exe\\n' > script; chmod 755 script; mkfifo pipe");
        bench.Shell.Run($"Invoke-ContainerImage {image} -RemoveOnExit -Entrypoint /script -Command x");

        // It waits for ever on its "plan", a FIFO, as process 1 with the monitor as its program.
        bench.Shell.Run($"Invoke-ContainerImage {image} -Detach -Name waits -Entrypoint /self -Command /pipe");
        string result = bench.Attack(
            "readlink /proc/1/exe; for i in 1 2 3; do chmod 000 /proc/1/exe; echo junk > /proc/1/exe && echo WRITTEN; done 2>/dev/null; echo end", "-PidMode container:waits");
        Assert.EndsWith("end", result, StringComparison.Ordinal);
        Assert.DoesNotContain("WRITTEN", result, StringComparison.Ordinal);
        Assert.Equal("still", bench.Attack("echo still"));
        bench.Remove("waits");
        Assert.Equal(before, SHA256.HashData(File.ReadAllBytes(monitor)));
    }

    [SkippableFact]
    public void S1_The_monitor_runs_from_a_sealed_file_of_its_own()
    {
        string id = bench.Start("sealed", "sleep 100");
        string monitor = bench.Shell.Run("(Get-Container $args[0]).MonitorProcessId", id).Lines[0];
        Assert.StartsWith("/memfd:containers-monitor", bench.Host($"readlink /proc/{monitor}/exe"), StringComparison.Ordinal);
        Assert.Contains("Text file busy", bench.Host($"(echo x >> /proc/{monitor}/exe) || true"), StringComparison.Ordinal);
        Assert.Equal("0", bench.Host($"ls -l /proc/{monitor}/fd | grep -c '/dev/pts' || true").Trim());
        Assert.Equal("", bench.Host($"tr '\\0' '\\n' < /proc/{monitor}/environ").Trim());
        bench.Remove("sealed");
    }

    [SkippableFact]
    public void S2_No_descriptor_but_stdio_reaches_the_program()
    {
        Assert.Equal("0\n1\n2\n3", bench.Attack("ls /proc/self/fd")); // 3 is the directory that ls reads.
        Assert.Equal("0\n1\n2\n3", bench.Attack("ls /proc/self/fd", "-Init"));
        Assert.Equal("0\n1\n2\n3", bench.Attack("ls /proc/self/fd", "-NoNewPrivileges -User 1000"));
    }

    [SkippableTheory]
    [InlineData("/proc/self/fd/{0}")]
    [InlineData("/proc/1/fd/{0}")]
    [InlineData("/proc/self/fd/{0}/../../../..")]
    [InlineData("/fds/{0}")]
    public void S2_A_working_directory_behind_a_descriptor_leads_nowhere(string pattern)
    {
        string image = bench.Image("fds", "ln -s /proc/self/fd fds");
        for (int fd = 3; fd < 16; fd++)
        {
            string directory = string.Format(null, pattern, fd);
            string text = bench.Attack("pwd; cat ../../../../../../etc/hostname", $"-WorkingDirectory {directory} -Hostname inside", image);
            Assert.True(text.StartsWith("ERROR ", StringComparison.Ordinal) || text.EndsWith("\ninside", StringComparison.Ordinal), directory + ": " + text);
        }
    }

    [SkippableFact]
    public void S2_A_working_directory_of_the_image_is_resolved_inside_it()
    {
        string fd = bench.Image("workfd", "", "-WorkingDirectory /proc/self/fd/6");
        Assert.StartsWith("ERROR ", bench.Attack("pwd", image: fd), StringComparison.Ordinal);
        string link = bench.Image("worklink", "ln -s $CANARY link", "-WorkingDirectory /link/a/b");
        string text = bench.Attack("pwd; echo x > made", image: link);
        Assert.True(text.StartsWith("ERROR ", StringComparison.Ordinal) || text.Contains("/a/b", StringComparison.Ordinal), text);
        bench.AssertCanaryUnchanged();
    }

    [SkippableFact]
    public void S3_A_container_that_shares_a_process_namespace_sees_nothing_of_the_host()
    {
        // The loop looks at every new process while twelve containers start in the same namespace.
        bench.Start("watcher", "while true; do for p in /proc/[0-9]*; do ls -l $p/fd $p/cwd $p/root $p/exe; cat $p/environ $p/maps; done; done 2>/dev/null");
        for (int i = 0; i < 12; i++)
        {
            Assert.Equal("x", bench.Attack("echo x", "-PidMode container:watcher -Init"));
        }

        string log = AttackBench.Text(bench.Shell.Run("(Get-ContainerLog watcher).Line"));
        bench.Remove("watcher");
        Assert.Contains("/bin/busybox", log, StringComparison.Ordinal);
        Assert.DoesNotContain(bench.Shell.DataRoot, log, StringComparison.Ordinal);
        Assert.DoesNotContain(bench.Shell.RunRoot, log, StringComparison.Ordinal);
        Assert.DoesNotContain("containers-monitor", log, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void S4_No_control_socket_can_be_reached_from_a_container_or_by_other_users()
    {
        string id = bench.Start("sockets", "sleep 100");
        string run = Path.Combine(bench.Shell.RunRoot, "containers", id);
        Assert.Equal("700\n700", bench.Host($"stat -c %a '{run}' '{run}/control.sock'").Trim());
        string sockets = bench.Attack("cat /proc/net/unix", "-Network host");
        Assert.Contains("Path", sockets, StringComparison.Ordinal);
        Assert.DoesNotContain("@containers", sockets, StringComparison.Ordinal);
        Assert.DoesNotContain(sockets.Split('\n'), line => line.Contains('@', StringComparison.Ordinal) && line.Contains("control", StringComparison.Ordinal));
        bench.Remove("sockets");
    }

    [SkippableFact]
    public void S5_What_an_image_calls_its_programs_and_libraries_is_never_run_on_the_host()
    {
        string trojan = "#!/bin/sh\\ntouch \\\"$CANARY/ran\\\"\\n";
        string image = bench.Image(
            "trojan",
            $"for p in xz gzip zstd ps nsenter iptables newuidmap; do printf \"{trojan}\" > bin/_$p; rm -f bin/$p; mv bin/_$p bin/$p; chmod 755 bin/$p; done; "
            + "mkdir -p lib etc; echo /lib/evil.so > etc/ld.so.preload; echo junk > lib/evil.so; printf 'passwd: evil\\n' > etc/nsswitch.conf");
        string environment = "-Environment @{ LD_PRELOAD = '/lib/evil.so'; DOTNET_STARTUP_HOOKS = '/lib/evil.dll'; DOTNET_gcServer = '1'; PSModulePath = '/evil' }";
        Assert.Equal("up", bench.Attack("echo up", environment + " -User 0:0", image));
        string id = bench.Start("trojans", "sleep 100", environment, image);
        string monitor = bench.Shell.Run("(Get-Container $args[0]).MonitorProcessId", id).Lines[0];
        Assert.DoesNotContain("evil", bench.Host($"cat /proc/{monitor}/environ /proc/{monitor}/maps"), StringComparison.Ordinal);
        bench.Remove("trojans");
        bench.AssertCanaryUnchanged();
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("-User 1000")]
    [InlineData("-Init")]
    [InlineData("-AddCapability SYS_ADMIN,SYS_PTRACE")]
    public void S6_Inheritable_and_ambient_capabilities_are_empty(string parameters)
    {
        string status = bench.Attack("grep -E 'Cap(Inh|Amb)' /proc/self/status | cut -f2", parameters);
        Assert.Equal("0000000000000000\n0000000000000000", status);
    }

    [SkippableFact]
    public void S6_The_default_capabilities_are_dockers_fourteen_and_a_user_has_none()
    {
        Assert.Equal("00000000a80425fb\n00000000a80425fb\n00000000a80425fb", bench.Attack("grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status | cut -f2"));
        Assert.Equal(
            "0000000000000000\n0000000000000000\n00000000a80425fb",
            bench.Attack("grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status | cut -f2", "-User 1000"));
    }

    [SkippableFact]
    public void S6_Inheritable_file_capabilities_give_a_user_nothing()
    {
        Skip.IfNot(File.Exists("/usr/sbin/setcap"), "setcap (libcap2-bin) is not installed.");
        string image = bench.Image("filecaps", "mkdir own; cp bin/busybox own/; setcap cap_net_raw,cap_sys_chroot+ei own/busybox");
        Assert.Equal("CapEff:\t0000000000000000", bench.Attack("exec /own/busybox grep CapEff /proc/self/status", "-User 1000", image));
    }

    [SkippableTheory]
    [InlineData("kill -9 0")]
    [InlineData("kill -STOP 0")]
    public void A_container_cannot_signal_its_monitor_through_the_process_group(string attack)
    {
        // A trap of all: the shell that is process 1 survives its own signals, so that only a foreign victim shows.
        string id = bench.Start("group", $"{attack}; touch /done; sleep 100", "-Init");
        string monitor = bench.Shell.Run("(Get-Container $args[0]).MonitorProcessId", id).Lines[0];
        Thread.Sleep(300);
        string state = bench.Host($"grep State /proc/{monitor}/status || echo gone");
        bench.Host($"kill -CONT {monitor} 2>/dev/null || true");
        bench.Remove("group");
        Assert.DoesNotContain("T (stopped)", state, StringComparison.Ordinal);
        if (attack.Contains("STOP", StringComparison.Ordinal))
        {
            Assert.Contains("S (sleeping)", state, StringComparison.Ordinal);
        }

        // Process 1 without an init stays, because a process namespace protects it; its monitor must stay, too.
        id = bench.Start("group", $"{attack}; sleep 100");
        monitor = bench.Shell.Run("(Get-Container $args[0]).MonitorProcessId", id).Lines[0];
        Thread.Sleep(300);
        state = bench.Host($"grep State /proc/{monitor}/status || echo gone");
        bench.Host($"kill -CONT {monitor} 2>/dev/null || true");
        bench.Remove("group");
        Assert.Contains("S (sleeping)", state, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_null_device_of_the_host_is_not_among_what_a_container_holds()
    {
        string host = bench.Host("stat -c '%d:%i' /dev/null").Trim();
        string inside = bench.Attack("stat -L -c '%d:%i' /proc/self/fd/0 /dev/null");
        Assert.DoesNotContain(host, inside.Split('\n'));
        string masked = bench.Attack("for f in /proc/keys /proc/timer_list /proc/interrupts; do [ -e $f ] && chmod 666 $f 2>&1; done; true");
        Assert.NotEqual("", masked);
        Assert.All(masked.Split('\n'), line => Assert.Contains("Read-only file system", line, StringComparison.Ordinal));
    }

    [SkippableFact]
    public void S8_What_is_too_long_or_has_a_NUL_is_refused_and_nothing_stays_behind()
    {
        int before = bench.Shell.Run("Get-Container").Output.Count;
        string[] hostile =
        [
            "-WorkingDirectory ('/' + 'a' * 70000)", "-WorkingDirectory ('/' * 70000)", "-WorkingDirectory (\"/x`0y\")",
            "-Environment @{ A = ('x' * 2097152) }", "-Environment @{ A = \"x`0y\" }", "-Environment @{ \"A`0B\" = 'x' }",
            "-Tmpfs \"/t`0\"", "-User \"0`n0\"", "-Hostname \"a`nb\"", "-Hostname ('a' * 70000)",
            "-Mask ('/' + 'a' * 70000)", "-Sysctl @{ \"net.core.somaxconn\" = \"1`n2\" }", "-Name \"a`nb\"",
        ];
        foreach (string parameters in hostile)
        {
            string text = bench.Attack("echo RAN", parameters);
            Assert.True(text.StartsWith("ERROR ", StringComparison.Ordinal), parameters + ": " + text);
        }

        Assert.Equal("RAN", bench.Attack("echo RAN", "-Tmpfs (1..500 | ForEach-Object { \"/t$_\" })"));
        Assert.Equal("RAN", bench.Attack("echo RAN", "-WorkingDirectory ('/' + ('a' * 100 + '/') * 30)"));
        Assert.Equal(before, bench.Shell.Run("Get-Container").Output.Count);
    }
}
