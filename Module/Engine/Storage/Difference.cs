using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>One difference between two trees, as the walk meets it. Valid during the call that reports it.</summary>
internal readonly ref struct Difference
{
    internal required ChangeKind Kind { get; init; }

    /// <summary>Relative to the root, without a slash at either end; empty for the root.</summary>
    internal required ReadOnlySpan<byte> Path { get; init; }

    /// <summary>The directory of the changed tree that holds it; -1 for what is deleted.</summary>
    internal int Parent { get; init; }

    /// <summary>The last name, with its final zero; "." for the root.</summary>
    internal byte[] Name { get; init; }

    /// <summary>Of the new thing; of the old one for what is deleted.</summary>
    internal Libc.statx_t Status { get; init; }

    /// <summary>A directory that hides everything that was in the old one of that name.</summary>
    internal bool Opaque { get; init; }

    /// <summary>Deleted by an opaque directory above it that was reported as one.</summary>
    internal bool Covered { get; init; }
}

/// <summary>Takes differences: parents before children, siblings by bytes.</summary>
internal interface IDifferenceSink
{
    public void Report(in Difference difference);
}

/// <summary>How a walk reads the changed tree.</summary>
internal enum DifferenceMode
{
    /// <summary>An overlay's upper directory: only what changed is there; whiteouts and opaque directories say what is gone.</summary>
    Upper,

    /// <summary>A container's own copy of its image's tree.</summary>
    Copy,

    /// <summary>Two trees that never were the same files: numbers of links say nothing.</summary>
    Trees,
}
