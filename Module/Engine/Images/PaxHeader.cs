using System.Buffers.Text;

namespace Containers.Engine.Images;

/// <summary>The records of a PAX extended header that mean something here (pax(1), "pax Extended Header").</summary>
internal sealed class PaxHeader
{
    private const int MaxRecords = 100_000;

    internal ByteText Path { get; } = new();

    internal ByteText LinkPath { get; } = new();

    internal ByteText SparseName { get; } = new();

    internal long? Size { get; private set; }

    internal long? Uid { get; private set; }

    internal long? Gid { get; private set; }

    internal long? Seconds { get; private set; }

    internal uint Nanoseconds { get; private set; }

    internal long? DeviceMajor { get; private set; }

    internal long? DeviceMinor { get; private set; }

    internal long? SparseSize { get; private set; }

    internal long SparseMajor { get; private set; }

    internal bool IsSparse { get; private set; }

    internal bool HasAny { get; private set; }

    /// <summary>Offsets and lengths in turn.</summary>
    internal List<long> SparseNumbers { get; } = [];

    internal List<ExtendedAttribute> Attributes { get; } = [];

    internal void Clear()
    {
        if (!HasAny)
        {
            return;
        }

        Path.Clear();
        LinkPath.Clear();
        SparseName.Clear();
        Size = Uid = Gid = Seconds = DeviceMajor = DeviceMinor = SparseSize = null;
        Nanoseconds = 0;
        SparseMajor = 0;
        IsSparse = HasAny = false;
        SparseNumbers.Clear();
        Attributes.Clear();
    }

    /// <exception cref="EngineException">DamagedArchive.</exception>
    internal void Parse(ReadOnlySpan<byte> data)
    {
        HasAny = true;
        int records = 0;

        // Some writers pad the last record with zeros.
        while (!data.IsEmpty && data[0] != 0)
        {
            if (!Utf8Parser.TryParse(data, out int length, out int digits)
                || length <= digits + 1 || length > data.Length || data[digits] != ' ' || data[length - 1] != '\n'
                || ++records > MaxRecords)
            {
                throw Malformed("a record");
            }

            ReadOnlySpan<byte> record = data[(digits + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0)
            {
                throw Malformed("a record");
            }

            Apply(record[..equals], record[(equals + 1)..]);
            data = data[length..];
        }
    }

    private static EngineException Malformed(string what) => ImageErrors.DamagedArchive($"{what} of an extended header is malformed");

    private static long? Number(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return null;
        }

        return Utf8Parser.TryParse(value, out long number, out int used) && used == value.Length && number >= 0
            ? number
            : throw Malformed("a number");
    }

    private static void Text(ByteText target, ReadOnlySpan<byte> value)
    {
        if (value.Contains((byte)0))
        {
            throw Malformed("a name (it contains NUL)");
        }

        target.Set(value);
    }

    private void Apply(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.StartsWith("SCHILY.xattr."u8))
        {
            AddAttribute(key[13..], value);
        }
        else if (key.StartsWith("GNU.sparse."u8))
        {
            ApplySparse(key[11..], value);
        }
        else if (key.SequenceEqual("path"u8))
        {
            Text(Path, value);
        }
        else if (key.SequenceEqual("linkpath"u8))
        {
            Text(LinkPath, value);
        }
        else if (key.SequenceEqual("size"u8))
        {
            Size = Number(value);
        }
        else if (key.SequenceEqual("uid"u8))
        {
            Uid = Number(value);
        }
        else if (key.SequenceEqual("gid"u8))
        {
            Gid = Number(value);
        }
        else if (key.SequenceEqual("mtime"u8))
        {
            ApplyTime(value);
        }
        else if (key.SequenceEqual("SCHILY.devmajor"u8))
        {
            DeviceMajor = Number(value);
        }
        else if (key.SequenceEqual("SCHILY.devminor"u8))
        {
            DeviceMinor = Number(value);
        }
    }

    private void AddAttribute(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.IsEmpty || name.Length > 255 || name.Contains((byte)0))
        {
            throw Malformed("an attribute's name");
        }

        Attributes.Add(new ExtendedAttribute(name.ToArray(), value.ToArray()));
    }

    private void ApplySparse(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("name"u8))
        {
            Text(SparseName, value);
            return;
        }

        IsSparse = true;
        if (key.SequenceEqual("size"u8) || key.SequenceEqual("realsize"u8))
        {
            SparseSize = Number(value);
        }
        else if (key.SequenceEqual("major"u8))
        {
            SparseMajor = Number(value) ?? 0;
        }
        else if (key.SequenceEqual("offset"u8) || key.SequenceEqual("numbytes"u8))
        {
            // Version 0.0 writes them in turn; a pair out of turn would shift the whole map.
            if ((SparseNumbers.Count % 2 == 0) != key.SequenceEqual("offset"u8))
            {
                throw Malformed("the sparse map");
            }

            SparseNumbers.Add(Number(value) ?? throw Malformed("the sparse map"));
        }
        else if (key.SequenceEqual("map"u8))
        {
            SparseNumbers.Clear();
            ReadOnlySpan<byte> rest = value;
            while (!rest.IsEmpty)
            {
                int comma = rest.IndexOf((byte)',');
                ReadOnlySpan<byte> number = comma < 0 ? rest : rest[..comma];
                SparseNumbers.Add(Number(number) ?? throw Malformed("the sparse map"));
                rest = comma < 0 ? default : rest[(comma + 1)..];
            }
        }
    }

    private void ApplyTime(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            Seconds = null;
            return;
        }

        bool negative = value[0] == '-';
        ReadOnlySpan<byte> digits = negative ? value[1..] : value;
        int dot = digits.IndexOf((byte)'.');
        long seconds = Number(dot < 0 ? digits : digits[..dot]) ?? 0;
        uint nanoseconds = 0;
        if (dot >= 0)
        {
            ReadOnlySpan<byte> fraction = digits[(dot + 1)..];
            for (int i = 0; i < 9; i++)
            {
                int digit = i < fraction.Length ? fraction[i] - '0' : 0;
                if (digit is < 0 or > 9)
                {
                    throw Malformed("a time");
                }

                nanoseconds = (nanoseconds * 10) + (uint)digit;
            }
        }

        if (negative)
        {
            seconds = -seconds;
            if (nanoseconds > 0)
            {
                seconds--;
                nanoseconds = 1_000_000_000 - nanoseconds;
            }
        }

        Seconds = seconds;
        Nanoseconds = nanoseconds;
    }
}
