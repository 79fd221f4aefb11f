using System.Buffers.Binary;
using System.Text;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;

namespace Containers.Engine.Tests.Lifecycle;

/// <summary>Log files made by hand, byte by byte as the monitor writes them.</summary>
internal sealed class LogFile(string directory)
{
    internal static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    internal static byte[] Record(string text, int second = 0, int stream = 1)
    {
        byte[] data = Encoding.UTF8.GetBytes(text);
        byte[] record = new byte[LogRecordHeader.Size + data.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(record, LogRecordHeader.RecordMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), (uint)data.Length | ((uint)stream << 24));
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(8), (Start.AddSeconds(second) - DateTimeOffset.UnixEpoch).Ticks * 100);
        data.CopyTo(record, LogRecordHeader.Size);
        return record;
    }

    internal void Append(int number, params byte[][] records)
    {
        Directory.CreateDirectory(directory);
        using FileStream file = new(LogFiles.PathOf(directory, number), FileMode.Append);
        foreach (byte[] record in records)
        {
            file.Write(record);
        }
    }

    internal IEnumerable<ContainerLogEntry> Read(LogQuery? query = null, Func<bool>? ended = null, CancellationToken cancellation =
        default) =>
        new LogReader(directory, "web", query ?? new LogQuery(), ended ?? (() => true)).Read(cancellation);

    internal string[] Lines(LogQuery? query = null) => [.. Read(query).Select(entry => entry.Line)];
}
