using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Seccomp;

namespace Containers.Benchmarks;

/// <summary>The default profile to a filter program: once for each set of capabilities and session.</summary>
[MemoryDiagnoser]
public class SeccompBenchmarks
{
    private static readonly Version s_kernel = new(6, 1);

    [Benchmark]
    public byte[] Default() => SeccompCompiler.Compile(SeccompProfile.Default, Architecture.X64, CapabilitySet.Default, s_kernel);
}
