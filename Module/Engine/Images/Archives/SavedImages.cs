namespace Containers.Engine.Images;

/// <summary>Finds the images that are to be saved, and the names they are saved with.</summary>
internal static class SavedImages
{
    /// <summary>
    /// Each image once, in an order that does not depend on how they were asked for. An image asked for by its id has no name in the
    /// archive, as docker save has it.
    /// </summary>
    /// <exception cref="EngineException">ImageNotFound, AmbiguousImageId, DamagedImage, DamagedLayer; NoImageNamed.</exception>
    internal static IReadOnlyList<SavedImage> Find(ImageStore store, IReadOnlyList<string> images)
    {
        if (images.Count == 0)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "NoImageNamed", "There is no image to save.", null, "Name at least one.");
        }

        SortedDictionary<string, (ImageRecord Record, List<ImageReference> Names)> found = new(StringComparer.Ordinal);
        foreach (string image in images)
        {
            ImageRecord record = store.Open(image);
            if (!found.TryGetValue(record.Id, out (ImageRecord Record, List<ImageReference> Names) known))
            {
                found[record.Id] = known = (record, []);
            }

            if (NameOf(store, image, record.Id) is ImageReference name && !known.Names.Contains(name))
            {
                known.Names.Add(name);
            }
        }

        return
        [
            .. found.Values.Select(each => new SavedImage(
                Digest.Parse(each.Record.Id), store.ReadConfig(Digest.Parse(each.Record.Id)), each.Record.Config,
                [.. each.Names.OrderBy(name => name.Canonical, StringComparer.Ordinal)])),
        ];
    }

    /// <summary>The tag that was meant; null for an id, its beginning, or a digest.</summary>
    private static ImageReference? NameOf(ImageStore store, string text, string id)
    {
        if (!ImageReference.TryParse(text, out ImageReference? reference) || reference.Tag is null)
        {
            return null;
        }

        ImageReference name = ImageReference.Parse(reference.Domain + "/" + reference.Repository + ":" + reference.Tag);
        return store.Get(id).References.Contains(name.ToString()) ? name : null;
    }
}
