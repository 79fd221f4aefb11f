namespace Containers.Engine.Images;

/// <summary>Where the files of a saved image go: a tar, or a directory. They come in one order, each name once.</summary>
internal abstract class ArchiveSink
{
    /// <summary>Writes a file of exactly so many bytes; <paramref name="produce"/> writes them.</summary>
    internal abstract void Write(string name, long size, Action<Stream> produce);

    internal void Write(string name, ReadOnlyMemory<byte> content) => Write(name, content.Length, target => target.Write(content.Span));
}
