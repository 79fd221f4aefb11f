using System.Diagnostics.CodeAnalysis;
using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>
/// Names of images. Besides the tags that people give, an image has digest references (repository@sha256:…): which manifests and indexes of
/// which repositories it came by. These are no names that a list shows, but they find the image, as docker has it.
/// </summary>
public sealed partial class ImageStore
{
    /// <summary>repository@digest, without the tag: how a digest reference is kept.</summary>
    internal static ImageReference DigestReference(ImageReference reference, Digest digest) =>
        ImageReference.Parse($"{reference.Domain}/{reference.Repository}@{digest}");

    /// <summary>The image that a reference points to, damaged or not; null where there is none.</summary>
    internal ContainerImage? Find(ImageReference reference)
    {
        try
        {
            return _tags.TryGet(Kept(reference), out Digest? id) && id is Digest known ? Describe(known, ReferencesOf(known)) : null;
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }

    /// <summary>The image behind a name or the beginning of an id; null where there is none.</summary>
    /// <param name="byId">It was found as an id, so the text names nothing that a registry could have.</param>
    /// <exception cref="EngineException">AmbiguousImageId, DamagedImage.</exception>
    internal ContainerImage? Find(string nameOrIdPrefix, out bool byId)
    {
        byId = false;
        try
        {
            Digest id = Resolve(nameOrIdPrefix, out ImageReference? reference);
            byId = reference is null;
            return Describe(id, ReferencesOf(id));
        }
        catch (EngineException e) when (e.ErrorId == "ImageNotFound")
        {
            return null;
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }

    /// <summary>
    /// Whether anything is known of this repository's manifests: where nothing is, asking for a digest first is a wasted round trip.
    /// </summary>
    internal bool KnowsDigestsOf(ImageReference repository) => _tags.List().Any(tag =>
        tag.Reference.Digest is not null && tag.Reference.Domain == repository.Domain && tag.Reference.Repository == repository.Repository);

    /// <summary>As it is kept: a digest says everything, and a tag beside it nothing.</summary>
    private static ImageReference Kept(ImageReference reference) =>
        reference is { Digest: Digest digest, Tag: not null } ? DigestReference(reference, digest) : reference;

    /// <summary>Tags and digest references.</summary>
    private List<ImageReference> ReferencesOf(Digest id) =>
        [.. _tags.List().Where(tag => tag.Id == id).Select(tag => tag.Reference)];

    /// <summary>All images that have a tag in a repository, by these tags first; one where the name or id says which, as <see cref="Get"/>.</summary>
    /// <param name="name">"debian" is a repository, "debian:13" and the beginning of an id are images.</param>
    /// <exception cref="EngineException">ImageNotFound, AmbiguousImageId.</exception>
    internal IReadOnlyList<ContainerImage> GetAll(string name)
    {
        bool isRepository = name.LastIndexOf(':') <= name.LastIndexOf('/') && !name.Contains('@', StringComparison.Ordinal);
        if (!isRepository || !ImageReference.TryParse(name, out ImageReference? repository))
        {
            return [Get(name)];
        }

        List<ContainerImage> found = [];
        foreach (ContainerImage image in List())
        {
            ImageReference[] tags = [.. image.References.Select(ImageReference.Parse)
                .Where(each => each.Domain == repository.Domain && each.Repository == repository.Repository)];
            if (tags.Length > 0)
            {
                found.Add(image.CalledFirst([.. tags.OrderByDescending(each => each == repository)]));
            }
        }

        return found.Count > 0 ? found : [Get(name)];
    }

    private static ContainerImage Named(ContainerImage image, List<ImageReference> references)
    {
        ImageReference[] sorted = [.. references.OrderBy(reference => reference.ToString(), StringComparer.Ordinal)];
        ImageReference[] tags = [.. sorted.Where(reference => reference.Digest is null)];
        ImageReference[] digests = [.. sorted.Where(reference => reference.Digest is not null)];
        return image with
        {
            References = [.. tags.Select(reference => reference.ToString())],
            Digests = [.. digests.Select(reference => reference.ToString())],
            Repository = (tags.FirstOrDefault() ?? digests.FirstOrDefault())?.FamiliarName ?? "<none>",
            Tag = tags.FirstOrDefault()?.Tag ?? "<none>",
        };
    }

    /// <summary>A name or id to the id of an image. Names go before ids, as docker has it; a full id is only an id.</summary>
    private Digest Resolve(string nameOrId, out ImageReference? reference)
    {
        reference = null;
        string hex = nameOrId.StartsWith("sha256:", StringComparison.Ordinal) ? nameOrId[7..] : nameOrId;
        if (Digest.TryParse("sha256:" + hex, out Digest id))
        {
            return Exists(id) ? id : throw ImageErrors.NotFound(nameOrId);
        }

        if (TryReference(nameOrId, out reference) && _tags.TryGet(reference, out Digest? tagged))
        {
            return tagged ?? throw Damaged(nameOrId, "the file of its name is damaged");
        }

        reference = null;
        return ResolvePrefix(nameOrId, hex);
    }

    private Digest ResolvePrefix(string nameOrId, string prefix)
    {
        if (prefix.Length == 0 || !Digest.IsHex(prefix))
        {
            throw ImageErrors.NotFound(nameOrId);
        }

        Digest? found = null;
        foreach (Digest id in Ids())
        {
            if (id.Hex.StartsWith(prefix, StringComparison.Ordinal))
            {
                if (found is not null)
                {
                    throw new EngineException(
                        EngineErrorKind.InvalidArgument, "AmbiguousImageId", $"More than one image has an id that begins with '{prefix}'.",
                        nameOrId, "Give more digits of the id.");
                }

                found = id;
            }
        }

        return found ?? throw ImageErrors.NotFound(nameOrId);
    }

    private bool TryReference(string text, [NotNullWhen(true)] out ImageReference? reference)
    {
        const int MaxCached = 1000;
        if (_references.TryGetValue(text, out reference))
        {
            return true;
        }

        if (!ImageReference.TryParse(text, out reference))
        {
            return false;
        }

        reference = Kept(reference);
        if (_references.Count < MaxCached)
        {
            _references[text] = reference;
        }

        return true;
    }

    private bool Exists(Digest id) => Path.Exists(ConfigPath(id)) || _tags.List().Any(tag => tag.Id == id);
}
