using System.Runtime.InteropServices;
using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>The second half: a walk over the files by descriptors.</summary>
internal sealed unsafe partial class LayerVerifier
{
    private const int NamesSize = 32 * 1024;
    private readonly ByteText _place = new();

    private string? Compare(CancellationToken cancel)
    {
        if (_changesPlaces)
        {
            return null;
        }

        if (_lostDirectory is not null)
        {
            return $"its directory '{_lostDirectory}' is missing";
        }

        Libc.statx_t root = RootedDirectory.StatHandle(_files, "layer");
        string? wrong = CompareEntry(_root, _expectedRoot, root, "/") ?? CompareChildren(_root, _rootInode, 0, cancel);
        return wrong ?? (_expected.Count > 0 ? $"its file '{Text(_expected.Keys.First().Name)}' is missing" : null);
    }

    private static string Text(string latin) => NativePath.ToText(Encoding.Latin1.GetBytes(latin));

    private string? CompareChildren(int directory, ulong inode, int length, CancellationToken cancel)
    {
        foreach (byte[] name in Names(directory))
        {
            cancel.ThrowIfCancellationRequested();
            _place.Set(_place.Span[..length]);
            if (length > 0)
            {
                _place.Append("/"u8);
            }

            _place.Append(name);
            string? wrong = CompareChild(directory, inode, name, cancel);
            if (wrong is not null)
            {
                return wrong;
            }
        }

        return null;
    }

    private string? CompareChild(int directory, ulong inode, byte[] name, CancellationToken cancel)
    {
        string place = NativePath.ToText(_place.Span);
        int length = _place.Length;
        fixed (byte* native = NativePath.From(name))
        {
            Libc.statx_t status;
            if (Libc.statx(directory, native, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &status) != 0)
            {
                throw new LinuxException("statx", place, Errno.Last);
            }

            uint type = status.stx_mode & Libc.S_IFMT;
            if (!_expected.Remove((inode, Encoding.Latin1.GetString(name)), out Expected? expected)
                && !(type == Libc.S_IFDIR && _onTheWay.Contains(status.stx_ino)))
            {
                return $"it has a file '{place}' that its archive has not";
            }

            if (expected is not null && !expected.HasType(status))
            {
                return $"its file '{place}' is of another type";
            }

            if (type == Libc.S_IFLNK && expected is { Type: TarEntryType.SymbolicLink }
                && !Storage.TreeDirectory.ReadLink(directory, NativePath.From(name)).AsSpan().SequenceEqual(expected.Target))
            {
                return $"its link '{place}' points elsewhere";
            }

            if (type is not (Libc.S_IFDIR or Libc.S_IFREG))
            {
                return CompareEntry(-1, expected, status, place);
            }

            int fd = Libc.openat(directory, native, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0);
            if (fd < 0)
            {
                throw new LinuxException("openat", place, Errno.Last);
            }

            try
            {
                return CompareEntry(fd, expected, status, place)
                    ?? (type == Libc.S_IFDIR ? CompareChildren(fd, status.stx_ino, length, cancel) : null);
            }
            finally
            {
                _ = Libc.close(fd);
            }
        }
    }

    /// <param name="fd">Open where it is a file or a directory, else -1.</param>
    private string? CompareEntry(int fd, Expected? expected, in Libc.statx_t status, string place)
    {
        bool isDirectory = (status.stx_mode & Libc.S_IFMT) == Libc.S_IFDIR;
        if (isDirectory && IsOpaque(fd, place) != (expected is { Opaque: true } || _opaque.Contains(status.stx_ino)))
        {
            return $"its directory '{place}' does not hide what it should";
        }

        if (expected is null || expected.IsWhiteout || expected.Type == TarEntryType.HardLink)
        {
            return null;
        }

        if (status.stx_uid != expected.Uid || status.stx_gid != expected.Gid)
        {
            return $"its file '{place}' belongs to {status.stx_uid}:{status.stx_gid}, not to {expected.Uid}:{expected.Gid}";
        }

        if (expected.Type != TarEntryType.SymbolicLink && (status.stx_mode & 0xFFFu) != expected.Mode)
        {
            string here = Convert.ToString(status.stx_mode & 0xFFF, 8);
            return $"its file '{place}' has the mode {here}, not {Convert.ToString((int)expected.Mode, 8)}";
        }

        return fd < 0 || _attributesWereLost || HasAttributes(fd, expected) ? null : $"its file '{place}' has other extended attributes";
    }

    private static bool HasAttributes(int fd, Expected expected)
    {
        List<ExtendedAttribute> here = [];
        FileAttributesReader.Read(fd, "layer"u8, here);
        return here.Count == expected.Attributes.Count
            && here.TrueForAll(attribute => expected.Attributes.TryGetValue(Encoding.Latin1.GetString(attribute.Name), out byte[]? value)
                && value.AsSpan().SequenceEqual(attribute.Value));
    }

    private static bool IsOpaque(int fd, string place)
    {
        byte value = 0;
        fixed (byte* name = "trusted.overlay.opaque\0"u8)
        {
            nint length = Libc.fgetxattr(fd, name, &value, 1);
            return length < 0 && Errno.Last is not (Errno.ENODATA or Errno.EOPNOTSUPP)
                ? throw new LinuxException("fgetxattr", place, Errno.Last)
                : length == 1 && value == 'y';
        }
    }

    private static List<byte[]> Names(int directory)
    {
        List<byte[]> names = [];
        byte* buffer = (byte*)NativeMemory.Alloc(NamesSize);
        try
        {
            // The root's descriptor may have been read before.
            _ = Libc.lseek(directory, 0, 0);
            DirectoryReader reader = new(directory, buffer, NamesSize);
            while (reader.Next())
            {
                names.Add(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(reader.Name).ToArray());
            }

            return reader.Error == 0 ? names : throw new LinuxException("getdents64", "layer", reader.Error);
        }
        finally
        {
            NativeMemory.Free(buffer);
        }
    }

    /// <summary>What the archive says of one name.</summary>
    private sealed class Expected
    {
        internal static Expected Whiteout => new() { IsWhiteout = true, Type = TarEntryType.CharacterDevice };

        internal required TarEntryType Type { get; init; }

        internal bool IsWhiteout { get; init; }

        internal bool Opaque { get; set; }

        internal uint Uid { get; private init; }

        internal uint Gid { get; private init; }

        internal uint Mode { get; private init; }

        internal Dictionary<string, byte[]> Attributes { get; } = [];

        /// <summary>Of a symbolic link.</summary>
        internal byte[] Target { get; private init; } = [];

        private uint DeviceMajor { get; init; }

        private uint DeviceMinor { get; init; }

        internal static Expected Of(TarEntry entry)
        {
            Expected expected = new()
            {
                Type = entry.Type,
                Uid = entry.Uid,
                Gid = entry.Gid,
                Mode = entry.Mode,
                Target = entry.Type == TarEntryType.SymbolicLink ? entry.LinkName.Span.ToArray() : [],
                DeviceMajor = entry.DeviceMajor,
                DeviceMinor = entry.DeviceMinor,
            };
            foreach (ExtendedAttribute attribute in entry.Attributes)
            {
                if (AttributePolicy.IsKept(attribute.Name) && entry.Type is TarEntryType.File or TarEntryType.Directory)
                {
                    expected.Attributes[Encoding.Latin1.GetString(attribute.Name)] = attribute.Value;
                }
            }

            return expected;
        }

        /// <summary>A directory that comes twice keeps the attributes of both.</summary>
        internal void Merge(Expected earlier)
        {
            foreach ((string name, byte[] value) in earlier.Attributes)
            {
                Attributes.TryAdd(name, value);
            }
        }

        internal bool HasType(in Libc.statx_t status)
        {
            uint type = status.stx_mode & Libc.S_IFMT;
            return Type switch
            {
                TarEntryType.Directory => type == Libc.S_IFDIR,
                TarEntryType.File => type == Libc.S_IFREG,
                TarEntryType.SymbolicLink => type == Libc.S_IFLNK,
                TarEntryType.HardLink => type != Libc.S_IFDIR,
                TarEntryType.Fifo => type == Libc.S_IFIFO,
                _ => type == (Type == TarEntryType.CharacterDevice ? Libc.S_IFCHR : Libc.S_IFBLK)
                    && status.stx_rdev_major == DeviceMajor && status.stx_rdev_minor == DeviceMinor,
            };
        }
    }
}
