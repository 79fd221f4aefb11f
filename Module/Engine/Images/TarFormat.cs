namespace Containers.Engine.Images;

/// <summary>Places in a header block: POSIX.1-1988 ustar, tar(5) of libarchive, and GNU tar's manual, "Standard".</summary>
internal static class TarFormat
{
    internal const int BlockSize = 512;
    internal const int NameOffset = 0;
    internal const int NameLength = 100;
    internal const int ModeOffset = 100;
    internal const int UidOffset = 108;
    internal const int GidOffset = 116;
    internal const int IdLength = 8;
    internal const int SizeOffset = 124;
    internal const int TimeOffset = 136;
    internal const int LongLength = 12;
    internal const int ChecksumOffset = 148;
    internal const int TypeOffset = 156;
    internal const int LinkOffset = 157;
    internal const int MagicOffset = 257;
    internal const int MajorOffset = 329;
    internal const int MinorOffset = 337;
    internal const int PrefixOffset = 345;
    internal const int PrefixLength = 155;

    // GNU's old sparse format.
    internal const int SparseOffset = 386;
    internal const int SparseCount = 4;
    internal const int SparseMoreOffset = 482;
    internal const int SparseRealSizeOffset = 483;
    internal const int SparseBlockCount = 21;
    internal const int SparseBlockMoreOffset = 504;

    /// <summary>The sum of the header's bytes with the checksum field read as spaces.</summary>
    internal static int Checksum(ReadOnlySpan<byte> header, bool signed)
    {
        int sum = 8 * ' ';
        for (int i = 0; i < BlockSize; i++)
        {
            if (i is < ChecksumOffset or >= ChecksumOffset + 8)
            {
                sum += signed ? (sbyte)header[i] : header[i];
            }
        }

        return sum;
    }

    /// <summary>Whether a block is the header of an entry: its checksum is right, and it is not all zeros.</summary>
    internal static bool IsHeader(ReadOnlySpan<byte> block)
    {
        int wanted = 0;
        foreach (byte b in block.Slice(ChecksumOffset, 8).Trim(" \0"u8))
        {
            if (b is < (byte)'0' or > (byte)'7')
            {
                return false;
            }

            wanted = (wanted << 3) | (b - '0');
        }

        return block[..NameLength].IndexOfAnyExcept((byte)0) >= 0
            && (wanted == Checksum(block, signed: false) || wanted == Checksum(block, signed: true));
    }
}
