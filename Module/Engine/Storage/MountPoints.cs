namespace Containers.Engine.Storage;

/// <summary>
/// What every start makes in a root that lacks it, to mount something there. Nobody wrote it, so it is no change: docker keeps the same
/// names in a layer of its own below the container's.
/// </summary>
internal static class MountPoints
{
    internal static bool IsDirectory(ReadOnlySpan<byte> path) =>
        path.SequenceEqual("proc"u8) || path.SequenceEqual("sys"u8) || path.SequenceEqual("dev"u8) || path.SequenceEqual("etc"u8);

    internal static bool IsFile(ReadOnlySpan<byte> path) =>
        path.SequenceEqual("etc/hosts"u8) || path.SequenceEqual("etc/hostname"u8) || path.SequenceEqual("etc/resolv.conf"u8);
}
