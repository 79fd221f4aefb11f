using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Linux;
using Containers.Engine.Storage;

namespace Containers.Engine.Copying;

/// <summary>Single files: their content, what replaces what, attributes.</summary>
internal sealed unsafe partial class FileTreeCopier
{
    /// <summary>A file of the kernel has no size; one that gives more than this is a stream (trace_pipe, pagemap).</summary>
    private const long MaxKernelFile = 64 << 20;

    private const int NewFile = Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_CLOEXEC;

    private byte[]? _buffer;
    private bool _attributesRefused;

    private void File(int node, in Libc.statx_t status, int target, byte[] name, string sourcePath, string targetPath)
    {
        int from = OpenSource(node, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY, sourcePath);
        if (from < 0)
        {
            return;
        }

        try
        {
            bool drain = (status.stx_size == 0 || status.stx_blocks == 0) && _kernel.Has(node, status);
            int to = Create(target, name);
            if (to >= 0)
            {
                Fill(from, to, drain, status, target, name, null, sourcePath, targetPath);
            }
            else if (to != -Errno.EEXIST)
            {
                throw new LinuxException("openat", targetPath, -to);
            }
            else
            {
                Replace(from, drain, status, target, name, sourcePath, targetPath);
            }
        }
        finally
        {
            _ = Libc.close(from);
        }
    }

    /// <summary>
    /// Something has the name. A file is replaced as a whole, by rename, so that nobody sees half of it; but where something is mounted over the
    /// name, a rename from outside the mount namespace would take that mount away: such a file is written in place.
    /// </summary>
    private void Replace(
        int from, bool drain, in Libc.statx_t status, int target, byte[] name, string sourcePath, string targetPath)
    {
        int old = _to.OpenChild(target, name, out bool mounted);
        if (old < 0)
        {
            throw new LinuxException("openat", targetPath, -old);
        }

        Libc.statx_t there;
        try
        {
            there = TreeDirectory.Status(old, name);
            if (TreeDirectory.IsDirectory(there))
            {
                Problem(CopyErrors.FileOntoDirectory(_to, targetPath));
                return;
            }

            if (IsSpecial(there))
            {
                Problem(CopyErrors.FileOntoSpecial(_to, targetPath, there));
                return;
            }

            if (Key(there) == Key(status))
            {
                Problem(CopyErrors.SameFile(_to, targetPath));
                return;
            }

            if ((mounted || IsMounted(there)) && (there.stx_mode & Libc.S_IFMT) == Libc.S_IFREG)
            {
                int to = FileView.Reopen(old, Libc.O_WRONLY | Libc.O_TRUNC | Libc.O_NONBLOCK | Libc.O_NOCTTY);
                if (to < 0)
                {
                    throw new LinuxException("open", targetPath, -to);
                }

                try
                {
                    _ = Content(from, to, drain, status, sourcePath, targetPath);
                }
                finally
                {
                    _ = Libc.close(to);
                }

                return;
            }
        }
        finally
        {
            _ = Libc.close(old);
        }

        byte[] temporary = Temporary();
        int fresh = Create(target, temporary);
        if (fresh < 0)
        {
            throw new LinuxException("openat", targetPath, -fresh);
        }

        Fill(from, fresh, drain, status, target, temporary, name, sourcePath, targetPath);
    }

    /// <summary>Fills a file that was made, gives it its attributes and its final name; takes it away again when that fails.</summary>
    private void Fill(
        int from, int to, bool drain, in Libc.statx_t status, int target, byte[] name, byte[]? finalName, string sourcePath, string targetPath)
    {
        bool done = false;
        try
        {
            if (!Content(from, to, drain, status, sourcePath, targetPath))
            {
                return;
            }

            Finish(from, to, status, targetPath);
            if (finalName is not null)
            {
                Rename(target, name, finalName, targetPath);
            }

            done = true;
            Remember(status);
        }
        finally
        {
            _ = Libc.close(to);
            if (!done)
            {
                Unlink(target, name);
            }
        }
    }

    /// <returns>False after a problem of the source was told.</returns>
    private bool Content(int from, int to, bool drain, in Libc.statx_t status, string sourcePath, string targetPath)
    {
        try
        {
            if (drain)
            {
                return Drain(from, to, sourcePath, targetPath);
            }

            _files.Copy(from, to, (long)status.stx_size, FileNameText.ToBytes(targetPath));
            return true;
        }
        catch (LinuxException e) when (e.Call == "pread" || e is { Call: "copy_file_range", Errno: Errno.EIO or Errno.EISDIR or Errno.EINVAL })
        {
            SourceProblem(sourcePath, e.Errno);
            return false;
        }
    }

    private bool Drain(int from, int to, string sourcePath, string targetPath)
    {
        _buffer ??= GC.AllocateUninitializedArray<byte>(128 * 1024);
        long total = 0;
        fixed (byte* buffer = _buffer)
        {
            while (true)
            {
                _cancel.ThrowIfCancellationRequested();
                nint got = Libc.read(from, buffer, (nuint)_buffer.Length);
                int errno = got < 0 ? Errno.Last : 0;
                if (errno == Errno.EINTR)
                {
                    continue;
                }

                // EAGAIN: nothing more is there now, and waiting for what may come is no copy.
                if (got == 0 || errno == Errno.EAGAIN)
                {
                    return true;
                }

                if (got < 0)
                {
                    SourceProblem(sourcePath, errno);
                    return false;
                }

                total += got;
                if (total > MaxKernelFile)
                {
                    Problem(CopyErrors.Endless(_from, sourcePath, MaxKernelFile));
                    return false;
                }

                for (nint done = 0; done < got;)
                {
                    nint written = Libc.write(to, buffer + done, (nuint)(got - done));
                    if (written < 0 && Errno.Last != Errno.EINTR)
                    {
                        throw Failed("write", targetPath);
                    }

                    done += Math.Max(written, 0);
                }

                Progress(got);
            }
        }
    }

    private void Special(in Libc.statx_t status, int target, byte[] name, string targetPath)
    {
        if (!_options.Archive)
        {
            _specials++;
            return;
        }

        uint type = status.stx_mode & Libc.S_IFMT;
        ulong device = LaunchSteps.DeviceNumber(status.stx_rdev_major, status.stx_rdev_minor);
        Make(
            target, name, targetPath,
            (at, temporary) =>
            {
                fixed (byte* native = temporary)
                {
                    return Libc.mknodat(at, native, type | 0x180, device) == 0 ? 0 : Errno.Last;
                }
            },
            status);
    }

    private void SymbolicLink(int node, in Libc.statx_t status, int target, byte[] name, string sourcePath, string targetPath)
    {
        if (FileView.ReadLink(node, out byte[] link) != 0)
        {
            Problem(CopyErrors.LinkUnreadable(_from, sourcePath));
            return;
        }

        byte[] text = NativePath.From(link);
        Make(
            target, name, targetPath,
            (at, temporary) =>
            {
                fixed (byte* content = text, native = temporary)
                {
                    return Libc.symlinkat(content, at, native) == 0 ? 0 : Errno.Last;
                }
            },
            status);
    }

    /// <summary>Makes a link, device or FIFO, in place of what has its name.</summary>
    private void Make(int target, byte[] name, string targetPath, Func<int, byte[], int> make, in Libc.statx_t status)
    {
        int errno = make(target, name);
        if (errno == 0)
        {
            FinishNode(target, name, status, targetPath);
            return;
        }

        if (errno != Errno.EEXIST)
        {
            throw new LinuxException("mknodat", targetPath, errno);
        }

        if (!MayReplace(target, name, status, targetPath))
        {
            return;
        }

        byte[] temporary = Temporary();
        errno = make(target, temporary);
        if (errno != 0)
        {
            throw new LinuxException("mknodat", targetPath, errno);
        }

        try
        {
            FinishNode(target, temporary, status, targetPath);
            Rename(target, temporary, name, targetPath);
        }
        catch
        {
            Unlink(target, temporary);
            throw;
        }
    }

    /// <summary>
    /// What has a name may be replaced, but not by something of another kind when programs talk through it: who writes to a container's /dev/null
    /// does not mean to take it away.
    /// </summary>
    private bool MayReplace(int target, byte[] name, in Libc.statx_t status, string targetPath)
    {
        int old = _to.OpenChild(target, name, out bool mounted);
        if (old < 0)
        {
            throw new LinuxException("openat", targetPath, -old);
        }

        Libc.statx_t there = TreeDirectory.Status(old, name);
        _ = Libc.close(old);
        if (TreeDirectory.IsDirectory(there))
        {
            Problem(CopyErrors.FileOntoDirectory(_to, targetPath));
            return false;
        }

        if (IsSpecial(there) && ((there.stx_mode ^ status.stx_mode) & Libc.S_IFMT) != 0)
        {
            Problem(CopyErrors.FileOntoSpecial(_to, targetPath, there));
            return false;
        }

        return mounted || IsMounted(there) ? throw new LinuxException("rename", targetPath, Errno.EBUSY) : true;
    }

    /// <summary>Another name of a file that was copied already.</summary>
    private bool Link(int target, byte[] name, in Libc.statx_t status, string targetPath)
    {
        if (status.stx_nlink < 2 || !_linked.TryGetValue(Key(status), out byte[]? first))
        {
            return false;
        }

        Libc.open_how how = new()
        {
            flags = (ulong)(uint)(Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC),
            resolve = Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_NO_XDEV,
        };
        int slash = first.AsSpan().LastIndexOf((byte)'/');
        byte[] temporary = Temporary();
        fixed (byte* folder = slash < 0 ? ".\0"u8.ToArray() : NativePath.From(first.AsSpan(0, slash)),
            old = NativePath.From(first.AsSpan(slash + 1)), native = name, aside = temporary)
        {
            int parent = Libc.openat2((int)_top!.DangerousGetHandle(), folder, &how);
            if (parent < 0)
            {
                return false; // Somebody moved it away: then this name gets a copy.
            }

            int errno = Libc.linkat(parent, old, target, native, 0) == 0 ? 0 : Errno.Last;
            if (errno == Errno.EEXIST && MayReplace(target, name, status, targetPath))
            {
                errno = Libc.linkat(parent, old, target, aside, 0) == 0 ? 0 : Errno.Last;
                if (errno == 0)
                {
                    Rename(target, temporary, name, targetPath);
                    Unlink(target, temporary); // rename(2) does nothing where both are the same file already.
                }
            }

            _ = Libc.close(parent);
            return errno is 0 or Errno.EEXIST;
        }
    }

    private void Remember(in Libc.statx_t status)
    {
        if (status.stx_nlink > 1)
        {
            _linked.TryAdd(Key(status), [.. string.Join('/', _below.Select(name => Encoding.Latin1.GetString(name, 0, name.Length - 1))).Select(c => (byte)c)]);
        }
    }

    /// <summary>Owner, attributes, mode, times, in the order that the kernel needs: chown clears setuid bits and capabilities.</summary>
    private void Finish(int from, int to, in Libc.statx_t status, string targetPath)
    {
        byte empty = 0;
        (uint user, uint group) = Owner(status);
        Libc.statx_t made = TreeDirectory.Status(to, []);
        if ((made.stx_uid != user || made.stx_gid != group)
            && Libc.fchownat(to, &empty, user, group, Libc.AT_EMPTY_PATH) != 0)
        {
            throw Failed("fchownat", targetPath);
        }

        if (_options.Archive)
        {
            Attributes(from, to, targetPath);
        }

        if (Libc.fchmod(to, Mode(status)) != 0)
        {
            throw Failed("fchmod", targetPath);
        }

        Libc.timespec* times = stackalloc Libc.timespec[2];
        Times(times, status);
        if (Libc.utimensat(to, &empty, times, Libc.AT_EMPTY_PATH) != 0)
        {
            throw Failed("utimensat", targetPath);
        }
    }

    /// <summary>The same for a node that cannot be opened.</summary>
    private void FinishNode(int target, byte[] name, in Libc.statx_t status, string targetPath)
    {
        (uint user, uint group) = Owner(status);
        fixed (byte* native = name)
        {
            if (Libc.fchownat(target, native, user, group, Libc.AT_SYMLINK_NOFOLLOW) != 0)
            {
                throw Failed("fchownat", targetPath);
            }

            if ((status.stx_mode & Libc.S_IFMT) != Libc.S_IFLNK && Libc.fchmodat(target, native, Mode(status), Libc.AT_SYMLINK_NOFOLLOW) != 0)
            {
                throw Failed("fchmodat", targetPath);
            }

            Libc.timespec* times = stackalloc Libc.timespec[2];
            Times(times, status);
            if (Libc.utimensat(target, native, times, Libc.AT_SYMLINK_NOFOLLOW) != 0)
            {
                throw Failed("utimensat", targetPath);
            }
        }
    }

    private void Attributes(int from, int to, string targetPath)
    {
        List<ExtendedAttribute> wanted = [];
        FileAttributesReader.Read(from, FileNameText.ToBytes(targetPath), wanted);
        foreach (ExtendedAttribute attribute in wanted)
        {
            fixed (byte* name = NativePath.From(attribute.Name), value = attribute.Value)
            {
                if (Libc.fsetxattr(to, name, value, (nuint)attribute.Value.Length, 0) == 0)
                {
                    continue;
                }

                if (Errno.Last is not Errno.EOPNOTSUPP)
                {
                    throw Failed("fsetxattr", targetPath);
                }

                if (!_attributesRefused)
                {
                    _attributesRefused = true;
                    _options.Warning?.Invoke("The file system of the destination has no room for extended attributes: they were left out.");
                }
            }
        }
    }

    private (uint User, uint Group) Owner(in Libc.statx_t status) =>
        _options.Archive ? (status.stx_uid, status.stx_gid)
        : _to.Place.Kind == FilePlaceKind.Host ? (Libc.geteuid(), Libc.getegid()) : (0, 0);

    /// <summary>A file that gets another owner must not run as that one.</summary>
    private uint Mode(in Libc.statx_t status) =>
        _options.Archive || TreeDirectory.IsDirectory(status) ? status.stx_mode & 0xFFFu : status.stx_mode & 0x3FFu;

    /// <summary>Device, FIFO or socket.</summary>
    internal static bool IsSpecial(in Libc.statx_t status) => (status.stx_mode & Libc.S_IFMT) is not (Libc.S_IFREG or Libc.S_IFDIR or Libc.S_IFLNK);

    private static bool IsMounted(in Libc.statx_t status) => (status.stx_attributes & Libc.STATX_ATTR_MOUNT_ROOT) != 0;

    private static byte[] Temporary() => NativePath.From(Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $".copy-{RandomNumberGenerator.GetHexString(16, lowercase: true)}")));

    /// <returns>A descriptor, or minus errno.</returns>
    private static int Create(int target, byte[] name)
    {
        fixed (byte* native = name)
        {
            int fd = Libc.openat(target, native, NewFile | Libc.O_NOFOLLOW, 0x180);
            return fd >= 0 ? fd : -Errno.Last;
        }
    }

    private static void Rename(int target, byte[] name, byte[] finalName, string targetPath)
    {
        fixed (byte* from = name, to = finalName)
        {
            if (Libc.renameat(target, from, target, to) != 0)
            {
                throw Failed("renameat", targetPath);
            }
        }
    }

    private static void Unlink(int target, byte[] name)
    {
        fixed (byte* native = name)
        {
            _ = Libc.unlinkat(target, native, 0);
        }
    }

    private static void Times(Libc.timespec* times, in Libc.statx_t status)
    {
        times[0] = new Libc.timespec { tv_sec = status.stx_atime.tv_sec, tv_nsec = (nint)status.stx_atime.tv_nsec };
        times[1] = new Libc.timespec { tv_sec = status.stx_mtime.tv_sec, tv_nsec = (nint)status.stx_mtime.tv_nsec };
    }
}
