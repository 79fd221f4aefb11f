using System.Runtime.InteropServices;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Seccomp;
using Xunit;

namespace Containers.Engine.Tests.Launch.Seccomp;

public class SeccompCompilerTests
{
    private const uint Allow = 0x7fff0000;
    private const uint KillProcess = 0x80000000;

    private static readonly SeccompVerdict s_allow = new(SeccompAction.Allow);
    private static readonly SeccompVerdict s_eperm = new(SeccompAction.Errno, 1);

    public static TheoryData<Architecture> Architectures => [Architecture.X64, Architecture.Arm64];

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Random_profiles_do_on_every_call_of_every_abi_what_they_say(Architecture arch)
    {
        Random random = new(20240607);
        for (int round = 0; round < 40; round++)
        {
            SeccompProfile profile = RandomProfile(random, arch);
            CompiledFilter filter = new(
                profile, arch, new CapabilitySet((ulong)random.NextInt64()), RandomVersion(random));
            foreach (SyscallAbi abi in filter.Abis)
            {
                foreach (string call in SyscallTable.Names.Where(n => SyscallTable.TryGetNumber(n, abi, out _)))
                {
                    // These two also get what is said about the calls behind them; they have a test of their own.
                    if (abi == SyscallAbi.X86 && call is "socketcall" or "ipc")
                    {
                        continue;
                    }

                    ulong[] arguments = RandomArguments(random, profile, abi is SyscallAbi.X86 or SyscallAbi.Arm);
                    Assert.Equal(filter.Expect(abi, call, arguments), filter.Run(abi, call, arguments));
                }
            }
        }
    }

    [Fact]
    public void Each_comparison_is_right_around_every_carry_of_64_bits()
    {
        ulong[] edges =
            [
                0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x1_00000000, 0x1_00000001, 0x1_ffffffff, 0x2_00000000,
                0x7fffffff_ffffffff, 0x80000000_00000000, ulong.MaxValue,
            ];
        foreach (SeccompComparison comparison in Enum.GetValues<SeccompComparison>())
        {
            foreach (ulong value in edges)
            {
                foreach (ulong two in comparison == SeccompComparison.MaskedEqual ? edges : [0])
                {
                    CompiledFilter filter = Filter(Rule("read", s_allow, new SeccompCondition(3, comparison, value, two)));
                    foreach (ulong argument in edges)
                    {
                        ulong[] arguments = [~argument, ~argument, ~argument, argument, ~argument, ~argument];
                        Assert.Equal(filter.Expect(SyscallAbi.X64, "read", arguments), filter.Run(SyscallAbi.X64, "read", arguments));
                    }
                }
            }
        }
    }

    [Fact]
    public void Conditions_of_one_rule_on_one_argument_are_joined_by_and_those_of_two_rules_by_or()
    {
        SeccompCondition above = new(0, SeccompComparison.Greater, 10);
        SeccompCondition below = new(0, SeccompComparison.Less, 20);
        CompiledFilter both = Filter(Rule("read", s_allow, above, below));
        CompiledFilter either = Filter(Rule("read", s_allow, above), Rule("read", s_allow, below));

        Assert.Equal([0x50001, Allow, 0x50001], new ulong[] { 5, 15, 25 }.Select(a => both.Run(SyscallAbi.X64, "read", a)));
        Assert.Equal([Allow, Allow, Allow], new ulong[] { 5, 15, 25 }.Select(a => either.Run(SyscallAbi.X64, "read", a)));
    }

    [Fact]
    public void A_rule_without_conditions_wins_wherever_it_stands_and_otherwise_the_first()
    {
        SeccompVerdict log = new(SeccompAction.Log);
        SeccompCondition one = new(0, SeccompComparison.Equal, 1);
        CompiledFilter filter = Filter(
            Rule("read", log, one), Rule("read", s_allow), Rule("read", log),
            Rule("write", log, one), Rule("write", s_allow, one));

        Assert.Equal(Allow, filter.Run(SyscallAbi.X64, "read", 1));
        Assert.Equal(log.ReturnValue, filter.Run(SyscallAbi.X64, "write", 1));
    }

    [Fact]
    public void A_rule_that_says_what_the_default_says_is_dropped()
    {
        CompiledFilter filter = Filter(Rule("read", s_eperm), Rule("read", s_allow));

        Assert.Equal(Allow, filter.Run(SyscallAbi.X64, "read"));
    }

    [Theory]
    [InlineData(SeccompAction.KillProcess, 0, 0x80000000)]
    [InlineData(SeccompAction.KillThread, 0, 0x00000000)]
    [InlineData(SeccompAction.Trap, 0, 0x00030000)]
    [InlineData(SeccompAction.Errno, 38, 0x00050026)]
    [InlineData(SeccompAction.Trace, 7, 0x7ff00007)]
    [InlineData(SeccompAction.Log, 0, 0x7ffc0000)]
    [InlineData(SeccompAction.Allow, 0, 0x7fff0000)]
    public void Each_action_has_the_value_of_the_kernel_header(SeccompAction action, ushort data, uint value)
    {
        CompiledFilter filter = Filter(Rule("read", new SeccompVerdict(action, data)));

        Assert.Equal(value, filter.Run(SyscallAbi.X64, "read"));
    }

    [Fact]
    public void A_foreign_abi_that_is_not_listed_kills_and_the_number_minus_one_does_not()
    {
        CompiledFilter native = new(Profile([], Rule("read", s_allow)), Architecture.X64, default, CompiledFilter.Kernel);
        CompiledFilter all = Filter(Rule("read", s_allow));

        Assert.Equal(KillProcess, native.Run(SyscallAbi.X86, "read"));
        Assert.Equal(KillProcess, native.Run(SyscallAbi.X32, "read"));
        Assert.Equal(KillProcess, native.Run(SyscallAbi.X32, 0xfffffffe));
        Assert.Equal(s_eperm.ReturnValue, native.Run(SyscallAbi.X64, 0xffffffff));
        Assert.Equal(s_eperm.ReturnValue, native.Run(SyscallAbi.X64, 0x3fffffff));
        Assert.Equal(Allow, native.Run(SyscallAbi.X64, "read"));
        Assert.Equal(KillProcess, BpfMachine.Run(all.Program, 0xc00000b7, 63, CompiledFilter.NoArguments));
        Assert.Equal([Allow, Allow, Allow], all.Abis.Select(abi => all.Run(abi, "read")));
        Assert.Equal(s_eperm.ReturnValue, all.Run(SyscallAbi.X32, 0xffffffff));
    }

    [Fact]
    public void The_older_list_of_architectures_serves_the_same()
    {
        SeccompProfile profile = Profile(["SCMP_ARCH_X86"], Rule("read", s_allow));
        CompiledFilter filter = new(profile, Architecture.X64, default, CompiledFilter.Kernel);

        Assert.Equal(Allow, filter.Run(SyscallAbi.X86, "read"));
        Assert.Equal(KillProcess, filter.Run(SyscallAbi.X32, "read"));
    }

    [Fact]
    public void A_rule_on_a_socket_or_ipc_call_also_covers_the_i386_way_through_a_multiplexer()
    {
        CompiledFilter filter = Filter(
            Rule("accept", s_allow), Rule("semget", s_allow), Rule("socket", s_allow, new SeccompCondition(0, SeccompComparison.Equal, 1)));

        Assert.Equal(Allow, filter.Run(SyscallAbi.X86, "socketcall", 5));
        Assert.Equal(s_eperm.ReturnValue, filter.Run(SyscallAbi.X86, "socketcall", 1));
        Assert.Equal(Allow, filter.Run(SyscallAbi.X86, "ipc", 0x10002));
        Assert.Equal(s_eperm.ReturnValue, filter.Run(SyscallAbi.X86, "ipc", 3));
    }

    [Fact]
    public void Jumps_longer_than_255_instructions_arrive()
    {
        // Blocks between the calls push the halves of the search apart; 60 conditions in one rule push its failures apart.
        string[] calls =
            [.. SyscallTable.Names.Where(n => SyscallTable.TryGetNumber(n, SyscallAbi.Arm64, out uint number) && number < 250).Order()];
        List<SeccompRule> rules = [];
        for (int i = 0; i < calls.Length; i += 2)
        {
            rules.Add(Rule(calls[i], s_allow, new SeccompCondition(i % 6, SeccompComparison.Less, ((ulong)i << 32) + 77)));
        }

        IEnumerable<ulong> forbidden = Enumerable.Range(0, 60).Select(i => (ulong)i << 30);
        rules.Add(Rule("read", s_allow, [.. forbidden.Select(v => new SeccompCondition(1, SeccompComparison.NotEqual, v))]));
        CompiledFilter filter = new(Profile([], [.. rules]), Architecture.Arm64, default, CompiledFilter.Kernel);
        Random random = new(5);

        Assert.True(filter.Program.Length / 8 > 1000);
        foreach (string call in calls)
        {
            for (int i = 0; i < 20; i++)
            {
                ulong[] arguments = [.. Enumerable.Range(0, 6).Select(_ => (ulong)random.Next(300) << 30)];
                Assert.Equal(filter.Expect(SyscallAbi.Arm64, call, arguments), filter.Run(SyscallAbi.Arm64, call, arguments));
            }
        }
    }

    [Fact]
    public void A_profile_that_does_not_fit_the_kernel_is_an_error()
    {
        IEnumerable<SeccompCondition> conditions =
            Enumerable.Range(0, 2000).Select(i => new SeccompCondition(0, SeccompComparison.Equal, (ulong)i));

        EngineException e = Assert.Throws<EngineException>(() => Filter([.. conditions.Select(c => Rule("read", s_allow, c))]));

        Assert.Equal("SeccompProfileTooLarge", e.ErrorId);
    }

    [Fact]
    public void Notify_is_refused_where_it_counts_and_only_there()
    {
        SeccompVerdict notify = new(SeccompAction.Notify);
        SeccompRule elsewhere = Rule("read", notify) with { Includes = new SeccompScope([], ["s390x"], null) };

        Assert.Equal("SeccompNotifyNotSupported", Assert.Throws<EngineException>(() => Filter(Rule("read", notify))).ErrorId);
        Assert.Equal(s_eperm.ReturnValue, Filter(elsewhere).Run(SyscallAbi.X64, "read"));
    }

    [Fact]
    public void An_architecture_without_tables_is_refused()
    {
        EngineException e = Assert.Throws<EngineException>(
            () => SeccompCompiler.Compile(SeccompProfile.Default, Architecture.S390x, default, CompiledFilter.Kernel));

        Assert.Equal("ArchitectureNotSupported", e.ErrorId);
    }

    private static SeccompRule Rule(string name, SeccompVerdict verdict, params SeccompCondition[] conditions) =>
        new([name, "no_such_call"], verdict, conditions, SeccompScope.Empty, SeccompScope.Empty);

    private static CompiledFilter Filter(params SeccompRule[] rules) =>
        new(Profile(["SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_ARM"], rules), Architecture.X64, default, CompiledFilter.Kernel);

    private static SeccompProfile Profile(string[] others, params SeccompRule[] rules) =>
        new() { DefaultVerdict = s_eperm, Architectures = others, Rules = rules };

    private static SeccompProfile RandomProfile(Random random, Architecture arch)
    {
        SeccompVerdict[] verdicts =
        [
            s_allow, s_eperm, new(SeccompAction.Log), new(SeccompAction.Errno, 38), new(SeccompAction.KillThread),
            new(SeccompAction.Trace, 9),
        ];
        string[] names = [.. SyscallTable.Names];
        string[] caps = ["SYS_ADMIN", "CAP_BPF", "CAP_KILL", "CAP_UNHEARD_OF"];
        List<SeccompRule> rules = [];
        for (int i = random.Next(1, 40); i > 0; i--)
        {
            SeccompCondition[] conditions = [.. Enumerable.Range(0, Math.Max(0, random.Next(-3, 4))).Select(_ => new SeccompCondition(
                random.Next(6), random.GetItems(Enum.GetValues<SeccompComparison>(), 1)[0], RandomNumber(random), RandomNumber(random)))];
            string[] some = random.GetItems(names, random.Next(1, 25));
            rules.Add(new SeccompRule(some, random.GetItems(verdicts, 1)[0], conditions, Scope(), Scope()));
        }

        return new SeccompProfile
        {
            DefaultVerdict = random.GetItems(verdicts, 1)[0],
            Architectures = arch == Architecture.X64 ? ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] : ["SCMP_ARCH_ARM"],
            Rules = rules,
        };

        SeccompScope Scope() => random.Next(4) != 0 ? SeccompScope.Empty : new SeccompScope(
            random.GetItems(caps, random.Next(2)),
            random.GetItems(["amd64", "arm64"], random.Next(2)),
            random.Next(2) == 0 ? null : RandomVersion(random));
    }

    private static Version RandomVersion(Random random) => new(random.Next(3, 7), random.Next(12));

    // Few different halves, so that equal ones meet often.
    private static ulong RandomNumber(Random random) => random.Next(5) switch
    {
        0 => (ulong)random.NextInt64(),
        _ => ((ulong)random.Next(3) << 32) | (uint)random.Next(-2, 4),
    };

    private static ulong[] RandomArguments(Random random, SeccompProfile profile, bool narrow)
    {
        ulong[] arguments = [.. Enumerable.Range(0, 6).Select(_ => RandomNumber(random))];
        SeccompRule? near = profile.Rules[random.Next(profile.Rules.Count)];
        foreach (SeccompCondition condition in near.Conditions)
        {
            arguments[condition.Index] = unchecked(condition.Value + (ulong)random.Next(-1, 2));
        }

        return narrow ? [.. arguments.Select(a => (ulong)(uint)a)] : arguments;
    }
}
