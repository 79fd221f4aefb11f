namespace Containers.Engine.Lifecycle;

/// <summary>How a container's run ended.</summary>
/// <param name="ExitCode">Exit code, or 128 + signal; null when nobody saw it (the monitor was killed).</param>
/// <param name="Signal">The signal that ended it, or 0.</param>
/// <param name="OomKilled">The kernel killed for lack of memory.</param>
/// <param name="Restarts">The restart policy will start it again.</param>
public sealed record ContainerExit(int? ExitCode, int Signal, bool OomKilled, bool Restarts);

/// <summary>A piece of output, as bytes: <see cref="Data"/> is only valid until the next one is asked for.</summary>
/// <param name="Stream">Where it was written.</param>
/// <param name="Data">The bytes.</param>
public readonly record struct OutputChunk(LogStream Stream, ReadOnlyMemory<byte> Data);
