using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>
/// How containers get a root file system out of an image's layers. Layers themselves are the same for all drivers: directories in overlay's form,
/// so that changing the driver hides no image, and every container remembers the driver it was made with.
/// </summary>
internal interface IStorageDriver
{
    /// <summary>overlay, btrfs, vfs.</summary>
    public string Name { get; }

    /// <summary>Makes what a new container writes into, below its directory, which nobody else knows yet.</summary>
    /// <exception cref="LinuxException">The file system failed; what was made goes with the directory (<see cref="Release"/> first).</exception>
    public void Prepare(string containerDirectory, ImageRecord image, CancellationToken cancel);

    /// <summary>The steps that mount a container's root at a path.</summary>
    /// <param name="throwAway">The layer is deleted at the end: it need not reach the disk.</param>
    public IReadOnlyList<LaunchStep> MountSteps(ImageRecord image, string containerId, string target, bool throwAway);

    /// <summary>The steps that leave an image's files in <see cref="Slot.Source"/>, to be mounted read-only.</summary>
    /// <param name="place">A directory of the host for a mount that only the new process sees.</param>
    public IReadOnlyList<LaunchStep> ImageSteps(ImageRecord image, string place);

    /// <summary>The root as the container sees it (without its mounts), read-only, mounted nowhere.</summary>
    /// <param name="containerDirectory">Null for the image itself.</param>
    public RootedDirectory OpenRoot(ImageRecord image, string? containerDirectory);

    /// <summary>Whether <see cref="OpenRoot"/> can be used while the container runs.</summary>
    public bool CanOpenRunning { get; }

    /// <summary>
    /// The root of a container that does not run, mounted nowhere, to write into. The caller sees to it that it does not start meanwhile.
    /// </summary>
    public RootedDirectory OpenWritable(ImageRecord image, string containerDirectory);

    /// <summary>What the container wrote, to look a name up in before the image; what it did not change may be missing.</summary>
    public RootedDirectory OpenWritten(string containerDirectory);

    /// <summary>What differs between the container and its image, in the order of paths; feeds Get-ContainerChange and commits.</summary>
    public IEnumerable<ContainerChange> Changes(ImageRecord image, string containerDirectory, CancellationToken cancel);

    /// <summary>Writes the difference as a layer's tar: whiteouts as .wh. names, hard links, attributes; sorted, the same bytes for the same content.</summary>
    /// <param name="paths">Only these and what is below them; null for all.</param>
    /// <param name="hidden">What nobody wrote.</param>
    /// <param name="latest">Later file times are written as this one; null for no limit.</param>
    /// <returns>False when there is no difference, so that nothing was written.</returns>
    public bool WriteDifference(
        ImageRecord image, string containerDirectory, IReadOnlyList<string>? paths, MountPoints hidden, DateTimeOffset? latest,
        TarWriter writer, CancellationToken cancel);

    /// <summary>Takes away what plain deletion of the container's directory cannot, or only slowly (subvolumes).</summary>
    public void Release(string containerDirectory);
}
