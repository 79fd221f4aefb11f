using Containers.Engine.Images;
using Containers.Engine.Storage;

namespace Containers.Engine.Lifecycle;

/// <summary>Looks for damage: what Test-ContainerHost tells. Puts nothing right, but marks damaged layers for the next pull.</summary>
internal sealed class StoreCheck(ContainerStore containers, ImageStore images)
{
    private const string PullAgain = "Pull or import the image again, which replaces the layer, or remove the image.";

    /// <param name="quick">Leave out reading every layer's content.</param>
    /// <param name="progress">Told how many layers were read.</param>
    internal IEnumerable<HostCheckResult> Run(bool quick, IProgress<long>? progress, CancellationToken cancel) =>
        Images(quick).Concat(quick ? [] : Layers(progress, cancel)).Concat(Unused()).Concat(Containers());

    private IEnumerable<HostCheckResult> Images(bool quick)
    {
        foreach (ContainerImage image in images.List().Where(image => image.State == ImageState.Damaged))
        {
            // One that is known by its marks only is judged anew, layer by layer.
            if (!quick && images.TryOpen(image.Id) is not null)
            {
                continue;
            }

            yield return new HostCheckResult
            {
                Check = image.Id.Length == 0 ? "TagDamaged" : "ImageDamaged",
                IsError = true,
                Target = image.ToString(),
                Message = image.Damage ?? "",
                Action = "Pull or import the image again, or remove it.",
            };
        }
    }

    private IEnumerable<HostCheckResult> Layers(IProgress<long>? progress, CancellationToken cancel)
    {
        long read = 0;
        HashSet<Digest> seen = [];
        foreach (ContainerImage image in images.List())
        {
            foreach (Digest layer in images.TryOpen(image.Id)?.Config.RootFs.DiffIds ?? [])
            {
                cancel.ThrowIfCancellationRequested();
                if (!seen.Add(layer))
                {
                    continue;
                }

                string? fault = images.Layers.Verify(layer, cancel);
                images.Layers.Mark(layer, fault);
                progress?.Report(++read);
                if (fault is not null)
                {
                    yield return new HostCheckResult
                    {
                        Check = "LayerDamaged",
                        IsError = true,
                        Target = layer.ToString(),
                        Message = $"A layer of '{image}' is not what it was: {fault}.",
                        Action = PullAgain,
                    };
                }
            }
        }
    }

    private IEnumerable<HostCheckResult> Unused()
    {
        if (images.LayersInUse() is HashSet<string> used)
        {
            foreach ((_, string diffId, long size) in images.Layers.Unused(used))
            {
                yield return new HostCheckResult
                {
                    Check = "LayerUnused", Target = diffId, Message = $"No image has this layer of {size} bytes.", Action = "Run: Clear-ContainerStorage -Image",
                };
            }
        }

        foreach (string directory in images.Layers.Leftovers())
        {
            yield return new HostCheckResult
            {
                Check = "Leftover", Target = directory, Message = "Interrupted work left this.", Action = "Run: Clear-ContainerStorage -Image",
            };
        }
    }

    private IEnumerable<HostCheckResult> Containers()
    {
        foreach (Container container in containers.List())
        {
            if (container.State == ContainerState.Damaged)
            {
                yield return new HostCheckResult
                {
                    Check = "ContainerDamaged",
                    IsError = true,
                    Target = container.Name,
                    Message = container.Problem ?? "Its record cannot be read.",
                    Action = $"Run: Remove-Container {container.Name} -Force",
                };
            }
            else if (images.TryOpen(container.ImageId) is null)
            {
                yield return new HostCheckResult
                {
                    Check = "ContainerImageMissing",
                    IsError = true,
                    Target = container.Name,
                    Message = $"The image of container '{container.Name}' ({container.Image}) is missing or damaged.",
                    Action = "Pull or import the image again; the container can be exported or removed.",
                };
            }
        }
    }
}
