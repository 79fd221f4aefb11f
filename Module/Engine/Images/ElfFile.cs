using System.Buffers.Binary;
using System.Text;

namespace Containers.Engine.Images;

/// <summary>
/// What the dynamic loader would look at in an executable or library: elf(5). Reads 32 and 64 bits, either endianness, and
/// trusts no offset. The file is only read, never run (ldd would run it).
/// </summary>
internal sealed class ElfFile
{
    private const int MaxHeaders = 512;
    private const int MaxDynamic = 4096;
    private const int MaxText = 4096;
    private const uint PT_LOAD = 1;
    private const uint PT_DYNAMIC = 2;
    private const uint PT_INTERP = 3;
    private const ulong DT_NEEDED = 1;
    private const ulong DT_STRTAB = 5;
    private const ulong DT_RPATH = 15;
    private const ulong DT_RUNPATH = 29;

    private readonly FileStream _file;
    private readonly List<(ulong Address, ulong Offset, ulong Size)> _loads = [];
    private readonly bool _big;

    private ElfFile(FileStream file, bool wide, bool big)
    {
        _file = file;
        Is64Bit = wide;
        _big = big;
    }

    internal bool Is64Bit { get; }

    /// <summary>e_machine.</summary>
    internal ushort Machine { get; private set; }

    /// <summary>The path of the dynamic loader; null for a static program or a library.</summary>
    internal string? Interpreter { get; private set; }

    internal List<string> Needed { get; } = [];

    internal string? RPath { get; private set; }

    internal string? RunPath { get; private set; }

    /// <summary>Null where the file is no ELF file or not a whole one.</summary>
    internal static ElfFile? TryRead(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> ident = stackalloc byte[16];
        if (file.ReadAtLeast(ident, 16, throwOnEndOfStream: false) < 16 || !ident.StartsWith("\x7f"u8) || !ident[1..].StartsWith("ELF"u8)
            || ident[4] is not (1 or 2) || ident[5] is not (1 or 2))
        {
            return null;
        }

        ElfFile elf = new(file, ident[4] == 2, ident[5] == 2);
        try
        {
            elf.ReadHeaders();
            return elf;
        }
        catch (EndOfStreamException)
        {
            return null;
        }
    }

    /// <summary>Whether the loader of one would take the other.</summary>
    internal bool Matches(ElfFile other) => Is64Bit == other.Is64Bit && _big == other._big && Machine == other.Machine;

    private void ReadHeaders()
    {
        Machine = (ushort)Number(18, 2);
        ulong table = Is64Bit ? Number(32, 8) : Number(28, 4);
        ulong size = Number(Is64Bit ? 54UL : 42UL, 2);
        ulong count = Math.Min(Number(Is64Bit ? 56UL : 44UL, 2), MaxHeaders);
        ulong dynamicOffset = 0;
        ulong dynamicSize = 0;
        for (ulong i = 0; i < count; i++)
        {
            ulong header = unchecked(table + (i * size));
            uint type = (uint)Number(header, 4);
            ulong offset = Is64Bit ? Number(header + 8, 8) : Number(header + 4, 4);
            ulong address = Is64Bit ? Number(header + 16, 8) : Number(header + 8, 4);
            ulong length = Is64Bit ? Number(header + 32, 8) : Number(header + 16, 4);
            switch (type)
            {
                case PT_LOAD:
                    _loads.Add((address, offset, length));
                    break;
                case PT_INTERP:
                    Interpreter = Text(offset);
                    break;
                case PT_DYNAMIC:
                    (dynamicOffset, dynamicSize) = (offset, length);
                    break;
            }
        }

        ReadDynamic(dynamicOffset, dynamicSize);
    }

    private void ReadDynamic(ulong offset, ulong size)
    {
        int word = Is64Bit ? 8 : 4;
        ulong count = Math.Min(size / (ulong)(2 * word), MaxDynamic);
        List<(ulong Tag, ulong Value)> entries = [];
        ulong strings = 0;
        for (ulong i = 0; i < count; i++)
        {
            ulong entry = offset + (i * (ulong)(2 * word));
            ulong tag = Number(entry, word);
            ulong value = Number(entry + (ulong)word, word);
            if (tag == 0)
            {
                break;
            }

            if (tag == DT_STRTAB)
            {
                strings = ToOffset(value);
            }

            entries.Add((tag, value));
        }

        foreach ((ulong tag, ulong value) in entries)
        {
            switch (tag)
            {
                case DT_NEEDED:
                    Needed.Add(Text(strings + value));
                    break;
                case DT_RPATH:
                    RPath = Text(strings + value);
                    break;
                case DT_RUNPATH:
                    RunPath = Text(strings + value);
                    break;
            }
        }
    }

    private ulong ToOffset(ulong address)
    {
        foreach ((ulong start, ulong offset, ulong size) in _loads)
        {
            if (address >= start && address - start < size)
            {
                return address - start + offset;
            }
        }

        throw new EndOfStreamException();
    }

    private ulong Number(ulong offset, int size)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes = bytes[..size];
        Read(offset, bytes);
        return size switch
        {
            2 => _big ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            4 => _big ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            _ => _big ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        };
    }

    private void Read(ulong offset, Span<byte> target)
    {
        if (offset > (ulong)_file.Length)
        {
            throw new EndOfStreamException();
        }

        _file.Position = (long)offset;
        _file.ReadExactly(target);
    }

    private string Text(ulong offset)
    {
        if (offset >= (ulong)_file.Length)
        {
            throw new EndOfStreamException();
        }

        _file.Position = (long)offset;
        byte[] bytes = new byte[MaxText];
        int length = _file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        int end = bytes.AsSpan(0, length).IndexOf((byte)0);
        return end < 0 ? throw new EndOfStreamException() : Encoding.UTF8.GetString(bytes, 0, end);
    }
}
