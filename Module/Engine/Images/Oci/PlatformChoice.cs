namespace Containers.Engine.Images;

/// <summary>
/// Which image of an index is for a platform: the very variant, else the next lower one that runs there (an ARMv7 runs v6 and v5, an amd64
/// v3 runs v2 and v1), as containerd's platforms package orders them. Another architecture is never taken unasked.
/// </summary>
internal static class PlatformChoice
{
    private const int MaxDepth = 3;
    private const int MaxDocuments = 64;

    /// <summary>
    /// Whether an image with this configuration is for the platform. What a configuration does not say it does not contradict.
    /// </summary>
    internal static bool Fits(ImagePlatform wanted, ImageConfig config)
    {
        if (config.Os.Length == 0 || config.Architecture.Length == 0)
        {
            return true;
        }

        ImagePlatform offered = new() { Os = config.Os, Architecture = config.Architecture, Variant = config.Variant };
        return Rank(wanted, string.IsNullOrEmpty(config.Variant) ? offered with { Variant = wanted.Variant } : offered) is not null;
    }

    /// <summary>0 for the very platform, more the further away, null for one that does not run there.</summary>
    internal static int? Rank(ImagePlatform wanted, ImagePlatform offered)
    {
        (string wantedName, int wantedLevel) = Normal(wanted);
        (string name, int level) = Normal(offered);
        return wanted.Os.Equals(offered.Os, StringComparison.OrdinalIgnoreCase) && wantedName == name && level <= wantedLevel
            ? wantedLevel - level
            : null;
    }

    /// <summary>The manifest for a platform, through indexes in indexes.</summary>
    /// <param name="fetch">Gets and checks a document of the same repository or layout.</param>
    /// <exception cref="EngineException">
    /// PlatformNotFound, NotAnImage, InvalidManifest, UnsupportedManifest, what <paramref name="fetch"/> throws.
    /// </exception>
    internal static (StoredManifest Stored, ImageManifest Manifest) Choose(
        StoredManifest document, ImagePlatform wanted, Func<OciDescriptor, StoredManifest> fetch, string subject)
    {
        Search search = new(wanted, fetch, subject);
        return search.Enter(document, 0) ?? throw NotFound(wanted, search.Seen, subject);
    }

    internal static EngineException NotFound(ImagePlatform wanted, IEnumerable<string> offered, string subject)
    {
        string[] names = [.. offered.Distinct().Order(StringComparer.Ordinal)];
        string what = names.Length == 0 ? "no image at all" : string.Join(", ", names.Take(20)) + (names.Length > 20 ? ", …" : "");
        return new EngineException(
            EngineErrorKind.ObjectNotFound, "PlatformNotFound", $"'{subject}' is not for {wanted}; there is {what}.", subject,
            names.Length == 0 ? "Choose another tag." : "Choose one of these with -Platform.");
    }

    /// <summary>What says what was built how ("unknown/unknown", BuildKit's attestations) is no image to run.</summary>
    internal static bool IsAttestation(OciDescriptor entry) =>
        entry.Annotations.ContainsKey("vnd.docker.reference.type") || entry.Platform is { Os: "unknown", Architecture: "unknown" };

    /// <summary>Aliases resolved; the variant as a number, higher runs lower.</summary>
    private static (string Name, int Level) Normal(ImagePlatform platform)
    {
        string name = platform.Architecture.ToLowerInvariant() switch
        {
            "aarch64" => "arm64",
            "x86_64" or "x86-64" => "amd64",
            "i386" or "i486" or "i586" or "i686" => "386",
            "armhf" or "armel" => "arm",
            string other => other,
        };
        string variant = (platform.Variant ?? "").ToLowerInvariant();
        if (variant.Length == 0)
        {
            variant = platform.Architecture.Equals("armel", StringComparison.OrdinalIgnoreCase) ? "v6"
                : name switch { "arm64" => "v8", "arm" => "v7", "amd64" => "v1", _ => "" };
        }

        ReadOnlySpan<char> digits = variant.AsSpan().TrimStart('v');
        return name is "arm64" or "arm" or "amd64" && int.TryParse(digits, System.Globalization.NumberStyles.None, null, out int level)
            ? (name, level)
            : (variant.Length == 0 ? name : name + "/" + variant, 0);
    }

    private sealed class Search(ImagePlatform wanted, Func<OciDescriptor, StoredManifest> fetch, string subject)
    {
        private readonly HashSet<Digest> _entered = [];

        internal List<string> Seen { get; } = [];

        internal (StoredManifest Stored, ImageManifest Manifest)? Enter(StoredManifest stored, int depth)
        {
            _entered.Add(stored.Digest);
            ImageDocument document = ManifestJson.Parse(stored, subject);
            if (document is ImageManifest manifest)
            {
                return manifest.IsImage ? (stored, manifest) : throw ManifestJson.NotAnImage(subject, manifest.Config.MediaType);
            }

            List<OciDescriptor> entries = [.. ((ImageIndex)document).Manifests.Where(entry => !IsAttestation(entry))];
            Seen.AddRange(entries.Select(entry => entry.Platform?.ToString()).OfType<string>());
            OciDescriptor[] fitting =
            [
                .. entries.Where(entry => entry.Platform is ImagePlatform platform && Rank(wanted, platform) is not null)
                    .OrderBy(entry => Rank(wanted, entry.Platform!)),
                .. entries.Where(entry => entry.Platform is null),
            ];
            foreach (OciDescriptor entry in fitting)
            {
                if (Follow(entry, depth) is { } found)
                {
                    return found;
                }
            }

            return null;
        }

        private (StoredManifest Stored, ImageManifest Manifest)? Follow(OciDescriptor entry, int depth)
        {
            bool index = MediaTypes.IsIndex(entry.MediaType);
            if (!index && !MediaTypes.IsManifest(entry.MediaType) && entry.MediaType.Length > 0)
            {
                // An index may hold whatever it likes besides images.
                return null;
            }

            if (_entered.Contains(entry.Digest))
            {
                return null;
            }

            if ((index && depth + 1 >= MaxDepth) || _entered.Count >= MaxDocuments)
            {
                throw ManifestJson.Invalid(subject, $"its indexes are nested more than {MaxDepth} deep, or too many");
            }

            StoredManifest next = fetch(entry);
            if (next.Content.Length != entry.Size)
            {
                throw ManifestJson.Invalid(subject, $"'{entry.Digest}' has {next.Content.Length} bytes, not {entry.Size}");
            }

            if (entry.Platform is null && !index && ManifestJson.Parse(next, subject) is ImageManifest { IsImage: false })
            {
                // Not asked for: the index does not say that it is an image for this platform.
                _entered.Add(next.Digest);
                return null;
            }

            return Enter(next, depth + 1);
        }
    }
}
