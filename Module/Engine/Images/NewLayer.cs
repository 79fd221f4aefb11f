using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>A layer in the making: its directory, locked, and the root of its files. Not published, it vanishes on disposal.</summary>
internal sealed class NewLayer(string directory, SafeFileHandle handle, SafeFileHandle files) : IDisposable
{
    internal string Directory { get; } = directory;

    /// <summary>The directory that becomes the layer's fs.</summary>
    internal SafeFileHandle Files { get; } = files;

    internal bool Published { get; set; }

    public void Dispose()
    {
        Files.Dispose();
        try
        {
            if (!Published)
            {
                FileTree.Remove(Directory);
            }
        }
        finally
        {
            handle.Dispose();
        }
    }
}
