using System.Globalization;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>A new file of the store as a stream that is only written; failures are <see cref="LinuxException"/> with their errno.</summary>
internal sealed unsafe class OutputFile : Stream
{
    private const uint Private = 0x180;
    private const int NewFile = Libc.O_CREAT | Libc.O_EXCL | Libc.O_CLOEXEC;

    private readonly SafeFileHandle _file;
    private readonly string _name;
    private bool _discards;
    private bool _keepsOpen;

    private OutputFile(SafeFileHandle file, string name)
    {
        _file = file;
        _name = name;
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => Written;

    public override long Position
    {
        get => Written;
        set => throw new NotSupportedException();
    }

    /// <summary>Bytes so far.</summary>
    internal long Written { get; private set; }

    /// <summary>Creates a file (0600) that must not exist.</summary>
    internal static OutputFile Create(string path)
    {
        fixed (byte* native = NativePath.From(path))
        {
            int fd = Libc.openat(Libc.AT_FDCWD, native, Libc.O_WRONLY | NewFile, Private);
            return fd >= 0 ? new OutputFile(new SafeFileHandle(fd, ownsHandle: true), path) : throw new LinuxException("open", path, Errno.Last);
        }
    }

    /// <summary>
    /// Creates a file without a name in a folder: it is gone with its last handle, however this process ends. O_TMPFILE of open(2),
    /// and a file that loses its name at once where a file system has no such thing.
    /// </summary>
    internal static OutputFile CreateUnnamed(string folder)
    {
        int temporary = 0x400000 | Libc.O_DIRECTORY; // O_TMPFILE
        int fd;
        fixed (byte* native = NativePath.From(folder))
        {
            fd = Libc.openat(Libc.AT_FDCWD, native, Libc.O_RDWR | Libc.O_CLOEXEC | temporary, Private);
        }

        if (fd < 0 && Errno.Last is Errno.EOPNOTSUPP or Errno.EISDIR or Errno.EINVAL)
        {
            fixed (byte* native = NativePath.From(Path.Join(folder, "." + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture))))
            {
                fd = Libc.openat(Libc.AT_FDCWD, native, Libc.O_RDWR | NewFile, Private);
                if (fd >= 0)
                {
                    _ = Libc.unlinkat(Libc.AT_FDCWD, native, 0);
                }
            }
        }

        return fd >= 0 ? new OutputFile(new SafeFileHandle(fd, ownsHandle: true), folder) : throw new LinuxException("open", folder, Errno.Last);
    }

    /// <summary>The handle, which outlives this stream from now on.</summary>
    internal SafeFileHandle TakeHandle()
    {
        _keepsOpen = true;
        return _file;
    }

    /// <summary>What is written from now on goes nowhere: a compressor that is closed after a failure still has something to say.</summary>
    internal void Discard() => _discards = true;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty && !_discards)
        {
            nint count;
            fixed (byte* start = buffer)
            {
                count = Libc.write((int)_file.DangerousGetHandle(), start, (nuint)buffer.Length);
            }

            if (count < 0)
            {
                int error = Errno.Last;
                if (error == Errno.EINTR)
                {
                    continue;
                }

                throw new LinuxException("write", _name, error);
            }

            Written += count;
            buffer = buffer[(int)count..];
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_keepsOpen)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }
}
