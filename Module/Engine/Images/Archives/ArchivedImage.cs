namespace Containers.Engine.Images;

/// <summary>An image as an archive holds it: everything but its layers' content is read and checked.</summary>
/// <param name="Incoming">Without names.</param>
/// <param name="Names">As they stand there, not yet looked at.</param>
internal sealed record ArchivedImage(IncomingImage Incoming, ImageConfig Config, IReadOnlyList<string> Names)
{
    internal Digest Id { get; } = Digest.Of(Incoming.Config.Span);

    /// <summary>What messages and progress call it.</summary>
    internal string Label => Names.Count > 0 ? Names[0] : Id.Hex[..12];
}
