using System.Security.Cryptography;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Security;

/// <summary>Attacks on what enters a container that runs: S1 to S3 and S6 of the security design, for further programs.</summary>
[Collection("hosted shell")]
public sealed class ExecAttackTests(AttackBench bench) : IClassFixture<AttackBench>
{
    /// <summary>
    /// Looks at every process but itself and process 1 as fast as it can, with all rights that tracing gives: what it finds of a process that
    /// is not of this container, or of the host behind it, it prints once.
    /// </summary>
    private const string Watcher = """
        #include <dirent.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>
        static void look(const char *kind, int pid, const char *text) { printf("%s %d %s\n", kind, pid, text); fflush(stdout); }
        int main(int argc, char **argv)
        {
            char path[4096], text[65536];
            int last = getpid() + 1, self = getpid(), seen = 0;
            for (;;) {
                for (int pid = last; pid < last + 24; pid++) {
                    if (pid == self) continue;
                    snprintf(path, sizeof path, "/proc/%d/root%s", pid, argv[1]);
                    int fd = open(path, O_RDONLY);
                    if (fd >= 0) { int n = read(fd, text, sizeof text - 1); text[n < 0 ? 0 : n] = 0; look("HOSTFILE", pid, text); close(fd); }
                    for (int i = 0; i < 16; i++) {
                        snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, i);
                        int n = readlink(path, text, sizeof text - 1);
                        if (n > 0) {
                            text[n] = 0; seen = 1;
                            if (strncmp(text, "pipe:", 5) && strcmp(text, "/dev/null") && strncmp(text, "/proc/", 6) && strcmp(text, "/")) look("FD", pid, text);
                        }
                    }
                    const char *files[] = { "environ", "cmdline" };
                    for (int i = 0; i < 2; i++) {
                        snprintf(path, sizeof path, "/proc/%d/%s", pid, files[i]);
                        fd = open(path, O_RDONLY);
                        if (fd >= 0) {
                            int n = read(fd, text, sizeof text - 1);
                            for (int k = 0; k < n; k++) if (!text[k]) text[k] = ' ';
                            text[n < 0 ? 0 : n] = 0;
                            if (strstr(text, argv[2])) look("HOSTPATH", pid, text);
                            close(fd);
                        }
                    }
                    snprintf(path, sizeof path, "/proc/%d/exe", pid);
                    fd = open(path, O_RDWR);
                    if (fd >= 0) { look("WRITABLE", pid, path); close(fd); }
                    snprintf(path, sizeof path, "/proc/%d", pid);
                    if (!access(path, F_OK)) last = pid > last ? pid : last;
                }
                if (seen == 1) { seen = 2; look("SEEN", 0, "something"); }
            }
        }
        """;

    [SkippableFact]
    public void S3_A_container_that_may_trace_gets_nothing_of_what_enters_it()
    {
        string watcher = bench.Compile("watcher", Watcher);
        string image = bench.Image("watched", $"cp '{watcher}' bin/watcher");
        bench.Start("watched", $"exec watcher {bench.Canary}/secret {bench.Shell.RunRoot}", "-AddCapability SYS_PTRACE -SeccompProfile unconfined", image);
        for (int i = 0; i < 40; i++)
        {
            Assert.Equal("x", AttackBench.Text(bench.Shell.Run("Invoke-ContainerCommand watched echo x")));
        }

        string log = AttackBench.Text(bench.Shell.Run("(Get-ContainerLog watched).Line"));
        bench.Remove("watched");
        Assert.Contains("SEEN", log, StringComparison.Ordinal); // It does see processes.
        Assert.DoesNotContain("HOSTFILE", log, StringComparison.Ordinal);
        Assert.DoesNotContain("HOSTPATH", log, StringComparison.Ordinal);
        Assert.DoesNotContain("WRITABLE", log, StringComparison.Ordinal);
        Assert.DoesNotContain("FD ", log, StringComparison.Ordinal);
        bench.AssertCanaryUnchanged();
    }

    [SkippableFact]
    public void S1_A_program_that_is_the_monitor_itself_cannot_change_it()
    {
        AttackBench.Require();
        string monitor = Path.Combine(Path.GetDirectoryName(BuiltOutput.Module)!, "bin/containers-monitor");
        byte[] before = SHA256.HashData(File.ReadAllBytes(monitor));
        string image = bench.Image(
            "execself", "rm bin/sh; ln -s /proc/self/exe bin/sh; printf '#!/proc/self/exe\\n' > bin/script; chmod 755 bin/script");
        bench.Shell.Run($"$null = Invoke-ContainerImage {image} -Detach -Name execself -Entrypoint /bin/busybox -Command sh, '-c', 'while true; do for e in /proc/[0-9]*/exe; do echo junk > $e && echo WRITTEN; done; done 2>/dev/null'");
        for (int i = 0; i < 10; i++)
        {
            bench.Shell.Run("Invoke-ContainerCommand execself sh '-c' 'echo RAN'");
            bench.Shell.Run("Invoke-ContainerCommand execself script /nosuch");
        }

        string log = AttackBench.Text(bench.Shell.Run("(Get-ContainerLog execself).Line"));
        Assert.DoesNotContain("WRITTEN", log, StringComparison.Ordinal);
        Assert.Equal("still", AttackBench.Text(bench.Shell.Run("Invoke-ContainerCommand execself busybox echo still")));
        bench.Remove("execself");
        Assert.Equal(before, SHA256.HashData(File.ReadAllBytes(monitor)));
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("-NoNewPrivileges -User 1000")]
    public void S2_No_descriptor_but_stdio_reaches_the_program(string parameters)
    {
        bench.Start("fds", "sleep 100", parameters);
        Assert.Equal("0\n1\n2\n3", Exec("fds", "ls /proc/self/fd")); // 3 is the directory that ls reads.
        bench.Remove("fds");
    }

    [SkippableTheory]
    [InlineData("/proc/self/fd/{0}")]
    [InlineData("/proc/1/fd/{0}")]
    [InlineData("/proc/self/fd/{0}/../../../..")]
    [InlineData("/fds/{0}")]
    public void S2_A_working_directory_behind_a_descriptor_leads_nowhere(string pattern)
    {
        string image = bench.Image("fds", "ln -s /proc/self/fd fds");
        bench.Start("workfd", "sleep 100", "-Hostname inside", image);
        for (int fd = 3; fd < 24; fd++)
        {
            string directory = string.Format(null, pattern, fd);
            string text = Exec("workfd", "pwd; cat ../../../../../../etc/hostname", "-WorkingDirectory " + directory);
            Assert.True(text.StartsWith("ERROR ", StringComparison.Ordinal) || text.EndsWith("\ninside", StringComparison.Ordinal), directory + ": " + text);
        }

        bench.Remove("workfd");
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("-User 1000")]
    [InlineData("-Privileged")]
    public void S6_Inheritable_and_ambient_capabilities_are_empty(string parameters)
    {
        bench.Start("caps", "sleep 100");
        Assert.Equal("0000000000000000\n0000000000000000", Exec("caps", "grep -E 'Cap(Inh|Amb)' /proc/self/status | cut -f2", parameters));
        bench.Remove("caps");
    }

    [SkippableFact]
    public void The_root_is_the_mount_namespaces_whatever_the_first_process_made_of_its_own()
    {
        string image = bench.Image("chrooted", "mkdir -p jail/bin jail/etc; cp bin/busybox jail/bin/; echo 'me:x:5:5::/:/bin/sh' > etc/passwd; echo 'me:x:6:6::/:/bin/sh' > jail/etc/passwd");
        bench.Start("chrooted", "exec chroot /jail /bin/busybox sleep 100", image: image);
        AttackBench.Await(() => Exec("chrooted", "readlink /proc/1/root") == "/jail", "chroot");
        Assert.Equal("5\njail", Exec("chrooted", "id -u; ls -d /jail | tr -d /", "-User me"));
        bench.Remove("chrooted");
    }

    private string Exec(string name, string script, string parameters = "") =>
        AttackBench.Text(bench.Shell.Run($"Invoke-ContainerCommand {name} {parameters} -Command sh,'-c',$args[0] 6>&1", AttackBench.OnePipe + script));
}
