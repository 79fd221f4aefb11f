using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;

namespace Containers.Benchmarks;

/// <summary>Reading a log file back: records to lines, as Get-ContainerLog does; a line of 100 bytes is one operation.</summary>
[MemoryDiagnoser]
public class LogBenchmarks
{
    private const int Lines = 100_000;

    private string _directory = "";

    [GlobalSetup]
    public void Setup()
    {
        _directory = Directory.CreateTempSubdirectory("containers-bench-").FullName;
        using FileStream file = File.Create(LogFiles.PathOf(_directory, 1));
        byte[] line = [.. Enumerable.Repeat((byte)'y', 99), (byte)'\n'];
        const int LinesInRecord = 100;
        byte[] data = [.. Enumerable.Repeat(line, LinesInRecord).SelectMany(static bytes => bytes)];
        LogRecordHeader header = new()
        {
            Magic = LogRecordHeader.RecordMagic,
            StreamAndLength = (uint)data.Length | (1u << 24),
            Time = 1_700_000_000_000_000_000,
        };
        for (int i = 0; i < Lines / LinesInRecord; i++)
        {
            file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<LogRecordHeader>(in header)));
            file.Write(data);
        }
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_directory, recursive: true);

    [Benchmark(OperationsPerInvoke = Lines)]
    public int SplitLines()
    {
        int count = new LogReader(_directory, "sample", new LogQuery(), static () => true).Read(CancellationToken.None).Count();
        return count == Lines ? count : throw new InvalidOperationException($"{count} lines were read, not {Lines}.");
    }
}
