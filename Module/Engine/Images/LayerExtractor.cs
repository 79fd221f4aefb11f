using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>
/// Writes the entries of an archive below a root, as a layer in overlay's form. Every name is resolved by the kernel inside the
/// root, every file is created exclusively and without following a link, and everything else acts on descriptors or on the
/// last name without following it (CVE-2021-32760, CVE-2025-47290). Whiteouts become overlay's: docker does so for layers and
/// for imported root file systems alike.
/// </summary>
internal sealed unsafe partial class LayerExtractor : IDisposable
{
    private const int SpaceCheckInterval = 16 << 20;

    private readonly int _root;
    private readonly ImportLimits _limits;
    private readonly EntryPath _path = new();
    private readonly EntryPath _link = new();
    private readonly uint _user = Libc.geteuid();
    private readonly List<PendingDirectory> _directories = [];
    private readonly ParentCache _parents;
    private readonly ParentCache _linkParents;
    private readonly TarIndexWriter? _index;
    private readonly LostFiles? _lost;
    private long _entries;
    private long _uncheckedBytes;

    /// <param name="root">The empty directory that becomes the layer's fs; the caller keeps it open.</param>
    /// <param name="index">Learns where the contents are, with the reader that writes it; null where the archive is not wanted again.</param>
    /// <param name="lost">Takes what later entries of the archive replace; goes with the index.</param>
    internal LayerExtractor(int root, ImportLimits limits, TarIndexWriter? index, LostFiles? lost)
    {
        _root = root;
        _limits = limits;
        _index = index;
        _lost = lost;
        _parents = new ParentCache(root);
        _linkParents = new ParentCache(root);
    }

    /// <summary>Names that begin with .wh. mean removed files; else they are names like any other.</summary>
    internal bool Whiteouts { get; init; } = true;

    /// <summary>
    /// The archive holds somebody's files and is no layer: names that begin with .wh. and devices have no meaning in it, and are refused.
    /// </summary>
    internal bool IsContext { get; init; }

    /// <summary>Bytes of file content so far.</summary>
    internal long ContentBytes { get; private set; }

    /// <summary>Attributes that the store's file system cannot hold.</summary>
    internal long LostAttributes { get; private set; }

    /// <summary>Extracts everything, then gives directories their modes and times.</summary>
    /// <exception cref="EngineException">The archive is refused, with the reason.</exception>
    /// <exception cref="LinuxException">The store failed.</exception>
    internal void Run(TarReader reader, CancellationToken cancel)
    {
        CheckSpace();
        while (reader.Next() is TarEntry entry)
        {
            cancel.ThrowIfCancellationRequested();
            if (++_entries > _limits.MaxEntries)
            {
                throw ImageErrors.Limit(
                    $"it has more than {_limits.MaxEntries} entries", "Raise the limit of entries if you trust the archive.");
            }

            try
            {
                Extract(entry, reader);
            }
            catch (LinuxException e) when (IsFaultOfTheArchive(e.Errno))
            {
                throw ImageErrors.Unsafe(entry.Name.Span, $"{e.Call}: {Errno.Describe(e.Errno)}", e);
            }
        }

        FinishDirectories();
    }

    public void Dispose()
    {
        _parents.Dispose();
        _linkParents.Dispose();
    }

    private static bool IsFaultOfTheArchive(int error) => error is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.EEXIST
        or Errno.ENAMETOOLONG or Errno.EISDIR or Errno.EINVAL or Errno.E2BIG or Errno.EXDEV or Errno.EMLINK or Errno.EFBIG
        or Errno.ERANGE or Errno.EOVERFLOW;

    private static LinuxException Failed(string call, EntryPath path) =>
        new(call, NativePath.ToText(path.Path), Errno.Last);

    private void Extract(TarEntry entry, TarReader reader)
    {
        _path.Set(entry.Name.Span, _limits.MaxDepth);
        if (_path.IsRoot)
        {
            if (entry.Type != TarEntryType.Directory)
            {
                throw ImageErrors.Unsafe(entry.Name.Span, "the root of an image can only be a directory");
            }

            FinishDirectory(_root, entry, _path);
            return;
        }

        if (IsContext)
        {
            RefuseInContext(entry);
        }
        else if (Whiteouts && HandleWhiteout(entry))
        {
            return;
        }

        if (entry.Size > _limits.MaxBytes)
        {
            throw ImageErrors.Limit(
                $"a file in it is longer than {_limits.MaxBytes} bytes", "Raise the limit of bytes if you trust the archive.");
        }

        int parent = OpenParent(_parents, _path);
        fixed (byte* bytes = _path.Bytes)
        {
            byte* name = bytes + _path.NameStart;
            switch (entry.Type)
            {
                case TarEntryType.File:
                    ExtractFile(parent, name, entry, reader);
                    break;
                case TarEntryType.Directory:
                    ExtractDirectory(parent, name, entry);
                    break;
                case TarEntryType.SymbolicLink:
                    ExtractSymbolicLink(parent, name, entry);
                    break;
                case TarEntryType.HardLink:
                    ExtractHardLink(parent, name, entry);
                    break;
                default:
                    ExtractNode(parent, name, entry);
                    break;
            }
        }
    }

    private void RefuseInContext(TarEntry entry)
    {
        if (entry.Type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice)
        {
            throw ImageErrors.Unsafe(entry.Name.Span, "a build context has no devices");
        }

        if (_path.Path.StartsWith(".wh."u8) || _path.Path.IndexOf("/.wh."u8) >= 0)
        {
            throw ImageErrors.Unsafe(entry.Name.Span, "names that begin with .wh. mean removed files in an image");
        }
    }

    private void ExtractDirectory(int parent, byte* name, TarEntry entry)
    {
        // 0700 until the end: final modes could bar us (as another user than root) or add setgid to what follows.
        if (Libc.mkdirat(parent, name, 0x1C0) != 0)
        {
            if (Errno.Last != Errno.EEXIST)
            {
                throw Failed("mkdirat", _path);
            }

            bool wasWhiteout = false;
            if (!IsDirectory(parent, name))
            {
                wasWhiteout = IsWhiteout(parent, name);
                ClearTheWay(parent, name);
                if (Libc.mkdirat(parent, name, 0x1C0) != 0)
                {
                    throw Failed("mkdirat", _path);
                }
            }

            if (wasWhiteout)
            {
                MakeOpaque(parent, name);
            }
        }

        int fd = Libc.openat(parent, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            throw Failed("openat", _path);
        }

        try
        {
            FinishDirectory(fd, entry, _path);
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    /// <summary>Owner and attributes now, mode and times at the end.</summary>
    private void FinishDirectory(int fd, TarEntry entry, EntryPath path)
    {
        ChangeOwner(fd, entry, path);
        SetAttributes(fd, entry, path);
        _directories.Add(new PendingDirectory(
            path.Path.ToArray(), Status(fd, path).stx_ino, entry.Mode, entry.Seconds, entry.Nanoseconds, HasTime: true));
    }

    private void ExtractSymbolicLink(int parent, byte* name, TarEntry entry)
    {
        ReadOnlySpan<byte> target = entry.LinkName.Span;
        if (target.IsEmpty || target.Contains((byte)0) || target.Length >= NativePath.MaxLength)
        {
            throw ImageErrors.Unsafe(entry.Name.Span, "its link target is empty, too long or contains NUL");
        }

        byte* text = stackalloc byte[NativePath.MaxLength];
        target.CopyTo(new Span<byte>(text, NativePath.MaxLength));
        text[target.Length] = 0;
        while (Libc.symlinkat(text, parent, name) != 0)
        {
            RetryAfterClearing(parent, name, "symlinkat");
        }

        ChangeOwnerByName(parent, name, entry);
        SetTimesByName(parent, name, entry);
    }

    private void ExtractHardLink(int parent, byte* name, TarEntry entry)
    {
        _link.Set(entry.LinkName.Span, _limits.MaxDepth);
        if (_link.IsRoot)
        {
            throw ImageErrors.Unsafe(entry.Name.Span, "a hard link to the root is impossible");
        }

        if (_link.Path.SequenceEqual(_path.Path))
        {
            return;
        }

        int linkParent = OpenParent(_linkParents, _link, create: false);
        fixed (byte* bytes = _link.Bytes)
        {
            byte* target = bytes + _link.NameStart;
            Libc.statx_t there = StatusByName(linkParent, target, _link);
            if ((there.stx_mode & Libc.S_IFMT) == Libc.S_IFDIR || IsWhiteout(there))
            {
                throw ImageErrors.Unsafe(entry.Name.Span, "it is a hard link to a directory or to a removed file");
            }

            while (Libc.linkat(linkParent, target, parent, name, 0) != 0)
            {
                if (Errno.Last == Errno.EEXIST)
                {
                    // Under another spelling it may be the same file already: removing it would remove the target.
                    Libc.statx_t here = StatusByName(parent, name, _path);
                    if (here.stx_ino == there.stx_ino && here.stx_dev_minor == there.stx_dev_minor)
                    {
                        return;
                    }

                    // That closes the target's directory, or even takes it away.
                    ClearTheWay(parent, name);
                    linkParent = OpenParent(_linkParents, _link, create: false);
                    continue;
                }

                throw Failed("linkat", _path);
            }
        }
    }

    private void ExtractNode(int parent, byte* name, TarEntry entry)
    {
        uint type = entry.Type switch
        {
            TarEntryType.CharacterDevice => Libc.S_IFCHR,
            TarEntryType.BlockDevice => Libc.S_IFBLK,
            _ => Libc.S_IFIFO,
        };
        if (entry.DeviceMajor > 0xFFF || entry.DeviceMinor > 0xFFFFF)
        {
            throw ImageErrors.Unsafe(entry.Name.Span, "its device number is out of range");
        }

        if (entry is { Type: TarEntryType.CharacterDevice, DeviceMajor: 0, DeviceMinor: 0 })
        {
            throw ImageErrors.Unsafe(entry.Name.Span, "a character device 0:0 would hide files of other layers");
        }

        while (Libc.mknodat(parent, name, type | (entry.Mode & 0x1FF), Device(entry.DeviceMajor, entry.DeviceMinor)) != 0)
        {
            RetryAfterClearing(parent, name, "mknodat");
        }

        ChangeOwnerByName(parent, name, entry);
        if (Libc.fchmodat(parent, name, entry.Mode, Libc.AT_SYMLINK_NOFOLLOW) != 0)
        {
            throw Failed("fchmodat", _path);
        }

        SetTimesByName(parent, name, entry);
    }

    /// <summary>dev_t as glibc's gnu_dev_makedev builds it.</summary>
    private static ulong Device(uint major, uint minor) =>
        ((ulong)(major & 0xFFF) << 8) | ((ulong)(minor & 0xFFF00) << 12) | (minor & 0xFF);

    private void RetryAfterClearing(int parent, byte* name, string call)
    {
        if (Errno.Last != Errno.EEXIST)
        {
            throw Failed(call, _path);
        }

        ClearTheWay(parent, name);
    }

    /// <summary>A later entry of the same name wins, whatever the earlier one was.</summary>
    private void ClearTheWay(int parent, byte* name)
    {
        if (_index is not null && _lost is not null && _lost.TryKeep(parent, name, out long number))
        {
            _index.Lost(number, _parents.Real(_path.Parent), _path.Name);
        }

        int error = FileTree.TryRemove(parent, name);
        if (error != 0)
        {
            throw new LinuxException("unlinkat", NativePath.ToText(_path.Path), error);
        }

        // A cached parent may have been in what is gone.
        _parents.Forget(keep: parent);
        _linkParents.Forget(keep: -1);
    }

    private void CheckSpace()
    {
        Libc.statfs_t status;
        if (Libc.fstatfs(_root, &status) != 0)
        {
            throw new LinuxException("fstatfs", ".", Errno.Last);
        }

        ulong block = (ulong)status.f_bsize;
        ulong floor = _limits.MinimumFreeBytes is long wanted
            ? (ulong)Math.Max(wanted, 0)
            : Math.Min(64UL << 20, status.f_blocks * block / 100);
        if (status.f_blocks != 0 && status.f_bavail * block < floor)
        {
            throw new LinuxException("write", ".", Errno.ENOSPC);
        }
    }
}
