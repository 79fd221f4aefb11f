using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>
/// The files of a directory that a user names: an OCI layout, skopeo's "dir:", or an unpacked archive. Every name in it is resolved by the
/// kernel within it; only regular files are opened (S24: a fifo or a link to a device would hang or do worse).
/// </summary>
internal sealed class DirectoryMembers : ArchiveMembers
{
    private const int Flags = Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY;

    private readonly RootedDirectory _root;

    /// <exception cref="EngineException">ArchiveReadFailed.</exception>
    internal DirectoryMembers(string path)
    {
        Subject = path;
        try
        {
            _root = RootedDirectory.Open(path);
        }
        catch (LinuxException e)
        {
            throw ArchiveErrors.ReadFailed(path, e);
        }
    }

    internal override string Subject { get; }

    internal override bool Contains(string name)
    {
        try
        {
            return MemberPath.Clean(name) is { Length: > 0 } clean && _root.TryStat(clean, out Libc.statx_t status)
                && (status.stx_mode & Libc.S_IFMT) == Libc.S_IFREG;
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOTDIR or Errno.ELOOP)
        {
            return false;
        }
    }

    internal override IEnumerable<string> Directories() =>
        Directory.EnumerateDirectories(Subject).Select(path => Path.GetFileName(path));

    internal override long Length(string name)
    {
        using SafeFileHandle file = OpenFile(name);
        return RandomAccess.GetLength(file);
    }

    internal override Stream Open(string name) => new FileStream(OpenFile(name), FileAccess.Read, bufferSize: 0);

    public override void Dispose() => _root.Dispose();

    private SafeFileHandle OpenFile(string name)
    {
        if (MemberPath.Clean(name) is not { Length: > 0 } clean)
        {
            throw ArchiveErrors.Unsafe(name, "it leads out of the directory");
        }

        try
        {
            if (!_root.TryStat(clean, out Libc.statx_t status))
            {
                throw ArchiveErrors.Missing(name);
            }

            // Looked at first: opening a device may do something already.
            if ((status.stx_mode & Libc.S_IFMT) != Libc.S_IFREG)
            {
                throw ArchiveErrors.Unsafe(name, "it is no regular file");
            }

            return _root.OpenFile(clean, Flags);
        }
        catch (LinuxException e)
        {
            throw e.Errno is Errno.ENOENT or Errno.ENOTDIR ? ArchiveErrors.Missing(name) : ArchiveErrors.ReadFailed(Subject, e);
        }
    }
}
