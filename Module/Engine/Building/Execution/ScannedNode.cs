using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Execution;

/// <summary>A file or directory that is about to be copied, as the scan saw it.</summary>
internal sealed class ScannedNode
{
    /// <summary>The name with a final zero.</summary>
    internal required byte[] Name { get; init; }

    internal required Libc.statx_t Status { get; init; }

    /// <summary>Of a symbolic link.</summary>
    internal byte[] Link { get; set; } = [];

    internal IReadOnlyList<ExtendedAttribute> Attributes { get; set; } = [];

    /// <summary>Hash of a file's content.</summary>
    internal byte[] Content { get; set; } = [];

    /// <summary>Of a directory, sorted by bytes; null for anything else.</summary>
    internal List<ScannedNode>? Children { get; set; }

    /// <summary>A directory that is only here for what is in it: the rules leave it out.</summary>
    internal bool OnlyForChildren { get; init; }

    internal uint Type => Status.stx_mode & Libc.S_IFMT;

    internal bool IsDirectory => Type == Libc.S_IFDIR;

    internal ReadOnlySpan<byte> BareName => Name.AsSpan(0, Name.Length - 1);
}
