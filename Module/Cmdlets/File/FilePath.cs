using Containers.Engine.Copying;

namespace Containers.Cmdlets;

/// <summary>A path that the user gave, and whose it is.</summary>
/// <param name="Place">The host, a container, an image.</param>
/// <param name="Path">There.</param>
internal readonly record struct FilePath(FilePlace Place, string Path)
{
    internal string Label => Place.Label(Path);
}
