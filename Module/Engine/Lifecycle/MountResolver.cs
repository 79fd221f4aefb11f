using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Volumes;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// From what was asked for to the mounts a container's record holds: targets in their plain form, anonymous volumes with names, images as
/// ids, and what comes from other containers and from the image's VOLUME. Looks, and makes nothing.
/// </summary>
/// <param name="images">To resolve image mounts.</param>
/// <param name="recordOf">The record of a container, by what the user calls it.</param>
internal sealed class MountResolver(ImageStore images, Func<string, ContainerRecord> recordOf)
{
    /// <exception cref="EngineException">InvalidMount, DuplicateMount, InvalidVolumeName, MountSourceNotFound, ImageNotFound, ContainerNotFound.</exception>
    internal StorageSpec Resolve(StorageSpec storage, ImageConfig image)
    {
        List<MountSpec> mounts = [.. storage.Mounts.Select(Resolve)];
        MountValidator.Validate(mounts);
        HashSet<string> taken = [.. mounts.Select(mount => mount.Target)];
        foreach (string source in storage.VolumesFrom)
        {
            mounts.AddRange(From(source).Where(mount => taken.Add(mount.Target)));
        }

        if (storage.ImageVolumes != ImageVolumeMode.Ignore)
        {
            mounts.AddRange(OfImage(image, storage.ImageVolumes).Where(mount => taken.Add(mount.Target)));
        }

        MountValidator.Validate(mounts);
        return storage with { Mounts = mounts };
    }

    private MountSpec Resolve(MountSpec mount)
    {
        MountSpec plain = mount with { Target = MountValidator.CleanTarget(mount) };
        switch (mount.Type)
        {
            case MountType.Volume when mount.Source.Length == 0:
                return plain with { Source = VolumeName.Random(), Anonymous = true };
            case MountType.Volume:
                VolumeName.Validate(mount.Source);
                return plain;
            case MountType.Image when mount.Source.Length > 0:
                return plain with { Source = images.Open(mount.Source).Id };
            case MountType.Bind when !mount.CreateSource && mount.Source.StartsWith('/') && !Path.Exists(mount.Source):
                throw new EngineException(
                    EngineErrorKind.ObjectNotFound, "MountSourceNotFound", $"\"{mount.Source}\", which is to be mounted at \"{mount.Target}\", does not exist on this host.",
                    mount.Source, "Make the file or directory, or check the path.");
            default:
                return plain;
        }
    }

    /// <summary>docker's rule: binds and volumes, in the mode they have there unless :ro says less.</summary>
    private IEnumerable<MountSpec> From(string text)
    {
        int colon = text.LastIndexOf(':');
        string mode = colon < 0 ? "" : text[(colon + 1)..];
        if (mode is not ("" or "ro" or "rw" or "z" or "Z"))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidMount", $"\"{mode}\" in \"{text}\" is no mode.", text, "Give 'container', 'container:ro' or 'container:rw'.");
        }

        ContainerRecord other = recordOf(colon < 0 ? text : text[..colon]);
        return other.Spec.Storage.Mounts.Where(mount => mount.Type is MountType.Bind or MountType.Volume)
            .Select(mount => mount with { ReadOnly = mount.ReadOnly || mode == "ro", ChangeOwner = false, NoCopy = mount.Type == MountType.Volume });
    }

    /// <summary>The places are the image's words: whatever they are, they stay inside the container (S12).</summary>
    private static IEnumerable<MountSpec> OfImage(ImageConfig image, ImageVolumeMode mode)
    {
        foreach (string place in image.Config.Volumes.Order(StringComparer.Ordinal))
        {
            if (place.Length == 0 || place.Contains('\0', StringComparison.Ordinal))
            {
                continue;
            }

            string target = Path.GetFullPath("/" + place);
            target = target.Length > 1 ? target.TrimEnd('/') : target;
            yield return mode == ImageVolumeMode.Tmpfs
                ? MountSpec.Tmpfs(target) with { NoExec = false, Mode = 0x1ED } // 0755, as a directory there would be
                : new MountSpec { Type = MountType.Volume, Source = VolumeName.Random(), Anonymous = true, Target = target };
        }
    }
}
