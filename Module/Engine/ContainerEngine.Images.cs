using Containers.Engine.Images;

namespace Containers.Engine;

/// <summary>Looking into images, and their names.</summary>
public sealed partial class ContainerEngine
{
    /// <summary>History of an image, newest first.</summary>
    public IReadOnlyList<ImageHistoryEntry> GetHistory(string image) => throw new NotImplementedException();

    public IReadOnlyList<ImageLayer> GetLayers(string image) => throw new NotImplementedException();

    public ContainerImageDetail GetImageDetail(string image) => throw new NotImplementedException();

    /// <summary>Gives an image one more name.</summary>
    /// <param name="force">Move a name that another image has; otherwise ImageTagExists.</param>
    public ContainerImage AddTag(string image, string reference, bool force) => throw new NotImplementedException();

    /// <summary>Takes a name away; the image stays, also without any.</summary>
    public RemovedImage RemoveTag(string reference) => throw new NotImplementedException();
}
