using Containers.Engine.Linux;

namespace Containers.Engine.Building.Context;

/// <summary>A directory of its own for one context that was fetched or unpacked, 0700, gone with its disposal.</summary>
internal sealed class ContextFolder : IDisposable
{
    private int _next;

    /// <param name="parent">A directory that exists and belongs to the engine; another session sweeps it should this one be killed.</param>
    internal ContextFolder(string parent)
    {
        Path = System.IO.Path.Join(parent, "context-" + Guid.NewGuid().ToString("N")[..16]);
        Files.MakeDirectory(Path, 0x1C0);
    }

    internal string Path { get; }

    /// <summary>A new empty directory in it.</summary>
    internal string MakeDirectory()
    {
        string path = System.IO.Path.Join(Path, Interlocked.Increment(ref _next).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Files.MakeDirectory(path, 0x1C0);
        return path;
    }

    public void Dispose() => FileTree.Remove(Path);
}
