using System.Runtime.InteropServices;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Seccomp;
using Xunit;

namespace Containers.Engine.Tests.Launch.Seccomp;

public class DefaultProfileTests
{
    private const uint Allow = 0x7fff0000;
    private const uint Eperm = 0x00050001;
    private const uint Enosys = 0x00050026;

    // What no container may call whatever its capabilities, security.md section 1.
    private static readonly string[] s_never =
    [
        "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl", "add_key", "request_key", "userfaultfd", "kexec_load",
        "kexec_file_load", "pivot_root", "move_pages", "swapon", "swapoff", "nfsservctl", "vm86", "vm86old", "ustat", "sysfs", "uselib",
    ];

    // The capability that opens a call which is closed without it.
    private static readonly (string Capability, string[] Calls)[] s_conditional =
    [
        ("SYS_ADMIN",
        [
            "mount", "umount2", "unshare", "setns", "bpf", "perf_event_open", "fsopen", "open_tree", "quotactl", "sethostname",
            "fanotify_init",
        ]),
        ("DAC_READ_SEARCH", ["open_by_handle_at"]),
        ("SYS_BOOT", ["reboot"]),
        ("SYS_CHROOT", ["chroot"]),
        ("SYS_MODULE", ["init_module", "finit_module", "delete_module"]),
        ("SYS_PACCT", ["acct"]),
        ("SYS_PTRACE", ["kcmp", "pidfd_getfd", "process_madvise"]),
        ("SYS_RAWIO", ["iopl", "ioperm"]),
        ("SYS_TIME", ["settimeofday", "clock_settime", "stime", "clock_settime64"]),
        ("SYS_TTY_CONFIG", ["vhangup"]),
        ("SYS_NICE", ["mbind", "set_mempolicy", "get_mempolicy"]),
        ("SYSLOG", ["syslog"]),
        ("BPF", ["bpf"]),
        ("PERFMON", ["perf_event_open"]),
    ];

    public static TheoryData<Architecture> Architectures => [Architecture.X64, Architecture.Arm64];

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Every_call_of_every_abi_gets_what_the_profile_says(Architecture arch)
    {
        Random random = new(1);
        ulong[] interesting = [0, 8, 0x20000, 0x20008, 37, 38, 39, 40, 41, 45, 0xffffffff, 0x1_00000026, 0x10000000, 0x7e020000, 0x1200011];
        foreach (CapabilitySet caps in new[] { CapabilitySet.None, CapabilitySet.Default, CapabilitySet.All(40) })
        {
            foreach (Version kernel in new[] { new Version(4, 7, 9), new Version(6, 1, 0) })
            {
                CompiledFilter filter = new(SeccompProfile.Default, arch, caps, kernel);
                foreach (SyscallAbi abi in filter.Abis)
                {
                    foreach (string call in SyscallTable.Names.Where(n => SyscallTable.TryGetNumber(n, abi, out _)))
                    {
                        foreach (ulong first in interesting)
                        {
                            ulong[] arguments = [first, .. Enumerable.Range(0, 5).Select(_ => (ulong)random.NextInt64())];
                            Assert.Equal((call, filter.Expect(abi, call, arguments)), (call, filter.Run(abi, call, arguments)));
                        }
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Numbers_that_no_call_has_get_the_default(Architecture arch)
    {
        CompiledFilter filter = new(SeccompProfile.Default, arch, CapabilitySet.All(40), CompiledFilter.Kernel);
        foreach (SyscallAbi abi in filter.Abis)
        {
            uint bit = abi == SyscallAbi.X32 ? SyscallTable.X32Bit : 0;
            IEnumerable<string> calls = SyscallTable.Names.Where(n => SyscallTable.TryGetNumber(n, abi, out _));
            HashSet<uint> known = [.. calls.Select(n => CompiledFilter.Number(abi, n))];
            IEnumerable<uint> others = Enumerable.Range(0, 1000).Select(i => (uint)i | bit).Append(uint.MaxValue).Append(0x80000000 | bit);

            Assert.All(others.Except(known), number => Assert.Equal((number, Eperm), (number, filter.Run(abi, number))));
        }
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Dangerous_calls_fail_in_every_abi_even_with_all_capabilities(Architecture arch)
    {
        CompiledFilter filter = new(SeccompProfile.Default, arch, CapabilitySet.All(40), CompiledFilter.Kernel);
        int asked = 0;
        foreach (SyscallAbi abi in filter.Abis)
        {
            foreach (string call in s_never.Where(n => SyscallTable.TryGetNumber(n, abi, out _)))
            {
                Assert.Equal((abi, call, Eperm), (abi, call, filter.Run(abi, call)));
                asked++;
            }
        }

        Assert.InRange(asked, 24, 60);
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void A_capability_opens_its_calls_and_no_other_does(Architecture arch)
    {
        foreach ((string capability, string[] calls) in s_conditional)
        {
            CompiledFilter with = new(
                SeccompProfile.Default, arch, CapabilitySet.Resolve(CapabilitySet.None, [capability], [], 40), CompiledFilter.Kernel);
            CompiledFilter without = new(SeccompProfile.Default, arch, CapabilitySet.None, CompiledFilter.Kernel);
            foreach (SyscallAbi abi in with.Abis)
            {
                foreach (string call in calls.Where(n => SyscallTable.TryGetNumber(n, abi, out _)))
                {
                    Assert.Equal((abi, call, Allow), (abi, call, with.Run(abi, call)));
                    Assert.Equal((abi, call, Eperm), (abi, call, without.Run(abi, call)));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void A_new_namespace_needs_SYS_ADMIN_and_clone3_says_that_it_does_not_exist(Architecture arch)
    {
        CompiledFilter plain = new(SeccompProfile.Default, arch, CapabilitySet.Default, CompiledFilter.Kernel);
        CompiledFilter admin = new(
            SeccompProfile.Default, arch, CapabilitySet.Resolve(CapabilitySet.Default, ["SYS_ADMIN"], [], 40), CompiledFilter.Kernel);
        foreach (SyscallAbi abi in plain.Abis)
        {
            Assert.Equal(Allow, plain.Run(abi, "clone", 0x01200011));
            foreach (ulong flag in new ulong[] { 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000 })
            {
                Assert.Equal(Eperm, plain.Run(abi, "clone", flag | 17));
                Assert.Equal(Allow, admin.Run(abi, "clone", flag | 17));
            }

            Assert.Equal(Enosys, plain.Run(abi, "clone3"));
            Assert.Equal(Allow, admin.Run(abi, "clone3"));
        }
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void AF_ALG_and_AF_VSOCK_are_closed_and_other_families_open(Architecture arch)
    {
        CompiledFilter filter = new(SeccompProfile.Default, arch, CapabilitySet.All(40), CompiledFilter.Kernel);
        foreach (SyscallAbi abi in filter.Abis)
        {
            for (ulong family = 0; family < 50; family++)
            {
                Assert.Equal(family is 38 or 40 ? Eperm : Allow, filter.Run(abi, "socket", family, 5));
            }
        }
    }

    [Fact]
    public void AF_ALG_stays_closed_when_the_ignored_upper_half_of_the_argument_is_set()
    {
        CompiledFilter filter = new(SeccompProfile.Default, Architecture.X64, CapabilitySet.All(40), CompiledFilter.Kernel);

        Assert.Equal(Eperm, filter.Run(SyscallAbi.X64, "socket", 0x1_00000026));
        Assert.Equal(Eperm, filter.Run(SyscallAbi.X64, "socket", 0xffffffff_00000028));
    }

    [Fact]
    public void Ptrace_is_open_since_kernel_4_8_or_with_SYS_PTRACE()
    {
        Version old = new(4, 7, 20);
        CapabilitySet ptrace = CapabilitySet.Resolve(CapabilitySet.None, ["SYS_PTRACE"], [], 40);

        Assert.Equal(Eperm, Ptrace(CapabilitySet.None, old));
        Assert.Equal(Allow, Ptrace(ptrace, old));
        Assert.Equal(Allow, Ptrace(CapabilitySet.None, new Version(4, 8)));

        static uint Ptrace(CapabilitySet caps, Version kernel) =>
            new CompiledFilter(SeccompProfile.Default, Architecture.X64, caps, kernel).Run(SyscallAbi.X64, "ptrace");
    }

    [Fact]
    public void Every_name_in_the_profile_is_a_call_of_some_abi()
    {
        Assert.All(SeccompProfile.Default.Rules.SelectMany(r => r.Names), name => Assert.Contains(name, SyscallTable.Names));

        // 361 names of moby less riscv_hwprobe.
        Assert.Equal(360, SeccompProfile.Default.Rules.Where(r => r.Includes == SeccompScope.Empty && r.Excludes == SeccompScope.Empty
            && r.Conditions.Count == 0).SelectMany(r => r.Names).Distinct().Count());
    }

    [Theory]
    [InlineData(Architecture.X64, 500)]
    [InlineData(Architecture.Arm64, 350)]
    public void The_program_is_small(Architecture arch, int instructions)
    {
        byte[] program = SeccompCompiler.Compile(SeccompProfile.Default, arch, CapabilitySet.Default, CompiledFilter.Kernel);

        Assert.InRange(program.Length / 8, 50, instructions);
    }
}
