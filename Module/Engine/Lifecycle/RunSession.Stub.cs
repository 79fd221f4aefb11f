namespace Containers.Engine.Lifecycle;

/// <summary>A session attached to a container's run: its output, its input, its end. One reader and one writer thread may use it at once.</summary>
public sealed class RunSession : IDisposable
{
    public Container Container => throw new NotImplementedException();

    /// <summary>The end of the run; null while it goes on.</summary>
    public ContainerExit? Exit => throw new NotImplementedException();

    /// <summary>Waits for the next piece of output.</summary>
    /// <returns>False when the run has ended and everything was read; <see cref="Exit"/> is set then.</returns>
    public bool Read(out OutputChunk chunk, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Writes to the container's standard input; blocks while the container does not read. A container that closed it takes nothing.</summary>
    public void WriteInput(ReadOnlySpan<byte> data, CancellationToken cancellation) => throw new NotImplementedException();

    public void CloseInput() => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
