using System.Management.Automation;

namespace Containers.Cmdlets.Tests.Lifecycle;

/// <summary>Parameters of New-Container and Invoke-ContainerImage, each seen from inside.</summary>
public class IsolationTests(ContainerHostFixture host) : LifecycleTest(host)
{
    public static TheoryData<string, string, string> Seen => new()
    {
        { "-ReadOnly", "(echo x > /f) 2>/dev/null && echo yes || echo no; (echo x > /tmp/f) 2>/dev/null && echo yes || echo no", "no no" },
        { "-ReadOnly -ReadOnlyTmpfs", "(echo x > /f) 2>/dev/null && echo yes || echo no; echo x > /tmp/f && cat /tmp/f", "no x" },
        { "-Tmpfs '/scratch:size=1m,mode=700'", "stat -c %a /scratch; df -k /scratch | tail -1 | awk '{print $1,$2}'", "700 tmpfs 1024" },
        { "-Tmpfs @{ Target = '/t'; ReadOnly = $true }", "(echo x > /t/f) 2>/dev/null && echo yes || echo no", "no" },
        { "-ShmSize 8MB", "df -k /dev/shm | tail -1 | awk '{print $2}'", "8192" },
        { "-User 1000:1001", "id -u; id -g; grep CapEff /proc/self/status | tr -d '\\t'", "1000 1001 CapEff:0000000000000000" },
        { "-User 1000 -AdditionalGroup 44, 45", "id -G", "0 44 45" },
        { "-WorkingDirectory /a/b", "pwd", "/a/b" },
        { "-Environment @{ A = '1 2'; B = '' }", "echo \"$A|$B|\"", "1 2||" },
        { "-Ulimit @{ nofile = '64:128' }", "ulimit -Sn; ulimit -Hn", "64 128" },
        { "-Umask 0077", "umask; touch /f; stat -c %a /f", "0077 600" },
        { "-Hostname web.example.org", "hostname; cat /etc/hostname; grep -c web /etc/hosts", "web web.example.org 1" },
        { "-Sysctl @{ 'net.core.somaxconn' = '77'; 'kernel.shmmni' = '99' }", "cat /proc/sys/net/core/somaxconn /proc/sys/kernel/shmmni",
            "77 99" },
        { "-Device /dev/null:/dev/mine:r", "test -c /dev/mine && cat /dev/mine; echo $?", "0" },
        { "-OomScoreAdjustment 300", "cat /proc/self/oom_score_adj", "300" },
        { "-Network none", "set -- /proc/[0-9]*; echo $#; cat /proc/1/comm; ip link 2>/dev/null | grep -c '^[0-9]'", "1 sh 1" },
        { "", "grep -E 'CapEff|Seccomp:' /proc/self/status | tr -d '\\t'", "CapEff:00000000a80425fb Seccomp:2" },
        { "-AddCapability NET_ADMIN -DropCapability ALL", "grep CapEff /proc/self/status | tr -d '\\t'", "CapEff:0000000000001000" },
        { "-NoNewPrivileges", "grep -E 'NoNewPrivs|Seccomp:' /proc/self/status | tr -d '\\t'", "NoNewPrivs:1 Seccomp:2" },
        { "-SeccompProfile unconfined", "grep Seccomp: /proc/self/status | tr -d '\\t'", "Seccomp:0" },
        { "", "(echo x > /proc/sysrq-trigger) 2>/dev/null && echo yes || echo no; cat /proc/kcore | wc -c; mount -t tmpfs x /mnt 2>/dev/null && echo yes || echo no",
            "no 0 no" },
        { "-Privileged", "grep Seccomp: /proc/self/status | tr -d '\\t'; mkdir -p /m; mount -t tmpfs x /m && echo mounted",
            "Seccomp:0 mounted" },
        { "-Entrypoint echo", "x", "sh -c x" },
    };

    [SkippableTheory]
    [MemberData(nameof(Seen))]
    public void A_parameter_does_what_it_says(string parameters, string script, string expected) =>
        Assert.Equal(expected, string.Join(' ', InContainer(script, parameters)));

    [SkippableTheory]
    [InlineData("-PidMode host", "pid")]
    [InlineData("-IpcMode host", "ipc")]
    [InlineData("-UtsMode host", "uts")]
    [InlineData("-Network host", "net")]
    public void A_host_namespace_is_the_hosts_and_the_others_are_not(string parameters, string shared)
    {
        Detach("a", parameters: parameters);
        int pid = Number("a", "ProcessId");
        foreach (string name in new[] { "pid", "ipc", "uts", "net", "mnt" })
        {
            bool same = new FileInfo($"/proc/{pid}/ns/{name}").LinkTarget == new FileInfo($"/proc/self/ns/{name}").LinkTarget;
            Assert.True(same == (name == shared), $"{name} is {(same ? "the host's" : "its own")}");
        }

        Ok("Stop-Container a -Force");
        Eventually(() => !IsAlive(pid), () => "its process is left");
    }

    [SkippableTheory]
    [InlineData("PidMode", "pid")]
    [InlineData("IpcMode", "ipc")]
    [InlineData("UtsMode", "uts")]
    public void A_namespace_is_shared_with_another_container_while_that_runs(string parameter, string name)
    {
        Detach("a");
        Detach("b", parameters: $"-{parameter} container:a");
        Assert.Equal(
            new FileInfo($"/proc/{Get("a", "ProcessId")}/ns/{name}").LinkTarget,
                new FileInfo($"/proc/{Get("b", "ProcessId")}/ns/{name}").LinkTarget);
        Ok("Stop-Container b, a -Force");
        ErrorRecord error = Fails("ContainerNotRunning", "Start-Container b");
        Assert.Equal(("a", ErrorCategory.InvalidOperation), (error.TargetObject.ToString(), error.CategoryInfo.Category));
        Assert.Equal("Exited", Get("b", "State"));
    }

    [SkippableFact]
    public void The_plan_shows_the_steps_and_makes_nothing()
    {
        string[] actions = [.. Ok("(Get-ContainerPlan -Image busybox -Hostname web -Command true).Action").Lines];
        Assert.Contains("PivotRoot", actions);
        Assert.Equal("Execute", actions[^1]);
        Assert.Contains("web",
            Ok("(Get-ContainerPlan -Image busybox -Hostname web -Command true | Where-Object Action -eq SetHostName).Target").Lines);
        Assert.Equal("", Host.Leftovers());
    }
}
