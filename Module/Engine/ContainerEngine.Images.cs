using Containers.Engine.Images;

namespace Containers.Engine;

/// <summary>Looking into images, and their names.</summary>
public sealed partial class ContainerEngine
{
    /// <summary>The images of a repository, newest first; one where the text names one, by its tag or id.</summary>
    /// <exception cref="EngineException">ImageNotFound, AmbiguousImageId.</exception>
    public IReadOnlyList<ContainerImage> GetImages(string name) => Images.GetAll(name);

    /// <summary>Images that have a name like this, by that name first.</summary>
    public IReadOnlyList<ContainerImage> GetImages(Predicate<string> isWanted) =>
    [
        .. from image in Images.List()
           let names = image.References.Where(name => isWanted(name)).ToList()
           where names.Count > 0
           select image.CalledFirst(names.Select(ImageReference.Parse)),
    ];

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
