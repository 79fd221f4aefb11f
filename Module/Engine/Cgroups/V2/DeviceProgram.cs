using System.Buffers.Binary;

namespace Containers.Engine.Cgroups.V2;

/// <summary>
/// Generates the eBPF program that decides about device access (bpf(2); struct bpf_cgroup_dev_ctx in linux/bpf.h). The kernel
/// asks with the wanted access bits; the rules are walked from the last to the first, each takes the bits that it settles:
/// allowed bits are struck out, a denied one ends it. When none is left access is given; what no rule names is denied.
/// </summary>
internal static class DeviceProgram
{
    internal const int InstructionSize = 8;

    private const byte LoadWord = 0x61;      // dst = *(u32 *)(src + offset)
    private const byte MoveImmediate = 0xb7;
    private const byte MoveRegister = 0xbf;
    private const byte AndImmediate = 0x57;
    private const byte ShiftRight = 0x77;
    private const byte JumpAlways = 0x05;
    private const byte JumpNotEqual = 0x55;
    private const byte JumpIfAnyBit = 0x45;
    private const byte Exit = 0x95;

    private const byte Result = 0;
    private const byte Context = 1;
    private const byte Type = 2;
    private const byte Wanted = 3;
    private const byte Major = 4;
    private const byte Minor = 5;

    private const int BlockDevice = 1;
    private const int CharacterDevice = 2;
    private const int AllAccess = 7;

    internal static byte[] Generate(IReadOnlyList<DeviceRule> rules)
    {
        List<ulong> code =
        [
            // access_type: the device type in the lower half, the access bits in the upper
            Instruction(LoadWord, Type, Context, 0, 0),
            Instruction(MoveRegister, Wanted, Type, 0, 0),
            Instruction(ShiftRight, Wanted, 0, 0, 16),
            Instruction(AndImmediate, Type, 0, 0, 0xffff),
            Instruction(LoadWord, Major, Context, 4, 0),
            Instruction(LoadWord, Minor, Context, 8, 0),
        ];
        bool open = true;
        for (int i = rules.Count - 1; i >= 0 && open; i--)
        {
            List<ulong> body = Body(rules[i]);
            List<ulong> tests = Tests(rules[i], body.Count);
            code.AddRange(tests);
            code.AddRange(body);

            // A rule that settles every access to every device ends the program: the verifier refuses code that cannot be reached.
            open = tests.Count > 0 || Bits(rules[i]) != AllAccess;
        }

        if (open)
        {
            code.AddRange(Return(0));
        }

        byte[] bytes = new byte[code.Count * InstructionSize];
        for (int i = 0; i < code.Count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * InstructionSize), code[i]);
        }

        return bytes;
    }

    /// <summary>The jumps over the body for devices that the rule is not about.</summary>
    private static List<ulong> Tests(DeviceRule rule, int body)
    {
        List<(byte Register, long Value)> tests = [];
        if (rule.Type != 'a')
        {
            tests.Add((Type, rule.Type == 'b' ? BlockDevice : CharacterDevice));
        }

        if (rule.Major >= 0)
        {
            tests.Add((Major, rule.Major));
        }

        if (rule.Minor >= 0)
        {
            tests.Add((Minor, rule.Minor));
        }

        return [.. tests.Select((t, i) => Instruction(JumpNotEqual, t.Register, 0, (short)(tests.Count - i - 1 + body), (int)t.Value))];
    }

    private static List<ulong> Body(DeviceRule rule)
    {
        int bits = Bits(rule);
        return (rule.Allow, bits) switch
        {
            (_, AllAccess) => [.. Return(rule.Allow ? 1 : 0)],
            (true, _) =>
            [
                Instruction(AndImmediate, Wanted, 0, 0, AllAccess & ~bits),
                Instruction(JumpNotEqual, Wanted, 0, 2, 0),
                .. Return(1),
            ],
            _ =>
            [
                Instruction(JumpIfAnyBit, Wanted, 0, 1, bits),
                Instruction(JumpAlways, 0, 0, 2, 0),
                .. Return(0),
            ],
        };
    }

    /// <summary>BPF_DEVCG_ACC_MKNOD 1, _READ 2, _WRITE 4.</summary>
    private static int Bits(DeviceRule rule) =>
        rule.Access.Aggregate(0, (bits, c) => bits | c switch { 'm' => 1, 'r' => 2, _ => 4 });

    private static ulong[] Return(int value) => [Instruction(MoveImmediate, Result, 0, 0, value), Instruction(Exit, 0, 0, 0, 0)];

    private static ulong Instruction(byte operation, byte destination, byte source, short offset, int immediate) =>
        operation | ((ulong)(destination | (source << 4)) << 8) | ((ulong)(ushort)offset << 16) | ((ulong)(uint)immediate << 32);
}
