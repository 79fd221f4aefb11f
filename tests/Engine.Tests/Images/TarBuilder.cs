using System.Text;
using Containers.Engine.Images;

namespace Containers.Engine.Tests.Images;

/// <summary>Archives by hand, among them such as no decent program writes.</summary>
internal sealed class TarBuilder
{
    private readonly TarWriter _writer;
    private readonly Action<byte[]> _write;
    private readonly Func<byte[]> _content;

    public TarBuilder()
    {
        MemoryStream stream = new();
        _writer = new TarWriter(stream);
        _write = bytes => stream.Write(bytes);
        _content = stream.ToArray;
    }

    public TarBuilder Add(
        TarEntryType type, string name, string link = "", string content = "", uint mode = 0x1A4, uint major = 0, uint minor = 0,
        params (string Name, string Value)[] attributes) =>
        Add(type, Encoding.UTF8.GetBytes(name), link, Encoding.UTF8.GetBytes(content), mode, major, minor, attributes);

    public TarBuilder Add(
        TarEntryType type, byte[] name, string link, byte[] content, uint mode, uint major, uint minor,
        params (string Name, string Value)[] attributes)
    {
        TarEntry entry = new() { Type = type, Mode = mode, Size = content.Length, Seconds = 1_000_000_000, DeviceMajor = major,
            DeviceMinor = minor };
        entry.Uid = Engine.Linux.Libc.geteuid();
        entry.Name.Set(name);
        entry.LinkName.Set(Encoding.UTF8.GetBytes(link));
        foreach ((string key, string value) in attributes)
        {
            entry.Attributes.Add(new ExtendedAttribute(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value)));
        }

        _writer.WriteEntry(entry);
        if (type == TarEntryType.File && content.Length > 0)
        {
            _writer.WriteData(content);
            _writer.EndData();
        }

        return this;
    }

    public TarBuilder File(string name, string content = "x", uint mode = 0x1A4) => Add(TarEntryType.File, name, content: content,
        mode: mode);

    public TarBuilder Folder(string name, uint mode = 0x1ED) => Add(TarEntryType.Directory, name, mode: mode);

    public TarBuilder Link(string name, string target) => Add(TarEntryType.SymbolicLink, name, target);

    public TarBuilder HardLink(string name, string target) => Add(TarEntryType.HardLink, name, target);

    /// <summary>A raw header with its checksum, and data padded to a block.</summary>
    public TarBuilder Raw(string name, char type, byte[]? size, byte[] data, Action<byte[]>? change = null)
    {
        byte[] header = new byte[512];
        Encoding.Latin1.GetBytes(name).AsSpan(0, Math.Min(100, name.Length)).CopyTo(header);
        "0000644\0"u8.CopyTo(header.AsSpan(100));
        "0000000\0"u8.CopyTo(header.AsSpan(108));
        "0000000\0"u8.CopyTo(header.AsSpan(116));
        (size ?? Encoding.ASCII.GetBytes(Convert.ToString(data.Length, 8).PadLeft(11, '0') + "\0")).CopyTo(header, 124);
        "00000000000\0"u8.CopyTo(header.AsSpan(136));
        header[156] = (byte)type;
        "ustar\0"u8.CopyTo(header.AsSpan(257));
        "00"u8.CopyTo(header.AsSpan(263));
        change?.Invoke(header);
        int sum = TarFormat.Checksum(header, signed: false);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
        _write(header);
        _write(data);
        _write(new byte[-data.Length & 511]);
        return this;
    }

    public TarBuilder Pax(params string[] records)
    {
        StringBuilder text = new();
        foreach (string record in records)
        {
            int length = record.Length + 3;
            while ($"{length} {record}\n".Length != length)
            {
                length = $"{length} {record}\n".Length;
            }

            text.Append(length).Append(' ').Append(record).Append('\n');
        }

        return Raw("PaxHeaders/x", 'x', null, Encoding.Latin1.GetBytes(text.ToString()));
    }

    public byte[] ToBytes(bool end = true)
    {
        byte[] content = _content();
        return end ? [.. content, .. new byte[1024]] : content;
    }
}
