using Containers.Engine.Images;

namespace Containers.Engine.Distribution;

/// <summary>The failures that pulls and pushes raise themselves, and what those of registries mean to them.</summary>
internal static class DistributionErrors
{
    internal static EngineException NotHere(string image) => new(
        EngineErrorKind.ObjectNotFound, "ImageNotFound", $"There is no image '{image}' on this host.", image,
        "Pull it with Request-ContainerImage, or list what there is with Get-ContainerImage.");

    internal static EngineException NotToBeHad(string image, EngineException why) => new(
        EngineErrorKind.ObjectNotFound, "ImageNotFound",
        $"There is no image '{image}' on this host, and it cannot be pulled: {why.Message}", image, why.Action, why);

    internal static EngineException PlatformMismatch(string image, ImagePlatform wanted, ImageConfig config) => new(
        EngineErrorKind.InvalidArgument, "PlatformMismatch",
        $"The image '{image}' on this host is for {PlatformOf(config)}, not for {wanted}.", image,
        $"Pull it for {wanted} with Request-ContainerImage -Platform.");

    internal static EngineException Damaged(ContainerImage image) => new(
        EngineErrorKind.InvalidData, "DamagedImage", image.Damage ?? $"The image '{image}' is damaged.", image.Id,
        "Remove it with Remove-ContainerImage and make or pull it again.");

    /// <summary>
    /// None of the registries that a short name may mean had it: the error names all, and is of the kind of the most telling one.
    /// </summary>
    internal static EngineException NoCandidate(string text, IReadOnlyList<(ImageReference Tried, EngineException Failure)> failures)
    {
        EngineException telling = failures.Select(each => each.Failure).FirstOrDefault(failure => !IsAbsence(failure))
            ?? failures[0].Failure;
        string tried = string.Join("; ", failures.Select(each => $"{each.Tried.Canonical}: {each.Failure.Message.TrimEnd('.')}"));
        return new EngineException(
            telling.Kind, telling.ErrorId, $"None of the places that '{text}' may stand for has it ({tried}).", text,
            "Write the registry too, for example quay.io/" + text + ".", telling);
    }

    internal static string PlatformOf(ImageConfig config) =>
        config.Os + "/" + config.Architecture + (string.IsNullOrEmpty(config.Variant) ? "" : "/" + config.Variant);

    /// <summary>The registry answered, and it has no such image, or not for this user.</summary>
    internal static bool IsAbsence(EngineException e) =>
        e.ErrorId is "ManifestNotFound" or "RepositoryNotFound" or "RegistryDenied" or "RegistryUnauthorized" or "RegistryBlocked";

    internal static bool IsUnreachable(EngineException e) =>
        e.ErrorId is "RegistryUnreachable" or "RegistryTlsFailed" or "RegistryTooManyRequests"
        || e.Kind is EngineErrorKind.ConnectionError or EngineErrorKind.OperationTimeout;

    /// <summary>The fault of this registry and no other: the next one may do better.</summary>
    internal static bool IsRegistryFault(EngineException e) =>
        IsAbsence(e) || IsUnreachable(e) || e.ErrorId.StartsWith("Registry", StringComparison.Ordinal);

    /// <summary>The same for a mirror, whose content may be at fault too.</summary>
    internal static bool IsMirrorFault(EngineException e) => IsRegistryFault(e)
        || e.ErrorId is "BlobNotFound" or "DigestMismatch" or "InvalidManifest" or "UnsupportedManifest" or "PlatformNotFound"
            or "LayerMismatch" or "TruncatedArchive" or "DamagedArchive" or "ArchiveReadFailed" or "InvalidImageConfig";
}
