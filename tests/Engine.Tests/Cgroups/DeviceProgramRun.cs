using System.Buffers.Binary;

namespace Containers.Engine.Tests.Cgroups;

/// <summary>
/// Runs the instructions that the device program uses, by the definitions of the kernel's instruction-set.rst. Whether the
/// kernel's verifier takes the program is for the tests on the real tree.
/// </summary>
internal sealed class DeviceProgramRun(byte[] program)
{
    internal bool Allows(char type, uint major, uint minor, string access)
    {
        uint bits = (access.Contains('m') ? 1u : 0) | (access.Contains('r') ? 2u : 0) | (access.Contains('w') ? 4u : 0);
        uint[] context = [(bits << 16) | (type == 'b' ? 1u : 2u), major, minor];
        ulong[] registers = new ulong[11];
        for (int at = 0; ; at++)
        {
            ReadOnlySpan<byte> code = program.AsSpan(at * 8, 8);
            int destination = code[1] & 15;
            int source = code[1] >> 4;
            short offset = BinaryPrimitives.ReadInt16LittleEndian(code[2..]);
            ulong immediate = (ulong)(long)BinaryPrimitives.ReadInt32LittleEndian(code[4..]);
            switch (code[0])
            {
                case 0x61:
                    registers[destination] = context[offset / 4];
                    break;
                case 0xb7:
                    registers[destination] = immediate;
                    break;
                case 0xbf:
                    registers[destination] = registers[source];
                    break;
                case 0x57:
                    registers[destination] &= immediate;
                    break;
                case 0x77:
                    registers[destination] >>= (int)immediate;
                    break;
                case 0x05:
                    at += offset;
                    break;
                case 0x55:
                    at += registers[destination] != immediate ? offset : 0;
                    break;
                case 0x45:
                    at += (registers[destination] & immediate) != 0 ? offset : 0;
                    break;
                case 0x95:
                    return registers[0] != 0;
                default:
                    throw new InvalidOperationException($"opcode {code[0]:x}");
            }
        }
    }
}
