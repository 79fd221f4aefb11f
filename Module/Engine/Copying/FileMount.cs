using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Copying;

/// <summary>What would be mounted in a container that does not run, seen without a mount: its files stand where the mount point is.</summary>
/// <param name="Target">Path in the container.</param>
/// <param name="Source">Its root, a directory or a file, O_PATH; taken over. Null where only a start can mount it.</param>
internal sealed record FileMount(string Target, SafeFileHandle? Source) : IDisposable
{
    /// <summary>The mount point: a node of the container's, by what no other node has.</summary>
    internal (ulong Inode, uint Major, uint Minor, ulong Mount) Point { get; init; }

    internal static (ulong Inode, uint Major, uint Minor, ulong Mount) PointOf(in Libc.statx_t status) =>
        (status.stx_ino, status.stx_dev_major, status.stx_dev_minor, status.stx_mnt_id);

    public void Dispose() => Source?.Dispose();
}
