namespace Containers.Engine.Events;

/// <summary>What kind of thing an event is about.</summary>
public enum ContainerEventType
{
    Container,
    Image,
    Network,
    Volume,
    Build,
}

/// <summary>Something that happened, told by the session or the monitor that did it or saw it.</summary>
public sealed record ContainerEvent
{
    public required DateTimeOffset Time { get; init; }

    /// <summary>Nanoseconds since 1970: <see cref="Time"/> has only seven digits of the second.</summary>
    public required long UnixTimeNanoseconds { get; init; }

    public required ContainerEventType Type { get; init; }

    /// <summary>Docker's word: create, start, die, pull, connect and so on; see <see cref="EventActions"/>.</summary>
    public required string Action { get; init; }

    /// <summary>Id of the container, image or network; a volume's name.</summary>
    public string Id { get; init; } = "";

    public string ShortId => Id.StartsWith("sha256:", StringComparison.Ordinal) ? Id[7..Math.Min(Id.Length, 19)] : Id.Length > 12 ? Id[..12] : Id;

    public string Name { get; init; } = "";

    /// <summary>By docker's names, such as image, exitCode, signal, execID, container; a container's labels among them.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    public override string ToString() => $"{Type} {Action} {Name}".TrimEnd();
}

/// <summary>Which events are wanted.</summary>
public sealed record EventQuery
{
    /// <summary>Null for all that are kept; with <see cref="Follow"/> null means from now on.</summary>
    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>Only the last so many.</summary>
    public int? Tail { get; init; }

    /// <summary>Goes on with what comes, until <see cref="Until"/> or the caller's cancellation.</summary>
    public bool Follow { get; init; }

    /// <summary>Null for all.</summary>
    public Func<ContainerEvent, bool>? Filter { get; init; }
}
