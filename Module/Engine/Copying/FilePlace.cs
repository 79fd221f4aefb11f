namespace Containers.Engine.Copying;

/// <summary>Whose files they are.</summary>
public enum FilePlaceKind
{
    Host,
    Container,
    Image,
    Layer,
    Volume,
}

/// <summary>A place that has files: the host, a container, an image, one layer of an image, a volume.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Name or id of the container, image or volume; empty for the host.</param>
/// <param name="Layer">Number of the layer in its image, 0 is the bottom.</param>
public sealed record FilePlace(FilePlaceKind Kind, string Name, int Layer = 0)
{
    public static FilePlace Host { get; } = new(FilePlaceKind.Host, "");

    public static FilePlace Container(string name) => new(FilePlaceKind.Container, name);

    public override string ToString() => Kind == FilePlaceKind.Host ? "host" : Label("");

    /// <summary>A path there as people write it: "/etc", "web:/etc".</summary>
    public string Label(string path) => Kind switch
    {
        FilePlaceKind.Host => path,
        FilePlaceKind.Volume => $"volume {Name}:{path}",
        FilePlaceKind.Layer => $"{Name} layer {Layer}:{path}",
        _ => $"{Name}:{path}",
    };
}
