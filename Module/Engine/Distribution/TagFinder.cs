using Containers.Engine.Images;
using Containers.Engine.Registry;

namespace Containers.Engine.Distribution;

/// <summary>Lists the tags of a repository, with digests and platforms where they are asked for.</summary>
internal sealed class TagFinder(RegistryAccess registries)
{
    private const int Parallel = 4;

    /// <summary>See <see cref="ContainerEngine.FindTags"/>. Asks the registry itself: a mirror has only what somebody fetched.</summary>
    internal IEnumerable<ContainerImageTag> Find(string repository, bool detailed, RegistryCredential? credential, CancellationToken cancel)
    {
        ImageReference reference = ImagePuller.ParseName(repository);
        IReadOnlyList<ImageReference> candidates = registries.Candidates(reference, repository);
        return Find(repository, candidates, detailed, credential, cancel);
    }

    private IEnumerable<ContainerImageTag> Find(
        string repository, IReadOnlyList<ImageReference> candidates, bool detailed, RegistryCredential? credential,
        CancellationToken cancel)
    {
        (ImageReference reference, RegistryRepository place, IEnumerator<string> tags, bool any) =
            Start(repository, candidates, credential, cancel);
        using (tags)
        {
            while (any)
            {
                List<string> few = [];
                do
                {
                    few.Add(tags.Current);
                    any = tags.MoveNext();
                }
                while (any && few.Count < (detailed ? Parallel : 1));

                ContainerImageTag[] found = new ContainerImageTag[few.Count];
                if (detailed)
                {
                    SideBySide.Run(few.Count, Parallel, (i, stop) => found[i] = Describe(place, reference, few[i], stop), null, cancel);
                }
                else
                {
                    found[0] = new ContainerImageTag { Repository = reference.FamiliarName, Tag = few[0] };
                }

                foreach (ContainerImageTag tag in found)
                {
                    yield return tag;
                }
            }
        }
    }

    /// <summary>
    /// The first place of a short name that has the repository; its first page is asked for here, so that the next can be tried.
    /// </summary>
    private (ImageReference Reference, RegistryRepository Place, IEnumerator<string> Tags, bool Any) Start(
        string repository, IReadOnlyList<ImageReference> candidates, RegistryCredential? credential, CancellationToken cancel)
    {
        List<(ImageReference Tried, EngineException Failure)> failures = [];
        foreach (ImageReference candidate in candidates)
        {
            try
            {
                RegistryRepository place = registries.OpenForPull(candidate, credential)[^1];
                IEnumerator<string> tags = place.Tags(cancel).GetEnumerator();
                return (candidate, place, tags, tags.MoveNext());
            }
            catch (EngineException e) when (candidates.Count > 1 && DistributionErrors.IsRegistryFault(e))
            {
                failures.Add((candidate, e));
            }
        }

        throw DistributionErrors.NoCandidate(repository, failures);
    }

    private static ContainerImageTag Describe(RegistryRepository place, ImageReference reference, string tag, CancellationToken cancel)
    {
        ContainerImageTag result = new() { Repository = reference.FamiliarName, Tag = tag };
        StoredManifest manifest;
        try
        {
            manifest = place.GetManifest(tag, cancel);
        }
        catch (EngineException e) when (e.ErrorId is "ManifestNotFound")
        {
            // Deleted since the list was made, or listed by a registry that forgets to take it out.
            return result;
        }

        result = result with { Digest = manifest.Digest.ToString() };
        try
        {
            return result with { Platforms = Platforms(place, manifest, result.Reference, cancel) };
        }
        catch (EngineException e) when (
            e.ErrorId is "InvalidManifest" or "UnsupportedManifest" or "NotAnImage" or "InvalidImageConfig" or "BlobNotFound")
        {
            // A list is no place to fail for what one of its entries is.
            return result;
        }
    }

    private static string[] Platforms(RegistryRepository place, StoredManifest stored, string subject, CancellationToken cancel)
    {
        switch (ManifestJson.Parse(stored, subject))
        {
            case ImageIndex index:
                return
                [
                    .. index.Manifests.Where(entry => !PlatformChoice.IsAttestation(entry))
                        .Select(entry => entry.Platform?.ToString()).OfType<string>().Distinct(),
                ];
            case ImageManifest { IsImage: true } manifest when manifest.Config.Size <= ImageConfigJson.MaxBytes:
                ImageConfig config = ImageConfigJson.Parse(place.GetBlob(manifest.Config, cancel), subject);
                return config.Os.Length == 0 ? [] : [DistributionErrors.PlatformOf(config)];
            default:
                return [];
        }
    }
}
