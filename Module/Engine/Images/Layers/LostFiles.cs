using System.Globalization;
using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>
/// What an archive names twice exists once in its layer, but the archive has both contents: the earlier one moves to the layer's
/// "lost" folder, named by a number, beside the files that containers see.
/// </summary>
internal sealed unsafe class LostFiles(string layerDirectory) : IDisposable
{
    internal const string FolderName = "lost";

    private int _folder = -1;
    private long _next;

    /// <summary>Moves away what has content; false where there is nothing to keep.</summary>
    /// <exception cref="LinuxException">It cannot be moved.</exception>
    internal bool TryKeep(int parent, byte* name, out long number)
    {
        number = 0;
        Libc.statx_t status;
        if (Libc.statx(parent, name, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &status) != 0)
        {
            return false;
        }

        switch (status.stx_mode & Libc.S_IFMT)
        {
            case Libc.S_IFREG when status.stx_size > 0:
                break;
            case Libc.S_IFDIR when Libc.unlinkat(parent, name, Libc.AT_REMOVEDIR) != 0:
                break;
            default:
                return false;
        }

        if (_folder < 0)
        {
            string path = Path.Join(layerDirectory, FolderName);
            StoreFolder.Create(path);
            fixed (byte* native = NativePath.From(path))
            {
                _folder = Libc.openat(Libc.AT_FDCWD, native, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
                if (_folder < 0)
                {
                    throw new LinuxException("open", path, Errno.Last);
                }
            }
        }

        number = _next++;
        fixed (byte* target = NativePath.From(number.ToString(CultureInfo.InvariantCulture)))
        {
            return Libc.renameat(parent, name, _folder, target) == 0
                ? true
                : throw new LinuxException("renameat", layerDirectory, Errno.Last);
        }
    }

    public void Dispose()
    {
        if (_folder >= 0)
        {
            _ = Libc.close(_folder);
            _folder = -1;
        }
    }
}
