using System.Text;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>
/// Compares a layer with its archive: the archive is made again, which proves the contents, and read again, which says what else
/// there must be: every name with its type, owner, mode, device and attributes, and no other name.
/// </summary>
internal sealed unsafe partial class LayerVerifier : IDisposable
{
    private readonly SafeFileHandle _files;
    private readonly int _root;
    private readonly ulong _rootInode;
    private readonly bool _attributesWereLost;
    private readonly EntryPath _path = new();
    private readonly ParentCache _parents;
    private readonly Dictionary<(ulong Directory, string Name), Expected> _expected = [];
    private readonly HashSet<ulong> _onTheWay = [];
    private readonly HashSet<ulong> _opaque = [];
    private Expected? _expectedRoot;
    private string? _lostDirectory;

    /// <summary>An archive that puts something else where a link or a directory was cannot be followed by what is there now.</summary>
    private bool _changesPlaces;

    private LayerVerifier(string directory, LayerRecord record)
    {
        _files = SmallFile.OpenDirectory(Path.Join(directory, "fs"));
        _root = (int)_files.DangerousGetHandle();
        _rootInode = RootedDirectory.StatHandle(_files, directory).stx_ino;
        _attributesWereLost = record.LostAttributes > 0;
        _parents = new ParentCache(_root);
        _onTheWay.Add(_rootInode);
    }

    /// <summary>Null where the layer is sound, else what is wrong, as the end of a sentence.</summary>
    /// <param name="produce">Makes the archive again.</param>
    internal static string? Run(
        Digest diffId, string directory, LayerRecord record, Action<BlockPipe> produce, CancellationToken cancel)
    {
        using LayerVerifier verifier = new(directory, record);
        try
        {
            Digest digest = LayerImporter.Pass(produce, verifier.Read, cancel);
            return digest == diffId ? verifier.Compare(cancel) : "its files are not what they were when it was unpacked";
        }
        catch (EngineException e) when (e.ErrorId is "DamagedArchive" or "TruncatedArchive" or "UnsafeArchiveEntry")
        {
            return $"its index is damaged: {e.Message}";
        }
    }

    public void Dispose()
    {
        _parents.Dispose();
        _files.Dispose();
    }

    private void Read(Stream archive)
    {
        TarReader reader = new(archive);
        while (reader.Next() is TarEntry entry)
        {
            _path.Set(entry.Name.Span, int.MaxValue);
            if (_path.IsRoot)
            {
                _expectedRoot = Expected.Of(entry);
                continue;
            }

            if (!_parents.TryGet(_path.Parent, out int parent))
            {
                parent = OpenParent();
                if (parent < 0)
                {
                    continue;
                }
            }

            Note(entry, parent);
        }
    }

    /// <summary>The directory of the current entry, links followed as the extraction did; -1 where it is not there.</summary>
    private int OpenParent()
    {
        if (Named(".wh..wh."u8) && !_path.Name.SequenceEqual(".wh..wh..opq"u8))
        {
            return -1;
        }

        int fd;
        byte[] parent = _path.Parent.ToArray();
        fixed (byte* bytes = NativePath.From(parent))
        {
            fd = RootedDirectory.TryOpen(_root, bytes, Libc.O_PATH | Libc.O_DIRECTORY);
        }

        if (fd < 0)
        {
            _lostDirectory ??= NativePath.ToText(parent);
            return -1;
        }

        _parents.Set(parent, fd, null);
        MarkTheWay(fd);
        return fd;
    }

    private bool Named(ReadOnlySpan<byte> prefix) =>
        _path.Name.StartsWith(prefix) || _path.Parent.StartsWith(prefix) || _path.Parent.IndexOf([(byte)'/', .. prefix]) >= 0;

    /// <summary>Directories that lead to an entry need no entry of their own.</summary>
    private void MarkTheWay(int directory)
    {
        int current = directory;
        try
        {
            while (_onTheWay.Add(Inode(current)))
            {
                int up;
                fixed (byte* name = "..\0"u8)
                {
                    up = Libc.openat(current, name, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
                }

                if (up < 0)
                {
                    throw new LinuxException("openat", "..", Errno.Last);
                }

                if (current != directory)
                {
                    _ = Libc.close(current);
                }

                current = up;
            }
        }
        finally
        {
            if (current != directory)
            {
                _ = Libc.close(current);
            }
        }
    }

    private void Note(TarEntry entry, int parent)
    {
        ulong directory = _path.Parent.IsEmpty ? _rootInode : Inode(parent);
        if (_path.Name.SequenceEqual(".wh..wh..opq"u8))
        {
            _opaque.Add(directory);
            return;
        }

        if (Named(".wh..wh."u8))
        {
            return;
        }

        bool whiteout = _path.Name.StartsWith(".wh."u8);
        (ulong, string) key = (directory, Encoding.Latin1.GetString(whiteout ? _path.Name[4..] : _path.Name));
        _expected.TryGetValue(key, out Expected? before);
        if (whiteout)
        {
            NoteWhiteout(parent, key, before);
            return;
        }

        Expected now = Expected.Of(entry);
        if (before is not null)
        {
            _changesPlaces |= before.Type != now.Type && before.Type is TarEntryType.Directory or TarEntryType.SymbolicLink;
            if (now.Type == TarEntryType.Directory && before.Type == TarEntryType.Directory)
            {
                now.Opaque = before.Opaque;
                now.Merge(before);
            }
            else if (now.Type == TarEntryType.Directory && before.IsWhiteout)
            {
                now.Opaque = true;
            }
            else if (now.Type == TarEntryType.HardLink && entry.LinkName.Span.SequenceEqual(entry.Name.Span))
            {
                return;
            }
        }

        _expected[key] = now;
    }

    /// <summary>A whiteout of what the layer has itself makes a directory opaque and leaves anything else as it is.</summary>
    private void NoteWhiteout(int parent, (ulong, string) key, Expected? before)
    {
        if (before is not null)
        {
            before.Opaque |= before.Type == TarEntryType.Directory;
            return;
        }

        Libc.statx_t status;
        fixed (byte* name = NativePath.From(_path.Name[4..]))
        {
            if (Libc.statx(parent, name, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &status) == 0
                && (status.stx_mode & Libc.S_IFMT) == Libc.S_IFDIR && _onTheWay.Contains(status.stx_ino))
            {
                _opaque.Add(status.stx_ino);
                return;
            }
        }

        _expected[key] = Expected.Whiteout;
    }

    private static ulong Inode(int fd)
    {
        Libc.statx_t status;
        byte empty = 0;
        return Libc.statx(fd, &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) == 0
            ? status.stx_ino
            : throw new LinuxException("statx", "layer", Errno.Last);
    }
}
