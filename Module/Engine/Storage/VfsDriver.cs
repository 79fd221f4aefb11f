using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>
/// Plain copies: works on every file system, costs an image's size for each container, unless the file system can share data between files
/// (xfs, btrfs), which the copy then does.
/// </summary>
internal sealed class VfsDriver(string dataRoot) : FlatDriver(dataRoot, DriverName)
{
    internal const string DriverName = "vfs";

    protected override void MakeRoots(IReadOnlyList<Digest> layers, IReadOnlyList<Digest> chains, CancellationToken cancel) => Roots.Make(
        chains[^1],
        tree =>
        {
            StoreFolder.Create(tree);
            foreach (Digest layer in layers)
            {
                new TreeCopier(cancel).Copy(LayerFiles(layer), tree);
            }
        },
        Destroy);

    protected override void Clone(string source, string target, CancellationToken cancel)
    {
        Files.MakeDirectory(target, 0x1C0);
        new TreeCopier(cancel).Copy(source, target);
    }

    protected override void Destroy(string tree)
    {
        // Plain directories: whoever removes the directory above removes them, too.
    }
}
