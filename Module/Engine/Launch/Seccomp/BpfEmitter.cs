using System.Buffers.Binary;

namespace Containers.Engine.Launch.Seccomp;

/// <summary>
/// Writes a classic BPF program from its end to its beginning (linux/bpf_common.h, the kernel's networking/filter.rst). All jumps
/// of BPF go forward, so every target exists already when a jump to it is written, and its distance is known. A label is the
/// count of instructions from the end of the program to the one it names.
/// </summary>
internal sealed class BpfEmitter
{
    internal const ushort JumpEqual = 0x15;
    internal const ushort JumpGreater = 0x25;
    internal const ushort JumpGreaterOrEqual = 0x35;

    private const ushort JumpAlways = 0x05;
    private const ushort LoadWord = 0x20;
    private const ushort And = 0x54;
    private const ushort Return = 0x06;

    // BPF_MAXINSNS of linux/bpf_common.h.
    private const int MaxInstructions = 4096;

    private readonly List<ulong> _instructions = [];
    private readonly Dictionary<uint, int> _returns = [];

    /// <summary>Return this value. An instruction within reach of a short jump is used again.</summary>
    internal int Ret(uint value)
    {
        // 200 leaves room for what is written between this call and the jump; a longer way costs a trampoline, nothing else.
        if (_returns.TryGetValue(value, out int label) && _instructions.Count - label < 200)
        {
            return label;
        }

        return _returns[value] = Add(Return, 0, 0, value);
    }

    /// <summary>Compare the accumulator with a constant and go to one of two labels.</summary>
    internal int Jump(ushort comparison, uint value, int whenTrue, int whenFalse)
    {
        if (whenTrue == whenFalse)
        {
            return whenTrue;
        }

        // A distance has 8 bits. A trampoline makes the other way longer by one, so both are looked at until both fit.
        while (Distance(whenTrue) > byte.MaxValue || Distance(whenFalse) > byte.MaxValue)
        {
            if (Distance(whenTrue) > byte.MaxValue)
            {
                whenTrue = Trampoline(whenTrue);
            }
            else
            {
                whenFalse = Trampoline(whenFalse);
            }
        }

        return Add(comparison, (byte)Distance(whenTrue), (byte)Distance(whenFalse), value);
    }

    /// <summary>Load a word of struct seccomp_data into the accumulator, then go on at a label.</summary>
    internal int Load(uint offset, int next)
    {
        FallTo(next);
        return Add(LoadWord, 0, 0, offset);
    }

    /// <summary>Mask the accumulator, then go on at a label.</summary>
    internal int Mask(uint mask, int next)
    {
        FallTo(next);
        return Add(And, 0, 0, mask);
    }

    /// <summary>The program as an array of struct sock_filter, beginning at the instruction written last.</summary>
    internal byte[] ToProgram()
    {
        byte[] program = new byte[_instructions.Count * sizeof(ulong)];
        for (int i = 0; i < _instructions.Count; i++)
        {
            // Both architectures are little-endian: code (16 bits), jt (8), jf (8), k (32).
            BinaryPrimitives.WriteUInt64LittleEndian(program.AsSpan(i * sizeof(ulong)), _instructions[^(i + 1)]);
        }

        return program;
    }

    private int Distance(int label) => _instructions.Count - label;

    private int Trampoline(int label) => Add(JumpAlways, 0, 0, (uint)Distance(label));

    private void FallTo(int label)
    {
        if (Distance(label) != 0)
        {
            Trampoline(label);
        }
    }

    private int Add(ushort code, byte whenTrue, byte whenFalse, uint value)
    {
        if (_instructions.Count == MaxInstructions)
        {
            throw new EngineException(
                EngineErrorKind.LimitsExceeded,
                "SeccompProfileTooLarge",
                $"The seccomp profile needs more than the {MaxInstructions} instructions that the kernel takes.",
                action: "Use fewer rules with arguments.");
        }

        _instructions.Add(code | ((ulong)whenTrue << 16) | ((ulong)whenFalse << 24) | ((ulong)value << 32));
        return _instructions.Count;
    }
}
