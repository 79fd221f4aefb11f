using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>
/// The directory opened last: entries of one directory follow each other in an archive, so that most need no path walk.
/// </summary>
internal sealed class ParentCache(int root) : IDisposable
{
    private readonly byte[] _path = new byte[NativePath.MaxLength];
    private int _length = -1;
    private byte[]? _real;
    private int _fd = -1;

    internal bool TryGet(ReadOnlySpan<byte> path, out int fd)
    {
        fd = path.IsEmpty ? root : _fd;
        return path.IsEmpty || (_fd >= 0 && path.SequenceEqual(_path.AsSpan(0, _length)));
    }

    /// <summary>Where the directory opened last is, links resolved. It is the one that was last asked for, or the root.</summary>
    internal ReadOnlySpan<byte> Real(ReadOnlySpan<byte> path) => path.IsEmpty || _real is null ? path : _real;

    /// <summary>Takes over a descriptor.</summary>
    /// <param name="real">Where it is when the path goes through links; null where the path says it.</param>
    internal void Set(ReadOnlySpan<byte> path, int fd, byte[]? real)
    {
        Close();
        path.CopyTo(_path);
        _length = path.Length;
        _fd = fd;
        _real = real;
    }

    /// <summary>Drops the cached directory, except when it is the one in use.</summary>
    internal void Forget(int keep)
    {
        if (_fd != keep)
        {
            Close();
        }
    }

    public void Dispose() => Close();

    private void Close()
    {
        if (_fd >= 0)
        {
            _ = Libc.close(_fd);
            _fd = -1;
        }

        _length = -1;
        _real = null;
    }
}
