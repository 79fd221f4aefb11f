namespace Containers.Engine.Lifecycle;

/// <summary>
/// A session attached to a program: a container's run, or a further program in it. One reader and one writer thread may use it at once.
/// </summary>
public interface IProgramSession : IDisposable
{
    /// <summary>The end; null while it goes on.</summary>
    public ContainerExit? Exit { get; }

    /// <summary>Waits for the next piece of output.</summary>
    /// <returns>False when the program has ended and everything was read; <see cref="Exit"/> is set then.</returns>
    public bool Read(out OutputChunk chunk, CancellationToken cancellation);

    /// <summary>Writes to its standard input; blocks while it does not read. A program that closed it takes nothing.</summary>
    public void WriteInput(ReadOnlySpan<byte> data, CancellationToken cancellation);

    public void CloseInput();
}
