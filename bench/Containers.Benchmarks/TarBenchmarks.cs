using BenchmarkDotNet.Attributes;
using Containers.Engine.Images;

namespace Containers.Benchmarks;

/// <summary>Headers of an archive of empty files: what an image with many small files costs before a byte is written.</summary>
[MemoryDiagnoser]
public class TarBenchmarks
{
    private const int Entries = 1000;

    private byte[] _archive = [];

    [GlobalSetup]
    public void Setup()
    {
        using MemoryStream target = new();
        TarWriter writer = new(target);
        TarEntry entry = new();
        for (int i = 0; i < Entries; i++)
        {
            entry.Clear();
            entry.Name.Set(System.Text.Encoding.ASCII.GetBytes($"usr/share/doc/package-{i}/copyright"));
            entry.Mode = 0x1A4; // 0644
            entry.Seconds = 1_700_000_000 + i;
            writer.WriteEntry(entry);
            writer.EndData();
        }

        writer.WriteEnd();
        _archive = target.ToArray();
    }

    [Benchmark(OperationsPerInvoke = Entries)]
    public int ReadHeaders()
    {
        TarReader reader = new(new MemoryStream(_archive, writable: false));
        int count = 0;
        while (reader.Next() is not null)
        {
            count++;
        }

        return count == Entries ? count : throw new InvalidOperationException($"{count} entries were read, not {Entries}.");
    }
}
