using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>A layer in the making: its directory, locked, and the root of its files. Not published, it vanishes on disposal.</summary>
internal sealed class NewLayer(string directory, SafeFileHandle handle, SafeFileHandle files) : IDisposable
{
    internal string Directory { get; } = directory;

    /// <summary>The directory that becomes the layer's fs.</summary>
    internal SafeFileHandle Files { get; } = files;

    /// <summary>Bytes of the archive it came from; set by the import.</summary>
    internal long TarSize { get; set; }

    /// <summary>Attributes that the store's file system did not take; set by the import.</summary>
    internal long LostAttributes { get; set; }

    internal bool Published { get; set; }

    /// <summary>From now on others may pin it; nobody can remove it before it is disposed.</summary>
    internal void Share()
    {
        if (Libc.flock((int)handle.DangerousGetHandle(), Libc.LOCK_SH | Libc.LOCK_NB) != 0)
        {
            throw new LinuxException("flock", Directory, Errno.Last);
        }
    }

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
