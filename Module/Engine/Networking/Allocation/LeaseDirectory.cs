using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Networking.Allocation;

/// <summary>
/// A directory of small files that say who holds what. Nothing here is synced to disk: leases do not outlive a boot. The caller holds a
/// lock, so that all that can be seen of another session is what a crash of it left: an empty file, or one beside the real one.
/// </summary>
internal sealed unsafe class LeaseDirectory(string path)
{
    private const int MaxBytes = 64 * 1024;
    private const uint OwnerOnly = 0x180; // 0600
    private const int MaxOwner = 128;
    private const int PointerBytes = 64; // An IPv6 address has up to 45 characters.
    private const string Beside = ".new";

    /// <summary>Creates a file; false where there is one, or something else, of that name.</summary>
    internal bool TryCreate(string name, string content)
    {
        int fd = Create(name);
        if (fd == -Errno.ENOENT)
        {
            Files.MakeDirectory(path, 0x1C0); // 0700
            fd = Create(name);
        }

        if (fd == -Errno.EEXIST)
        {
            return false;
        }

        Write(fd, name, content);
        return true;
    }

    /// <summary>The content, null where there is none or what is there is no file of ours.</summary>
    internal string? Read(string name)
    {
        try
        {
            return SmallFile.Read(Path.Join(path, name), MaxBytes) is { } bytes ? Encoding.ASCII.GetString(bytes) : null;
        }
        catch (LinuxException e) when (e.Errno is Errno.ELOOP or Errno.EINVAL or Errno.EISDIR or Errno.EFBIG or Errno.ENXIO)
        {
            return null;
        }
    }

    /// <summary>The id that a file holds, null where it is damaged, foreign or missing.</summary>
    internal string? ReadOwner(string name) => Read(name) is { } text && IsOwner(text) ? text : null;

    /// <summary>Replaces a file so that a crash leaves the old content or the new.</summary>
    /// <returns>False where something that cannot be replaced, a directory, has the name.</returns>
    internal bool TryReplace(string name, string content)
    {
        int fd = Open(Beside, Libc.O_TRUNC);
        if (fd == -Errno.ENOENT)
        {
            Files.MakeDirectory(path, 0x1C0);
            fd = Open(Beside, Libc.O_TRUNC);
        }

        Write(fd, Beside, content);
        try
        {
            Files.Rename(Path.Join(path, Beside), Path.Join(path, name));
            return true;
        }
        catch (LinuxException e) when (e.Errno == Errno.EISDIR)
        {
            return false;
        }
    }

    /// <summary>The short text that <see cref="WritePointer"/> wrote, null where there is none.</summary>
    internal string? ReadPointer(string name)
    {
        int fd = Files.Open(Path.Join(path, name), Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        if (fd < 0)
        {
            return null;
        }

        byte* buffer = stackalloc byte[PointerBytes];
        nint got = Libc.pread(fd, buffer, PointerBytes, 0);
        Libc.close(fd);
        return got < 0 ? null : Encoding.ASCII.GetString(buffer, (int)got).Split('\n')[0];
    }

    /// <summary>
    /// Writes a short text over the last one: always as many bytes, in one write, so that no crash leaves it half. It only says where a search
    /// begins, so a place where it cannot be written is no failure.
    /// </summary>
    internal void WritePointer(string name, string text)
    {
        int fd = Files.Open(Path.Join(path, name), Libc.O_WRONLY | Libc.O_CREAT | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, OwnerOnly);
        if (fd < 0)
        {
            return;
        }

        byte* buffer = stackalloc byte[PointerBytes];
        Span<byte> padded = new(buffer, PointerBytes);
        padded.Fill((byte)'\n');
        Encoding.ASCII.GetBytes(text, padded);
        Libc.pwrite(fd, buffer, PointerBytes, 0);
        Libc.close(fd);
    }

    internal void Remove(string name) => SmallFile.Remove(Path.Join(path, name));

    /// <summary>The names of all that is there, ours or not; none where the directory is not there yet.</summary>
    internal IReadOnlyList<string> Names()
    {
        try
        {
            return [.. new DirectoryInfo(path).EnumerateFiles().Select(file => file.Name).Where(name => name != Beside)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Ids are letters and digits with hyphens, dots and underscores; anything else was not written by the engine.</summary>
    internal static bool IsOwner(string text) =>
        text.Length is > 0 and <= MaxOwner && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    internal static void RequireOwner(string owner)
    {
        if (!IsOwner(owner))
        {
            throw new ArgumentException("An owner is an id of letters, digits, hyphens, dots and underscores.", nameof(owner));
        }
    }

    private int Create(string name) => Open(name, Libc.O_EXCL);

    private int Open(string name, int flags)
    {
        int fd = Files.Open(Path.Join(path, name), Libc.O_WRONLY | Libc.O_CREAT | Libc.O_NOFOLLOW | flags, OwnerOnly);
        return fd >= 0 || fd == -Errno.EEXIST || fd == -Errno.ENOENT ? fd : throw new LinuxException("open", Path.Join(path, name), -fd);
    }

    private void Write(int fd, string name, string content)
    {
        if (fd < 0)
        {
            throw new LinuxException("open", Path.Join(path, name), -fd);
        }

        nint written;
        int errno;
        byte[] bytes = Encoding.ASCII.GetBytes(content);
        fixed (byte* start = bytes)
        {
            written = Libc.write(fd, start, (nuint)bytes.Length);
            errno = written < 0 ? Errno.Last : Errno.ENOSPC;
        }

        Libc.close(fd);
        if (written != bytes.Length)
        {
            throw new LinuxException("write", Path.Join(path, name), errno);
        }
    }
}
