using System.Buffers.Binary;

namespace Containers.Engine.Linux;

/// <summary>
/// Reads the names of an open directory with getdents64(2) into a buffer of the caller; "." and ".." are left out.
/// Allocates nothing.
/// </summary>
internal unsafe ref struct DirectoryReader
{
    internal const byte DT_UNKNOWN = 0;
    internal const byte DT_DIR = 4;
    internal const byte DT_REG = 8;

    // struct linux_dirent64: d_ino (8), d_off (8), d_reclen (2), d_type (1), d_name.
    private const int LengthOffset = 16;
    private const int TypeOffset = 18;
    private const int NameOffset = 19;

    private readonly int _fd;
    private readonly byte* _buffer;
    private readonly int _size;
    private int _next;
    private int _end;

    /// <param name="fd">A directory opened for reading.</param>
    /// <param name="buffer">At least 512 bytes: room for the longest name.</param>
    internal DirectoryReader(int fd, byte* buffer, int size)
    {
        _fd = fd;
        _buffer = buffer;
        _size = size;
    }

    /// <summary>The current name, zero-terminated; valid until the next call of <see cref="Next"/>.</summary>
    internal byte* Name { get; private set; }

    /// <summary>One of the DT_ values; DT_UNKNOWN where the file system does not say.</summary>
    internal byte Type { get; private set; }

    /// <summary>0 after the last name; the error number when reading failed.</summary>
    internal int Error { get; private set; }

    internal bool Next()
    {
        while (true)
        {
            if (_next >= _end)
            {
                nint got = Libc.getdents64(_fd, _buffer, (nuint)_size);
                if (got <= 0)
                {
                    Error = got < 0 ? Errno.Last : 0;
                    return false;
                }

                _next = 0;
                _end = (int)got;
            }

            byte* entry = _buffer + _next;
            _next += BinaryPrimitives.ReadUInt16LittleEndian(new ReadOnlySpan<byte>(entry + LengthOffset, 2));
            byte* name = entry + NameOffset;
            if (name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0)))
            {
                continue;
            }

            Name = name;
            Type = entry[TypeOffset];
            return true;
        }
    }
}
