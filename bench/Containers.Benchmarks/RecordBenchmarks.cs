using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Containers.Engine.Lifecycle;

namespace Containers.Benchmarks;

/// <summary>The records of a container: what a first list pays for each one, without the file system.</summary>
[MemoryDiagnoser]
public class RecordBenchmarks
{
    private byte[] _record = [];
    private byte[] _state = [];

    [GlobalSetup]
    public void Setup()
    {
        _record = JsonSerializer.SerializeToUtf8Bytes(Sample.Record(), RecordJson.Default.ContainerRecord);
        _state = JsonSerializer.SerializeToUtf8Bytes(new StateRecord { Status = "exited", ExitCode = 0 }, RecordJson.Default.StateRecord);
    }

    [Benchmark]
    public object ParseRecord() => JsonSerializer.Deserialize(_record, RecordJson.Default.ContainerRecord)!;

    [Benchmark]
    public object ParseState() => JsonSerializer.Deserialize(_state, RecordJson.Default.StateRecord)!;
}
