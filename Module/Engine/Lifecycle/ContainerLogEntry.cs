namespace Containers.Engine.Lifecycle;

public enum LogStream
{
    Stdout = 1,
    Stderr = 2,
}

/// <summary>One line of a container's output.</summary>
/// <param name="Container">The container's name.</param>
/// <param name="Time">When the monitor read it.</param>
/// <param name="Stream">Where it was written.</param>
/// <param name="Line">The text without its line end; bytes that are no UTF-8 are replaced.</param>
public sealed record ContainerLogEntry(string Container, DateTimeOffset Time, LogStream Stream, string Line)
{
    public override string ToString() => Line;
}

public sealed record LogQuery
{
    /// <summary>Only the last so many lines; null for all.</summary>
    public int? Tail { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>Goes on with what comes, until the container ends or the caller cancels.</summary>
    public bool Follow { get; init; }

    /// <summary>Only this stream; null for both.</summary>
    public LogStream? Stream { get; init; }
}
