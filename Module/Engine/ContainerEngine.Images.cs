using Containers.Engine.Images;

namespace Containers.Engine;

/// <summary>Looking into images, and their names.</summary>
public sealed partial class ContainerEngine
{
    /// <summary>History of an image, newest first.</summary>
    public IReadOnlyList<ImageHistoryEntry> GetHistory(string image) => Images.History(image);

    public IReadOnlyList<ImageLayer> GetLayers(string image) => Images.LayersOf(image);

    public ContainerImageDetail GetImageDetail(string image) => Images.Detail(image);

    /// <summary>Gives an image one more name.</summary>
    /// <param name="image">A name, an id, or its beginning.</param>
    /// <param name="reference">The new name.</param>
    /// <param name="force">Move a name that another image has; otherwise ImageTagExists.</param>
    public ContainerImage AddTag(string image, string reference, bool force) => Images.AddReference(image, reference, force);

    /// <summary>Takes a name away; the image stays, also without any.</summary>
    /// <exception cref="EngineException">ImageTagNotFound.</exception>
    public RemovedImage RemoveTag(string reference) => Images.RemoveReference(reference);
}
