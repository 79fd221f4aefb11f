using System.Text;
using Containers.Engine.Images;

namespace Containers.Engine.Storage;

/// <summary>Names of stacks of layers (OCI image specification, config.md, "Layer ChainID"): the same layers in the same order, the same id.</summary>
internal static class ChainId
{
    /// <summary>One for each layer of an image, bottom first; the last one is that of the whole.</summary>
    internal static IReadOnlyList<Digest> Of(IReadOnlyList<Digest> diffIds)
    {
        List<Digest> chains = [];
        foreach (Digest layer in diffIds)
        {
            chains.Add(chains.Count == 0
                ? layer
                : Digest.Of(Encoding.ASCII.GetBytes(chains[^1].ToString() + " " + layer.ToString())));
        }

        return chains;
    }
}
