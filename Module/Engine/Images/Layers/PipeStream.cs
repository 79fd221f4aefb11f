namespace Containers.Engine.Images;

/// <summary>The consumer's end of a pipe.</summary>
/// <param name="report">Called after each block.</param>
internal sealed class PipeStream(BlockPipe pipe, Action? report, CancellationToken cancel) : ReadingStream
{
    public override int Read(Span<byte> buffer) => pipe.Read(buffer, report, cancel);
}
