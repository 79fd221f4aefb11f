using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>
/// Walks a changed tree beside the one it came from and reports what differs. Directories on the way to a difference are reported as changed,
/// as docker does. A container may go on working meanwhile: what vanishes during the walk was never there.
/// </summary>
/// <param name="hidden">Left out where it is new and empty; null for nothing.</param>
internal sealed class DifferenceWalker(
    IDifferenceSink sink, DifferenceMode mode, PathFilter filter, MountPoints? hidden, int maxDepth, CancellationToken cancel)
{
    private readonly ByteText _path = new();
    private readonly List<Level> _levels = [];

    /// <summary>Directories of other mounts than this one are not entered; null for a tree that has none.</summary>
    internal ulong? StopAt { get; init; }

    /// <summary>A directory on the way from the root, reported at the latest when something below it is.</summary>
    private sealed class Level
    {
        internal required int Parent { get; init; }

        internal required byte[] Name { get; init; }

        internal required int PathLength { get; init; }

        internal required ChangeKind Kind { get; init; }

        internal required Libc.statx_t Status { get; init; }

        internal bool Opaque { get; init; }

        internal bool Reported { get; set; }

        internal bool HidSomething { get; set; }
    }

    /// <param name="changed">The tree that is looked at; any descriptor of its root.</param>
    /// <param name="original">What it came from; -1 for nothing: then all is new.</param>
    internal void Run(int changed, int original)
    {
        int upper = TreeDirectory.Reopen(changed, "/"u8);
        int lower = -1;
        try
        {
            lower = original < 0 ? -1 : TreeDirectory.Reopen(original, "/"u8);
            byte[] dot = ".\0"u8.ToArray();
            Libc.statx_t status = TreeDirectory.Status(upper, "/"u8);
            Level root = new() { Parent = upper, Name = dot, PathLength = 0, Kind = lower < 0 ? ChangeKind.Added : ChangeKind.Changed, Status = status };
            _levels.Add(root);
            bool other = lower < 0 || OwnerOrModeDiffers(status, TreeDirectory.Status(lower, "/"u8))
                || !SameAttributes(upper, dot, lower, dot);
            if (other && filter.Match([]) == PathMatch.Inside)
            {
                Flush();
            }

            Walk(upper, lower, covered: false);
        }
        finally
        {
            _levels.Clear();
            _ = Libc.close(upper);
            if (lower >= 0)
            {
                _ = Libc.close(lower);
            }
        }
    }

    /// <param name="upper">Read to its end here.</param>
    /// <param name="lower">The same directory of the original; -1 where there is none.</param>
    /// <param name="covered">Upper mode: this directory, or one above it, is opaque, so that all of the original is gone.</param>
    private void Walk(int upper, int lower, bool covered)
    {
        if (_levels.Count > maxDepth)
        {
            throw new EngineException(
                EngineErrorKind.LimitsExceeded, "TreeTooDeep", $"The file system is deeper than {maxDepth} directories.",
                NativePath.ToText(_path.Span), "Remove what is so deep.");
        }

        List<byte[]> names = TreeDirectory.Names(upper, _path.Span);
        List<byte[]> before = lower >= 0 && (mode != DifferenceMode.Upper || covered) ? TreeDirectory.Names(lower, _path.Span) : [];
        int length = _path.Length;
        int next = 0;
        foreach (byte[] name in names)
        {
            cancel.ThrowIfCancellationRequested();
            for (; next < before.Count && before[next].AsSpan().SequenceCompareTo(name) < 0; next++)
            {
                VisitGone(lower, before[next], covered, length);
            }

            next += next < before.Count && before[next].AsSpan().SequenceEqual(name) ? 1 : 0;
            SetPath(length, name);
            Visit(upper, lower, name, covered);
        }

        for (; next < before.Count; next++)
        {
            VisitGone(lower, before[next], covered, length);
        }

        Cut(length);
    }

    private void Visit(int upper, int lower, byte[] name, bool covered)
    {
        PathMatch match = filter.Match(_path.Span);
        if (match == PathMatch.Outside || !TreeDirectory.TryStat(upper, name, _path.Span, out Libc.statx_t now))
        {
            return;
        }

        Libc.statx_t before = default;
        bool existed = lower >= 0 && TreeDirectory.TryStat(lower, name, _path.Span, out before) && !TreeDirectory.IsWhiteout(before);
        if (TreeDirectory.IsWhiteout(now))
        {
            // In a copy nobody but the container made it, and no layer can hold one: it is as good as nothing.
            if (existed && match == PathMatch.Inside)
            {
                ReportGone(name, before, covered);
            }

            return;
        }

        if (TreeDirectory.IsDirectory(now))
        {
            VisitDirectory(upper, lower, name, now, existed, before, covered, match);
            return;
        }

        if (match != PathMatch.Inside || (existed && mode != DifferenceMode.Upper && Same(upper, lower, name, now, before)))
        {
            return;
        }

        if (hidden is not null && !existed && now.stx_size == 0 && (now.stx_mode & Libc.S_IFMT) == Libc.S_IFREG && hidden.IsFile(_path.Span))
        {
            _levels[^1].HidSomething = true;
            return;
        }

        Report(new Difference
        {
            Kind = existed ? ChangeKind.Changed : ChangeKind.Added, Path = _path.Span, Parent = upper, Name = name, Status = now,
        });
    }

    private void VisitDirectory(
        int upper, int lower, byte[] name, in Libc.statx_t now, bool existed, in Libc.statx_t before, bool covered, PathMatch match)
    {
        int child = TreeDirectory.TryOpen(upper, name, Libc.O_DIRECTORY, _path.Span);
        if (child < 0)
        {
            return;
        }

        bool both = existed && TreeDirectory.IsDirectory(before);
        int old = -1;
        try
        {
            old = both ? TreeDirectory.TryOpen(lower, name, Libc.O_DIRECTORY, _path.Span) : -1;
            bool opaque = mode == DifferenceMode.Upper && !covered && old >= 0 && TreeDirectory.IsOpaque(child);
            bool hideable = hidden is not null && !existed && hidden.IsDirectory(_path.Span);
            bool timeDiffers = both && !SameTime(now.stx_mtime, before.stx_mtime);
            Level level = new()
            {
                Parent = upper, Name = name, PathLength = _path.Length, Status = now, Kind = existed ? ChangeKind.Changed : ChangeKind.Added,
                Opaque = opaque && match == PathMatch.Inside,
            };
            _levels.Add(level);
            bool changed = !both || opaque || OwnerOrModeDiffers(now, before) || !SameAttributes(upper, name, lower, name);
            if (changed && !hideable && match == PathMatch.Inside)
            {
                Flush();
            }

            if (StopAt is null || now.stx_mnt_id == StopAt)
            {
                Walk(child, old, covered || opaque);
            }

            _levels.RemoveAt(_levels.Count - 1);
            if (level.Reported || match != PathMatch.Inside)
            {
                return;
            }

            // A time that differs only because of the mount points in it is no change, either.
            if (hideable)
            {
                _levels[^1].HidSomething = true;
            }
            else if (timeDiffers && !level.HidSomething)
            {
                Report(new Difference { Kind = ChangeKind.Changed, Path = _path.Span, Parent = upper, Name = name, Status = now });
            }
        }
        finally
        {
            _ = Libc.close(child);
            if (old >= 0)
            {
                _ = Libc.close(old);
            }
        }
    }

    private void VisitGone(int lower, byte[] name, bool covered, int length)
    {
        SetPath(length, name);
        if (filter.Match(_path.Span) == PathMatch.Inside
            && TreeDirectory.TryStat(lower, name, _path.Span, out Libc.statx_t before) && !TreeDirectory.IsWhiteout(before))
        {
            ReportGone(name, before, covered);
        }
    }

    private void ReportGone(byte[] name, in Libc.statx_t before, bool covered) => Report(new Difference
    {
        Kind = ChangeKind.Deleted, Path = _path.Span, Parent = -1, Name = name, Status = before,
        Covered = covered && _levels.Exists(static level => level.Opaque),
    });

    private void Report(in Difference difference)
    {
        Flush();
        sink.Report(difference);
    }

    /// <summary>Reports the directories above that nobody heard of yet.</summary>
    private void Flush()
    {
        foreach (Level level in _levels)
        {
            if (!level.Reported)
            {
                level.Reported = true;
                sink.Report(new Difference
                {
                    Kind = level.Kind, Path = _path.Span[..level.PathLength], Parent = level.Parent, Name = level.Name, Status = level.Status,
                    Opaque = level.Opaque,
                });
            }
        }
    }

    private void SetPath(int length, byte[] name)
    {
        Cut(length);
        if (length > 0)
        {
            _path.Append("/"u8);
        }

        _path.Append(name.AsSpan(0, name.Length - 1));
    }

    private void Cut(int length) => _path.Set(_path.Span[..length].ToArray());

    private bool Same(int upper, int lower, byte[] name, in Libc.statx_t now, in Libc.statx_t before)
    {
        if (now.stx_mode != before.stx_mode || OwnerOrModeDiffers(now, before) || now.stx_size != before.stx_size
            || !SameTime(now.stx_mtime, before.stx_mtime)
            || now.stx_rdev_major != before.stx_rdev_major || now.stx_rdev_minor != before.stx_rdev_minor)
        {
            return false;
        }

        uint type = now.stx_mode & Libc.S_IFMT;
        if (type == Libc.S_IFLNK)
        {
            return TreeDirectory.ReadLink(upper, name).AsSpan().SequenceEqual(TreeDirectory.ReadLink(lower, name));
        }

        if (type != Libc.S_IFREG)
        {
            return true;
        }

        // A new name of an old file: the old one belongs to the difference, so that the link survives.
        if (mode == DifferenceMode.Copy && now.stx_nlink > before.stx_nlink)
        {
            return false;
        }

        // A snapshot keeps number and time of change until something changes, attributes included.
        return (now.stx_ino == before.stx_ino && SameTime(now.stx_ctime, before.stx_ctime)) || SameAttributes(upper, name, lower, name);
    }

    private static bool SameAttributes(int upper, byte[] name, int lower, byte[] before)
    {
        List<ExtendedAttribute> a = TreeDirectory.Attributes(upper, name);
        List<ExtendedAttribute> b = TreeDirectory.Attributes(lower, before);
        return a.Count == b.Count
            && a.Zip(b).All(static pair => pair.First.Name.AsSpan().SequenceEqual(pair.Second.Name)
                && pair.First.Value.AsSpan().SequenceEqual(pair.Second.Value));
    }

    private static bool OwnerOrModeDiffers(in Libc.statx_t a, in Libc.statx_t b) =>
        a.stx_mode != b.stx_mode || a.stx_uid != b.stx_uid || a.stx_gid != b.stx_gid;

    private static bool SameTime(in Libc.statx_timestamp a, in Libc.statx_timestamp b) => a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}
