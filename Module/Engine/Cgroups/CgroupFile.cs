using System.Globalization;
using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Cgroups;

/// <summary>
/// The files of a cgroup directory. One open, one write, one close: a value is one write(2), because the kernel takes each
/// write as a whole command. Nothing is created: a file that is missing means that the kernel lacks the feature.
/// </summary>
internal static unsafe class CgroupFile
{
    private const int PathMaximum = 4096;

    /// <summary>Writes a value and a line feed, which the kernel strips.</summary>
    /// <exception cref="LinuxException">The file is missing (ENOENT) or the kernel refuses the value.</exception>
    internal static void Write(string directory, string file, string value)
    {
        string path = $"{directory}/{file}";
        if (TryWrite(path, value) is int errno and not 0)
        {
            throw new LinuxException("write", $"{path} = {value}", errno);
        }
    }

    /// <summary>Writes a limit; a kernel without it is worth a warning, not an error (cmdlets.md 1.10).</summary>
    /// <param name="limit">What the limit is called, as the start of the warning.</param>
    internal static bool WriteLimit(string directory, string file, string value, string limit, IList<string> warnings)
    {
        string path = $"{directory}/{file}";
        switch (TryWrite(path, value))
        {
            case 0:
                return true;
            case Errno.ENOENT or Errno.EOPNOTSUPP:
                warnings.Add($"{limit} is not applied: this kernel does not support '{file}' here.");
                return false;
            case int errno:
                throw new LinuxException("write", $"{path} = {value}", errno);
        }
    }

    /// <returns>0, or the error number of open or write.</returns>
    internal static int TryWrite(string path, string value)
    {
        Span<byte> name = stackalloc byte[PathMaximum];
        Span<byte> text = stackalloc byte[PathMaximum];
        if (!Terminate(path, name) || !Encoding.UTF8.TryGetBytes(value, text[..^1], out int length))
        {
            return Errno.ENAMETOOLONG;
        }

        text[length++] = (byte)'\n';
        fixed (byte* p = name)
        fixed (byte* t = text)
        {
            int fd;
            do
            {
                fd = Libc.openat(Libc.AT_FDCWD, p, Libc.O_WRONLY | Libc.O_CLOEXEC, 0);
            }
            while (fd < 0 && Errno.Last == Errno.EINTR);
            if (fd < 0)
            {
                return Errno.Last;
            }

            nint written;
            int errno;
            do
            {
                written = Libc.write(fd, t, (nuint)length);
                errno = written < 0 ? Errno.Last : 0;
            }
            while (errno == Errno.EINTR);
            _ = Libc.close(fd);
            return errno;
        }
    }

    /// <returns>The text, or null when the file or its directory is not there.</returns>
    /// <exception cref="LinuxException">It is there and cannot be read.</exception>
    internal static string? TryRead(string path)
    {
        Span<byte> name = stackalloc byte[PathMaximum];
        if (!Terminate(path, name))
        {
            throw new LinuxException("open", path, Errno.ENAMETOOLONG);
        }

        int fd;
        fixed (byte* p = name)
        {
            fd = Libc.openat(Libc.AT_FDCWD, p, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        }

        if (fd < 0)
        {
            int errno = Errno.Last;
            return errno is Errno.ENOENT or Errno.ENODEV ? null : throw new LinuxException("open", path, errno);
        }

        try
        {
            return ReadToEnd(fd, path);
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    /// <summary>A file of one number. Null when the file is missing or says "max".</summary>
    internal static long? ReadNumber(string path) =>
        TryRead(path) is { } text && long.TryParse(text.AsSpan().Trim(), NumberStyles.Integer, CultureInfo.InvariantCulture, out long value)
            ? value
            : null;

    /// <summary>The number behind <paramref name="key"/> in a file of "key number" lines. Null when there is no such line.</summary>
    internal static long? Field(string? text, string key)
    {
        if (text is null)
        {
            return null;
        }

        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (line.Length > key.Length && line[key.Length] == ' ' && line.StartsWith(key)
                && long.TryParse(line[(key.Length + 1)..], NumberStyles.Integer, CultureInfo.InvariantCulture, out long value))
            {
                return value;
            }
        }

        return null;
    }

    internal static bool Exists(string path) => TryOpen(path, Libc.O_PATH) == 0;

    internal static bool IsWritable(string path) => TryOpen(path, Libc.O_WRONLY) == 0;

    /// <returns>0, or the error number of mkdir.</returns>
    internal static int MakeDirectory(string path)
    {
        Span<byte> name = stackalloc byte[PathMaximum];
        if (!Terminate(path, name))
        {
            return Errno.ENAMETOOLONG;
        }

        fixed (byte* p = name)
        {
            return Libc.mkdirat(Libc.AT_FDCWD, p, 0x1ED) == 0 ? 0 : Errno.Last; // 0755
        }
    }

    /// <returns>0, or the error number of rmdir.</returns>
    internal static int RemoveDirectory(string path)
    {
        Span<byte> name = stackalloc byte[PathMaximum];
        if (!Terminate(path, name))
        {
            return Errno.ENAMETOOLONG;
        }

        fixed (byte* p = name)
        {
            return Libc.unlinkat(Libc.AT_FDCWD, p, Libc.AT_REMOVEDIR) == 0 ? 0 : Errno.Last;
        }
    }

    private static int TryOpen(string path, int flags)
    {
        Span<byte> name = stackalloc byte[PathMaximum];
        if (!Terminate(path, name))
        {
            return Errno.ENAMETOOLONG;
        }

        fixed (byte* p = name)
        {
            int fd = Libc.openat(Libc.AT_FDCWD, p, flags | Libc.O_CLOEXEC, 0);
            if (fd < 0)
            {
                return Errno.Last;
            }

            _ = Libc.close(fd);
            return 0;
        }
    }

    private static string? ReadToEnd(int fd, string path)
    {
        Span<byte> buffer = stackalloc byte[4096];
        using MemoryStream rest = new();
        while (true)
        {
            nint count;
            int errno;
            fixed (byte* b = buffer)
            {
                count = Libc.read(fd, b, (nuint)buffer.Length);
                errno = count < 0 ? Errno.Last : 0;
            }

            if (errno == Errno.ENODEV)
            {
                return null; // the cgroup was removed between open and read
            }

            if (errno is not 0 and not Errno.EINTR)
            {
                throw new LinuxException("read", path, errno);
            }

            if (count == 0)
            {
                return Encoding.UTF8.GetString(rest.GetBuffer(), 0, (int)rest.Length);
            }

            if (count > 0)
            {
                rest.Write(buffer[..(int)count]);
            }
        }
    }

    private static bool Terminate(string path, Span<byte> name)
    {
        if (!Encoding.UTF8.TryGetBytes(path, name[..^1], out int length))
        {
            return false;
        }

        name[length] = 0;
        return true;
    }
}
