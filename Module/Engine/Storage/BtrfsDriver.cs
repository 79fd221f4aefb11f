using Containers.Engine.Images;

namespace Containers.Engine.Storage;

/// <summary>
/// Snapshots: each stack of layers is a subvolume, a snapshot of the one below with the layer applied, its data shared with the layer's files;
/// each container is a snapshot of its image's.
/// </summary>
internal sealed class BtrfsDriver(string dataRoot) : FlatDriver(dataRoot, DriverName)
{
    internal const string DriverName = "btrfs";

    protected override void MakeRoots(IReadOnlyList<Digest> layers, IReadOnlyList<Digest> chains, CancellationToken cancel)
    {
        for (int i = 0; i < chains.Count; i++)
        {
            if (Roots.Has(chains[i]))
            {
                continue;
            }

            string? below = i == 0 ? null : Roots.PathOf(chains[i - 1]) + "/" + FlatRoots.Tree;
            string layer = LayerFiles(layers[i]);
            Roots.Make(
                chains[i],
                tree =>
                {
                    if (below is null)
                    {
                        BtrfsSubvolume.Create(tree);
                    }
                    else
                    {
                        BtrfsSubvolume.Snapshot(below, tree);
                    }

                    new TreeCopier(cancel).Copy(layer, tree);
                },
                Destroy);
        }
    }

    protected override void Clone(string source, string target, CancellationToken cancel) => BtrfsSubvolume.Snapshot(source, target);

    protected override void Destroy(string tree) => BtrfsSubvolume.TryDestroy(tree);
}
