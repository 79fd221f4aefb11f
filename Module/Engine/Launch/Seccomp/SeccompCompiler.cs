using System.Runtime.InteropServices;

namespace Containers.Engine.Launch.Seccomp;

/// <summary>
/// Compiles a profile to the classic BPF program that seccomp(2) takes. The program looks at the audit architecture, then finds the
/// call by binary search over ranges of numbers with the same fate, then, where a rule asks for it, looks at the arguments. It reads
/// arguments only where it must, so the kernel (5.11 and later) keeps its own bitmap of the calls that are always allowed.
/// <para>Which rule wins, as libseccomp does it: a rule without conditions over rules with conditions, otherwise the first.</para>
/// </summary>
internal static class SeccompCompiler
{
    // Offsets in struct seccomp_data, seccomp(2).
    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const uint ArgumentsOffset = 16;

    // linux/audit.h
    private const uint AuditX64 = 0xc000003e;
    private const uint AuditX86 = 0x40000003;
    private const uint AuditArm64 = 0xc00000b7;
    private const uint AuditArm = 0x40000028;

    private static readonly Host s_x64 = new("amd64", "X86_64", AuditX64, SyscallAbi.X64, "X86", AuditX86, SyscallAbi.X86);
    private static readonly Host s_arm64 = new("arm64", "AARCH64", AuditArm64, SyscallAbi.Arm64, "ARM", AuditArm, SyscallAbi.Arm);
    private static readonly SeccompVerdict s_killProcess = new(SeccompAction.KillProcess);

    /// <summary>An array of struct sock_filter, 8 bytes each, in the byte order of the architecture.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="arch">X64 or Arm64; the architecture of the host.</param>
    /// <param name="caps">The bounding set of the container.</param>
    /// <param name="kernel">The version of the running kernel.</param>
    /// <exception cref="EngineException">SeccompProfileTooLarge, SeccompNotifyNotSupported, ArchitectureNotSupported.</exception>
    internal static byte[] Compile(SeccompProfile profile, Architecture arch, CapabilitySet caps, Version kernel) => arch switch
    {
        Architecture.X64 => Compile(profile, s_x64, caps, kernel),
        Architecture.Arm64 => Compile(profile, s_arm64, caps, kernel),
        _ => throw new EngineException(
            EngineErrorKind.NotImplemented,
            "ArchitectureNotSupported",
            $"There are no seccomp filters for the architecture '{arch}'.",
            arch,
            "Run containers on an x86-64 or arm64 machine."),
    };

    private static byte[] Compile(SeccompProfile profile, Host host, CapabilitySet caps, Version kernel)
    {
        List<CompiledRule> rules = [];
        RefuseNotify(profile.DefaultVerdict);
        foreach (SeccompRule rule in profile.Rules)
        {
            // runc drops a rule that says what the default says; so a profile cannot mean one thing there and another here.
            if (rule.Counts(host.GoName, caps, kernel) && rule.Verdict != profile.DefaultVerdict)
            {
                RefuseNotify(rule.Verdict);
                rules.Add(new CompiledRule(rule.Names, new Alternative(rules.Count, rule.Conditions, rule.Verdict)));
            }
        }

        IReadOnlyList<string> others = profile.OthersServedOn("SCMP_ARCH_" + host.ScmpName);
        BpfEmitter emitter = new();

        // A foreign ABI that the profile does not list ends the process: no errno, because nothing that asks for it can be sane.
        int entry = emitter.Ret(s_killProcess.ReturnValue);
        if (others.Contains("SCMP_ARCH_" + host.OtherScmpName))
        {
            int other = EmitCalls(emitter, Ranges(rules, profile.DefaultVerdict, [host.OtherAbi]));
            entry = emitter.Jump(BpfEmitter.JumpEqual, host.OtherAudit, other, entry);
        }

        bool x32 = host.Abi == SyscallAbi.X64 && others.Contains("SCMP_ARCH_X32");
        int native = EmitCalls(emitter, Ranges(rules, profile.DefaultVerdict, x32 ? [host.Abi, SyscallAbi.X32] : [host.Abi]));
        emitter.Load(ArchitectureOffset, emitter.Jump(BpfEmitter.JumpEqual, host.Audit, native, entry));
        return emitter.ToProgram();
    }

    /// <summary>All 2^32 numbers as ranges; each lasts to the start of the next.</summary>
    private static List<CallRange> Ranges(List<CompiledRule> rules, SeccompVerdict standard, SyscallAbi[] abis)
    {
        Dictionary<uint, CallFate> fates = new(1024);
        foreach (SyscallAbi abi in abis)
        {
            foreach (CompiledRule rule in rules)
            {
                foreach (string name in rule.Names)
                {
                    AddRule(fates, abi, name, rule.Alternative);
                }
            }
        }

        CallFate standardFate = new(standard);
        if (abis is [SyscallAbi.X64])
        {
            // x32 is not listed. -1 is what a tracer writes to skip a call, and so no x32 (libseccomp leaves it out too).
            fates[SyscallTable.X32Bit] = new CallFate(s_killProcess);
            fates[uint.MaxValue] = standardFate;
        }

        List<CallRange> ranges = [new CallRange(0, standardFate)];
        uint next = 0;
        foreach ((uint number, CallFate fate) in fates.OrderBy(static pair => pair.Key))
        {
            if (number != next)
            {
                Append(next, standardFate);
            }

            Append(number, fate);

            // The range of calls with the x32 bit has no end but -1.
            next = abis is [SyscallAbi.X64] && number == SyscallTable.X32Bit ? uint.MaxValue : unchecked(number + 1);
        }

        if (next != 0)
        {
            Append(next, standardFate);
        }

        return ranges;

        void Append(uint start, CallFate fate)
        {
            if (start == 0)
            {
                ranges[0] = new CallRange(0, fate);
            }
            else if (!ranges[^1].Fate.SameAs(fate))
            {
                ranges.Add(new CallRange(start, fate));
            }
        }
    }

    private static void AddRule(Dictionary<uint, CallFate> fates, SyscallAbi abi, string name, Alternative alternative)
    {
        if (SyscallTable.TryGetNumber(name, abi, out uint number))
        {
            FateOf(number).Add(alternative);
        }

        if (abi == SyscallAbi.X86
            && alternative.Conditions.Count == 0
            && MultiplexedCalls.TryGet(name, out string through, out SeccompCondition? which)
            && SyscallTable.TryGetNumber(through, abi, out uint multiplexer))
        {
            FateOf(multiplexer).Add(alternative with { Conditions = [which] });
        }

        CallFate FateOf(uint call)
        {
            if (!fates.TryGetValue(call, out CallFate? fate))
            {
                fates.Add(call, fate = new CallFate(null));
            }

            return fate;
        }
    }

    private static int EmitCalls(BpfEmitter emitter, List<CallRange> ranges)
    {
        SeccompVerdict standard = ranges[^1].Fate.Always ?? throw new InvalidOperationException("The last range is the default.");
        Dictionary<string, int> written = [];
        return emitter.Load(NumberOffset, EmitSearch(0, ranges.Count));

        int EmitSearch(int from, int to)
        {
            if (to - from == 1)
            {
                return EmitFate(ranges[from].Fate);
            }

            int middle = (from + to) / 2;
            int upper = EmitSearch(middle, to);
            int lower = EmitSearch(from, middle);
            return emitter.Jump(BpfEmitter.JumpGreaterOrEqual, ranges[middle].Start, upper, lower);
        }

        int EmitFate(CallFate fate)
        {
            if (fate.Always is { } always)
            {
                return emitter.Ret(always.ReturnValue);
            }

            string key = fate.Key;
            if (!written.TryGetValue(key, out int label))
            {
                label = emitter.Ret(standard.ReturnValue);
                foreach (Alternative alternative in fate.Alternatives.Reverse())
                {
                    label = EmitAlternative(emitter, alternative, label);
                }

                written.Add(key, label);
            }

            return label;
        }
    }

    private static int EmitAlternative(BpfEmitter emitter, Alternative alternative, int otherwise)
    {
        int label = emitter.Ret(alternative.Verdict.ReturnValue);
        foreach (SeccompCondition condition in alternative.Conditions.Reverse())
        {
            label = EmitCondition(emitter, condition, label, otherwise);
        }

        return label;
    }

    /// <summary>A comparison of 64 bits by a machine of 32: the upper halves decide, or when they are equal the lower.</summary>
    private static int EmitCondition(BpfEmitter emitter, SeccompCondition condition, int yes, int no)
    {
        uint lowOffset = ArgumentsOffset + (8u * (uint)condition.Index);
        uint highOffset = lowOffset + 4;
        uint low = (uint)condition.Value;
        uint high = (uint)(condition.Value >> 32);
        return condition.Operator switch
        {
            SeccompComparison.Equal => Equality(yes, no, no),
            SeccompComparison.NotEqual => Equality(no, yes, yes),
            SeccompComparison.Greater => Order(BpfEmitter.JumpGreater, yes, no),
            SeccompComparison.GreaterOrEqual => Order(BpfEmitter.JumpGreaterOrEqual, yes, no),
            SeccompComparison.LessOrEqual => Order(BpfEmitter.JumpGreater, no, yes),
            SeccompComparison.Less => Order(BpfEmitter.JumpGreaterOrEqual, no, yes),
            _ => Masked(),
        };

        int Equality(int bothEqual, int lowDiffers, int highDiffers)
        {
            int lowHalf = emitter.Load(lowOffset, emitter.Jump(BpfEmitter.JumpEqual, low, bothEqual, lowDiffers));
            return emitter.Load(highOffset, emitter.Jump(BpfEmitter.JumpEqual, high, lowHalf, highDiffers));
        }

        int Order(ushort lowComparison, int above, int below)
        {
            int lowHalf = emitter.Load(lowOffset, emitter.Jump(lowComparison, low, above, below));
            int notAbove = emitter.Jump(BpfEmitter.JumpEqual, high, lowHalf, below);
            return emitter.Load(highOffset, emitter.Jump(BpfEmitter.JumpGreater, high, above, notAbove));
        }

        int Masked()
        {
            uint wantedLow = (uint)condition.ValueTwo;
            uint wantedHigh = (uint)(condition.ValueTwo >> 32);
            int lowHalf = emitter.Load(lowOffset, emitter.Mask(low, emitter.Jump(BpfEmitter.JumpEqual, wantedLow, yes, no)));
            return high == 0 && wantedHigh == 0
                ? lowHalf
                : emitter.Load(highOffset, emitter.Mask(high, emitter.Jump(BpfEmitter.JumpEqual, wantedHigh, lowHalf, no)));
        }
    }

    private static void RefuseNotify(SeccompVerdict verdict)
    {
        if (verdict.Action == SeccompAction.Notify)
        {
            throw new EngineException(
                EngineErrorKind.NotImplemented,
                "SeccompNotifyNotSupported",
                "The seccomp profile asks for SCMP_ACT_NOTIFY, which needs a supervisor that answers each call; there is none here.",
                action: "Use SCMP_ACT_ERRNO or SCMP_ACT_ALLOW in its place.");
        }
    }

    private sealed record Host(
        string GoName, string ScmpName, uint Audit, SyscallAbi Abi, string OtherScmpName, uint OtherAudit, SyscallAbi OtherAbi);

    private sealed record CompiledRule(IReadOnlyList<string> Names, Alternative Alternative);

    private readonly record struct CallRange(uint Start, CallFate Fate);
}
