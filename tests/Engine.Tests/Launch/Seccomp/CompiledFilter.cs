using System.Runtime.InteropServices;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Seccomp;

namespace Containers.Engine.Tests.Launch.Seccomp;

/// <summary>A compiled profile together with what it was compiled from, asked by name of call.</summary>
internal sealed class CompiledFilter(SeccompProfile profile, Architecture arch, CapabilitySet caps, Version kernel)
{
    internal static readonly Version Kernel = new(6, 1, 0);
    internal static readonly ulong[] NoArguments = new ulong[6];

    private static readonly string[] s_armAliases = ["arm_sync_file_range", "sync_file_range2"];

    internal byte[] Program { get; } = SeccompCompiler.Compile(profile, arch, caps, kernel);

    internal IReadOnlyList<SyscallAbi> Abis { get; } =
        arch == Architecture.X64 ? [SyscallAbi.X64, SyscallAbi.X32, SyscallAbi.X86] : [SyscallAbi.Arm64, SyscallAbi.Arm];

    internal static uint Audit(SyscallAbi abi) => abi switch
    {
        SyscallAbi.X86 => 0x40000003,
        SyscallAbi.Arm64 => 0xc00000b7,
        SyscallAbi.Arm => 0x40000028,
        _ => 0xc000003e,
    };

    internal static uint Number(SyscallAbi abi, string call) =>
        SyscallTable.TryGetNumber(call, abi, out uint number) ? number : throw new ArgumentException($"{abi} has no {call}");

    internal uint Run(SyscallAbi abi, string call, params ulong[] arguments) => Run(abi, Number(abi, call), arguments);

    internal uint Run(SyscallAbi abi, uint number, params ulong[] arguments) =>
        BpfMachine.Run(Program, Audit(abi), number, [.. arguments, .. new ulong[6 - arguments.Length]]);

    internal uint Expect(SyscallAbi abi, string call, ulong[] arguments) => ProfileEvaluator
        .Evaluate(profile, arch == Architecture.X64 ? "amd64" : "arm64", caps, kernel, Aliases(abi, call), arguments)
        .ReturnValue;

    private static string[] Aliases(SyscallAbi abi, string call) =>
        abi == SyscallAbi.Arm && s_armAliases.Contains(call) ? s_armAliases : [call];
}
