using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Cache;

/// <summary>Takes directories of the build cache away in one step, to where a later build sweeps them if this session ends in the middle.</summary>
internal static class BuildTrash
{
    /// <returns>False when it is gone already.</returns>
    internal static bool TryRemove(string dataRoot, string folder)
    {
        string bin = dataRoot + "/build/tmp";
        StoreFolder.Ensure(bin);
        string aside = bin + "/" + Guid.NewGuid().ToString("N")[..16];
        if (!Files.TryRename(folder, aside))
        {
            return false;
        }

        FileTree.Remove(aside);
        return true;
    }
}
