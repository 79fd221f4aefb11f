using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>Writes a whole root as a tar: sorted, with all attributes, without what is mounted into it.</summary>
internal static class RootExporter
{
    /// <summary>A root that nothing is mounted into.</summary>
    internal static void Write(RootedDirectory root, TarWriter writer, CancellationToken cancel) => Write(root, null, null, writer, cancel);

    /// <summary>The root of a running container, seen through its process.</summary>
    /// <param name="below">Where to look for what its mounts cover, first to last.</param>
    internal static void WriteRunning(RootedDirectory root, IReadOnlyList<RootedDirectory> below, TarWriter writer, CancellationToken cancel)
    {
        ulong mount = RootedDirectory.StatHandle(root.Handle, "/").stx_mnt_id;
        Write(root, mount, new MountedOver(mount, below), writer, cancel);
    }

    private static void Write(RootedDirectory root, ulong? mount, MountedOver? covered, TarWriter writer, CancellationToken cancel)
    {
        DifferenceWriter sink = new(writer, long.MaxValue, cancel) { IsLayer = false, Covered = covered };
        DifferenceWalker walker = new(
            sink, DifferenceMode.Trees, new PathFilter(null), null, new ImportLimits().MaxDepth, cancel) { StopAt = mount };
        walker.Run((int)root.Handle.DangerousGetHandle(), -1);
        writer.WriteEnd();
    }
}
