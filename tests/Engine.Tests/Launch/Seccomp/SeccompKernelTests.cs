using System.Diagnostics;
using System.Runtime.InteropServices;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Seccomp;
using Xunit;

namespace Containers.Engine.Tests.Launch.Seccomp;

/// <summary>The default profile in the real kernel: a small C program loads the filter and tries.</summary>
public sealed class SeccompKernelTests : IDisposable
{
    private const string Source = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stdio.h>
        #include <sys/prctl.h>
        #include <sys/stat.h>
        #include <sys/syscall.h>
        #include <sys/wait.h>
        #include <unistd.h>
        #define TRY(name, call) do { errno = 0; long r = (call); printf("%s %d\n", name, r < 0 ? errno : 0); } while (0)
        #if defined(__x86_64__)
        static void other_abis(void)
        {
            errno = 0;
            TRY("x32-unshare", syscall(0x40000000 + SYS_unshare, 0x10000000));
            pid_t child = fork();
            if (child == 0) {
                long r = 310; /* unshare of i386 */
                __asm__ volatile("int $0x80" : "+a"(r) : "b"(0x10000000L) : "memory", "r8", "r9", "r10", "r11");
                _exit((int)-r);
            }
            int status;
            waitpid(child, &status, 0);
            printf("i386-unshare %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
        }
        #else
        static void other_abis(void) { }
        #endif
        int main(int argc, char **argv)
        {
            static struct sock_filter filter[4096];
            int fd = open(argv[1], O_RDONLY);
            long size = read(fd, filter, sizeof filter);
            struct sock_fprog program = { (unsigned short)(size / sizeof *filter), filter };
            close(fd);
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) { perror("prctl"); return 1; }
            if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) { perror("seccomp"); return 1; }
            TRY("mkdir", mkdir(argv[2], 0700));
            TRY("unshare", syscall(SYS_unshare, 0x10000000));
            TRY("inet", syscall(SYS_socket, 2, 1, 0));
            TRY("alg", syscall(SYS_socket, 38, 5, 0));
            TRY("alg-with-upper-half", syscall(SYS_socket, 0x100000026L, 5, 0));
            TRY("vsock", syscall(SYS_socket, 40, 1, 0));
            TRY("clone3", syscall(435, 0, 0));
            TRY("io_uring", syscall(425, 1, 0));
            TRY("keyctl", syscall(SYS_keyctl, 0, 0));
            TRY("bpf", syscall(SYS_bpf, 0, 0, 0));
            TRY("userfaultfd", syscall(SYS_userfaultfd, 0));
            TRY("personality-ask", syscall(SYS_personality, 0xffffffffUL));
            TRY("personality-random", syscall(SYS_personality, 0x40000UL));
            TRY("no-such-call", syscall(900));
            fflush(stdout);
            other_abis();
            return 0;
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("seccomp-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void The_kernel_takes_the_default_profile_and_does_what_it_says()
    {
        Architecture arch = RuntimeInformation.ProcessArchitecture;
        Skip.IfNot(arch is Architecture.X64 or Architecture.Arm64, $"no filter for {arch}");
        Skip.IfNot(File.Exists("/usr/bin/gcc"), "gcc is not installed");
        File.WriteAllText(Path.Combine(_folder, "try.c"), Source);
        File.WriteAllBytes(
            Path.Combine(_folder, "filter"),
            SeccompCompiler.Compile(SeccompProfile.Default, arch, CapabilitySet.Default, Environment.OSVersion.Version));
        Run("/usr/bin/gcc", "-O1", "-o", Path.Combine(_folder, "try"), Path.Combine(_folder, "try.c"));

        string output = Run(Path.Combine(_folder, "try"), Path.Combine(_folder, "filter"), Path.Combine(_folder, "made"));

        Dictionary<string, int> results = output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .ToDictionary(words => words[0], words => int.Parse(words[1]));
        Assert.All(["mkdir", "inet", "personality-ask"], call => Assert.Equal((call, 0), (call, results[call])));
        Assert.All(
            [
                "unshare", "alg", "alg-with-upper-half", "vsock", "io_uring", "keyctl", "bpf", "userfaultfd", "personality-random",
                "no-such-call",
            ],
            call => Assert.Equal((call, 1), (call, results[call])));
        Assert.Equal(38, results["clone3"]);
        Assert.True(Directory.Exists(Path.Combine(_folder, "made")));
        if (arch == Architecture.X64)
        {
            Assert.Equal(1, results["x32-unshare"]);

            // SIGSEGV: this kernel has no 32-bit calls at all. SIGSYS would be the filter taking i386 for a foreign ABI.
            Assert.Contains(results["i386-unshare"], new[] { 1, -11 });
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} exited with {process.ExitCode}: {errors.Result}");
        return output;
    }
}
