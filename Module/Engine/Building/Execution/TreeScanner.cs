using System.Collections.Concurrent;
using System.Security.Cryptography;
using Containers.Engine.Images;
using Containers.Engine.Linux;
using Containers.Engine.Storage;

namespace Containers.Engine.Building.Execution;

/// <summary>What of a tree is not seen: .dockerignore, COPY --exclude.</summary>
internal interface ITreeFilter
{
    /// <param name="path">Relative to the tree, with slashes between names.</param>
    public bool IsExcluded(string path, bool isDirectory);

    /// <summary>Whether something below an excluded directory may be seen all the same.</summary>
    public bool MayHoldIncluded(string path);
}

/// <summary>
/// Reads what is to be copied: names, types, modes, owners, attributes, link targets in one walk by descriptors, contents hashed on several
/// threads while it goes on. A file that was hashed in this process and has not changed since (number, size, times) is not read again.
/// </summary>
internal sealed unsafe class TreeScanner(CancellationToken cancel) : IDisposable
{
    private const int MaxDepth = 512;
    private const int ReadSize = 256 * 1024;

    /// <summary>A file changed within this time before it was hashed may change again without its times showing it.</summary>
    private const long SettlingNanoseconds = 100_000_000;

    private const int MaxRemembered = 200_000;

    private static readonly ConcurrentDictionary<FileState, byte[]> s_hashes = new();

    private readonly BlockingCollection<(int Fd, ScannedNode Node)> _work = new(64);
    private readonly List<Task> _workers = [];
    private Exception? _failure;

    private readonly record struct FileState(
        uint Major, uint Minor, ulong Inode, ulong Size, long Modified, uint ModifiedPart, long Changed, uint ChangedPart);

    /// <summary>Scans a file or directory.</summary>
    /// <param name="parent">The directory that holds it.</param>
    /// <param name="path">Where it is in its tree; for the filter and for messages.</param>
    /// <returns>Null where the filter leaves it out, with all that is in it.</returns>
    internal ScannedNode? Scan(int parent, byte[] name, string path, ITreeFilter? filter) => Visit(parent, name, path, filter, 0);

    /// <summary>Waits for the contents.</summary>
    internal void Finish()
    {
        _work.CompleteAdding();
        Task.WaitAll([.. _workers], CancellationToken.None);
        cancel.ThrowIfCancellationRequested();
        if (_failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failure);
        }
    }

    public void Dispose()
    {
        if (!_work.IsAddingCompleted)
        {
            _work.CompleteAdding();
            Task.WaitAll([.. _workers], CancellationToken.None);
        }

        _work.Dispose();
    }

    private ScannedNode? Visit(int parent, byte[] name, string path, ITreeFilter? filter, int depth)
    {
        cancel.ThrowIfCancellationRequested();
        byte[] native = System.Text.Encoding.UTF8.GetBytes(path);
        if (!TreeDirectory.TryStat(parent, name, native, out Libc.statx_t status))
        {
            throw FileContent.Changed(native);
        }

        bool isDirectory = TreeDirectory.IsDirectory(status);
        bool excluded = filter is not null && path.Length > 0 && filter.IsExcluded(path, isDirectory);
        if (excluded && !(isDirectory && filter!.MayHoldIncluded(path)))
        {
            return null;
        }

        ScannedNode node = new() { Name = name, Status = status, OnlyForChildren = excluded };
        switch (node.Type)
        {
            case Libc.S_IFDIR:
                ScanDirectory(parent, node, path, native, filter, depth);
                return excluded && node.Children!.Count == 0 ? null : node;
            case Libc.S_IFREG:
                ScanFile(parent, node, native);
                return node;
            case Libc.S_IFLNK:
                node.Link = TreeDirectory.ReadLink(parent, name);
                return node.Link.Length > 0 ? node : throw FileContent.Changed(native);
            case Libc.S_IFSOCK:
                return null; // A socket is nothing without the program behind it; archives have none.
            default:
                return TreeDirectory.IsWhiteout(status) ? null : node;
        }
    }

    private void ScanDirectory(int parent, ScannedNode node, string path, byte[] native, ITreeFilter? filter, int depth)
    {
        if (depth >= MaxDepth)
        {
            throw ImageErrors.Limit($"the directory is deeper than {MaxDepth} levels", "Copy a part of it.");
        }

        int fd = TreeDirectory.TryOpen(parent, node.Name, Libc.O_DIRECTORY, native);
        if (fd < 0)
        {
            throw FileContent.Changed(native);
        }

        try
        {
            List<ExtendedAttribute> attributes = [];
            FileAttributesReader.Read(fd, native, attributes);
            node.Attributes = attributes;
            List<byte[]> names = TreeDirectory.Names(fd, native);
            node.Children = new List<ScannedNode>(names.Count);
            foreach (byte[] name in names)
            {
                string text = NativePath.ToText(name.AsSpan(0, name.Length - 1));
                if (Visit(fd, name, path.Length == 0 ? text : path + "/" + text, filter, depth + 1) is { } child)
                {
                    node.Children.Add(child);
                }
            }
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    private void ScanFile(int parent, ScannedNode node, byte[] native)
    {
        if (s_hashes.TryGetValue(StateOf(node.Status), out byte[]? known))
        {
            node.Content = known;
            node.Attributes = TreeDirectory.Attributes(parent, node.Name);
            return;
        }

        int fd = TreeDirectory.TryOpen(parent, node.Name, Libc.O_NONBLOCK | Libc.O_NOCTTY, native);
        if (fd < 0)
        {
            throw FileContent.Changed(native);
        }

        if (_workers.Count == 0)
        {
            for (int i = 0; i < Math.Clamp(Environment.ProcessorCount, 1, 8); i++)
            {
                _workers.Add(Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
            }
        }

        _work.Add((fd, node), CancellationToken.None);
    }

    private void Work()
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(ReadSize);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((int fd, ScannedNode node) in _work.GetConsumingEnumerable())
        {
            try
            {
                if (_failure is null && !cancel.IsCancellationRequested)
                {
                    Hash(fd, node, hash, buffer);
                }
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref _failure, e, null);
            }
            finally
            {
                _ = Libc.close(fd);
            }
        }
    }

    private void Hash(int fd, ScannedNode node, IncrementalHash hash, byte[] buffer)
    {
        ReadOnlySpan<byte> name = node.BareName;
        Require(StateOf(TreeDirectory.Status(fd, name)) == StateOf(node.Status), name);
        List<ExtendedAttribute> attributes = [];
        FileAttributesReader.Read(fd, name, attributes);
        node.Attributes = attributes;
        ulong total = 0;
        while (total < node.Status.stx_size)
        {
            cancel.ThrowIfCancellationRequested();
            nint got;
            fixed (byte* start = buffer)
            {
                got = Libc.read(fd, start, (nuint)buffer.Length);
            }

            if (got < 0 && Errno.Last == Errno.EINTR)
            {
                continue;
            }

            if (got < 0)
            {
                throw new LinuxException("read", NativePath.ToText(name), Errno.Last);
            }

            Require(got > 0, name);
            hash.AppendData(buffer, 0, (int)got);
            total += (ulong)got;
        }

        node.Content = hash.GetHashAndReset();
        Libc.statx_t after = TreeDirectory.Status(fd, name);
        Require(total == after.stx_size && StateOf(after) == StateOf(node.Status), name);
        long changed = (after.stx_ctime.tv_sec * 1_000_000_000) + after.stx_ctime.tv_nsec;
        long now = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        if (now - changed > SettlingNanoseconds)
        {
            if (s_hashes.Count > MaxRemembered)
            {
                s_hashes.Clear();
            }

            s_hashes[StateOf(after)] = node.Content;
        }
    }

    private static void Require(bool holds, ReadOnlySpan<byte> name)
    {
        if (!holds)
        {
            throw FileContent.Changed(name);
        }
    }

    private static FileState StateOf(in Libc.statx_t status) => new(
        status.stx_dev_major, status.stx_dev_minor, status.stx_ino, status.stx_size, status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec,
        status.stx_ctime.tv_sec, status.stx_ctime.tv_nsec);

    /// <summary>Whether a file is still what the scan read.</summary>
    internal static bool IsSame(in Libc.statx_t a, in Libc.statx_t b) => StateOf(a) == StateOf(b);
}
