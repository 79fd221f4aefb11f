using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Security;

/// <summary>
/// S54: every system call that the default profile does not name, tried in a real container with the numbers of each x86 ABI. The table
/// is made from the profile's and the numbers' own source files, so that neither can change unseen.
/// </summary>
[Collection("hosted shell")]
public sealed partial class SyscallSurfaceTests(AttackBench bench) : IClassFixture<AttackBench>
{
    /// <summary>The arguments -1 make a call fail harmlessly when a filter lets it pass; what no argument can make fail is left out.</summary>
    private static readonly string[] s_notTried = ["vhangup", "vfork", "fork", "pause", "sigreturn", "rt_sigreturn", "exit", "exit_group", "sigsuspend", "idle",
        "uprobe", "uretprobe", // The kernel lets these two, its own, past every filter.
    ];

    private const string Caller = """
        #include <stdio.h>
        #include <errno.h>
        #include <unistd.h>
        #include <sys/syscall.h>
        struct { long number; const char *name; } table[] = { @TABLE@ { -1, 0 } };
        int main() { for (int i = 0; table[i].name; i++) { errno = 0;
            long r = syscall(table[i].number, -1L, -1L, -1L, -1L, -1L, -1L);
            printf("%s %d\n", table[i].name, r == -1 ? errno : 0); } puts("end"); }
        """;

    [SkippableTheory]
    [InlineData("x86_64", "")]
    [InlineData("x32", "")]
    [InlineData("i386", "-m32 -nostdlib -ffreestanding -fno-stack-protector -fno-pie -no-pie")]
    public void S54_What_the_profile_does_not_allow_fails_with_its_errno(string abi, string options)
    {
        Skip.If(RuntimeInformation.ProcessArchitecture != Architecture.X64, "The table holds x86 numbers.");
        List<(string Name, long Number)> denied = Denied(abi);
        Assert.InRange(denied.Count, 30, 200);
        StringBuilder table = new();
        foreach ((string name, long number) in denied)
        {
            table.Append(CultureInfo.InvariantCulture, $"{{ {number}L, \"{name}\" }}, ");
        }

        string source = (abi == "i386" ? Freestanding : Caller).Replace("@TABLE@", table.ToString(), StringComparison.Ordinal);
        string program = bench.Compile("calls-" + abi.Replace('_', '-'), source, options);
        Assert.Empty(bench.Shell.Run($"New-ContainerImage -Program $args[0] -Reference calls{abi.Replace("_", "", StringComparison.Ordinal)}", program).Errors);
        ScriptResult result = bench.Shell.Run(
            $"Invoke-ContainerImage calls{abi.Replace("_", "", StringComparison.Ordinal)} -RemoveOnExit -Command $args[0]", program);
        Skip.If(
            abi == "i386" && result.Errors.Any(error => error.Exception.Message.Contains("no program for this machine", StringComparison.Ordinal)),
            "this kernel runs no 32-bit programs");
        Assert.Empty(result.Errors);
        Assert.Equal("end", result.Lines[^1]);
        IEnumerable<string> expected = denied.Select(call => $"{call.Name} {(call.Name == "clone3" ? 38 : 1)}");
        Assert.Equal(expected, result.Lines.SkipLast(1));
    }

    [SkippableFact]
    public void S54_New_namespaces_and_the_socket_families_in_question_are_refused()
    {
        string program = bench.Compile("families", """
            #define _GNU_SOURCE
            #include <stdio.h>
            #include <errno.h>
            #include <sched.h>
            #include <unistd.h>
            #include <sys/socket.h>
            #include <sys/syscall.h>
            static void show(const char *n, long r) { printf("%s %d\n", n, r < 0 ? errno : 0); }
            int main() {
                show("alg", socket(38, SOCK_SEQPACKET, 0)); show("vsock", socket(40, SOCK_STREAM, 0));
                show("alg-high", syscall(SYS_socket, (1L << 32) + 38, SOCK_SEQPACKET, 0)); show("unix", socket(AF_UNIX, SOCK_STREAM, 0));
                show("newuser", syscall(SYS_clone, CLONE_NEWUSER | 17, 0, 0, 0, 0)); show("unshare-user", unshare(CLONE_NEWUSER));
                show("personality", syscall(SYS_personality, 0x40000L)); }
            """);
        Assert.Empty(bench.Shell.Run("New-ContainerImage -Program $args[0] -Reference families", program).Errors);
        string text = AttackBench.Text(bench.Shell.Run("Invoke-ContainerImage families -RemoveOnExit -Command $args[0]", program));
        Assert.Equal("alg 1\nvsock 1\nalg-high 1\nunix 0\nnewuser 1\nunshare-user 1\npersonality 1", text);
    }

    [SkippableTheory]
    [InlineData("", "2")]
    [InlineData("-NoNewPrivileges", "2")]
    [InlineData("-User 1000", "2")]
    [InlineData("-Init", "2")]
    [InlineData("-SeccompProfile unconfined", "0")]
    public void S54_The_filter_is_in_force(string parameters, string mode)
    {
        Assert.Equal(mode, bench.Attack("grep '^Seccomp:' /proc/self/status | cut -f2", parameters));
    }

    /// <summary>Without libc, which gcc has for i386 only with a package of its own.</summary>
    private const string Freestanding = """
        struct { long number; const char *name; } table[] = { @TABLE@ { -1, 0 } };
        static long call(long n, long a, long b, long c, long d, long e) { long r;
            __asm__ volatile ("int $0x80" : "=a"(r) : "a"(n), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory"); return r; }
        static void put(const char *s) { long n = 0; while (s[n]) n++; call(4, 1, (long)s, n, 0, 0); }
        void _start(void) { for (int i = 0; table[i].name; i++) {
            long r = call(table[i].number, -1, -1, -1, -1, -1); r = r < 0 && r > -4096 ? -r : 0;
            char d[8]; int k = 7; d[k] = 0; do { d[--k] = '0' + r % 10; r /= 10; } while (r);
            put(table[i].name); put(" "); put(d + k); put("\n"); }
            put("end\n"); call(252, 0, 0, 0, 0, 0); for (;;); }
        """;

    private static List<(string Name, long Number)> Denied(string abi)
    {
        string folder = Source();
        HashSet<string> allowed = Allowed(File.ReadAllLines(Path.Combine(folder, "DefaultProfile.txt")));
        List<(string, long)> denied = [];
        foreach (string line in File.ReadAllLines(Path.Combine(folder, "Syscalls.txt")).Where(l => l.Length > 0 && l[0] != '#'))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string first = fields[1];
            string text = fields.Length == 2 || abi == "x86_64" ? first : abi == "x32" ? fields[2] == "=" ? first : fields[2] : fields[3] == "=" ? first : fields[3];
            if (text != "-" && !allowed.Contains(fields[0]) && !s_notTried.Contains(fields[0]))
            {
                denied.Add((fields[0], long.Parse(text, CultureInfo.InvariantCulture) + (abi == "x32" ? 0x40000000 : 0)));
            }
        }

        return denied;
    }

    /// <summary>Names that the default capabilities allow, with arguments or without: only sections that ask for other capabilities do not.</summary>
    private static HashSet<string> Allowed(string[] profile)
    {
        string[] own = ["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"];
        HashSet<string> allowed = [];
        bool open = false;
        foreach (string line in profile)
        {
            if (line.StartsWith('['))
            {
                Match capability = With().Match(line);
                open = line.StartsWith("[allow", StringComparison.Ordinal) && (!capability.Success || own.Contains(capability.Groups[1].Value))
                    && !line.Contains("on arm64", StringComparison.Ordinal);
            }
            else if (open && !line.StartsWith('#'))
            {
                allowed.UnionWith(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }
        }

        return allowed;
    }

    private static string Source()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "Module/Engine/Launch/Seccomp");
            if (Directory.Exists(path))
            {
                return path;
            }
        }

        throw new DirectoryNotFoundException("The tests do not run from the source tree.");
    }

    [GeneratedRegex("; with ([A-Z_]+)")]
    private static partial Regex With();
}
