using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Storage;

/// <summary>
/// Drivers whose containers have a whole tree of their own: a copy, or a snapshot, of a tree that was made of the image's layers once. What
/// changed is found by comparing the two.
/// </summary>
internal abstract class FlatDriver : IStorageDriver
{
    private readonly string _dataRoot;

    protected FlatDriver(string dataRoot, string name)
    {
        _dataRoot = dataRoot;
        Name = name;
        Roots = new FlatRoots(dataRoot, name);
    }

    public string Name { get; }

    public bool CanOpenRunning => true;

    protected FlatRoots Roots { get; }

    public void Prepare(string containerDirectory, ImageRecord image, CancellationToken cancel)
    {
        Files.MakeDirectory(containerDirectory + "/layer", 0x1C0);
        using SafeFileHandle pinned = Ensure(image, cancel, out string tree);
        Clone(tree, Tree(containerDirectory), cancel);
    }

    public IReadOnlyList<LaunchStep> MountSteps(ImageRecord image, string containerId, string target, bool throwAway)
    {
        // A bind mount, so that the root is a mount point as pivot_root(2) wants it. It takes over the flags of the file system that holds the
        // data root: a container's programs may be setuid and its devices devices, whatever is set for the host's there.
        string tree = Tree(_dataRoot + "/containers/" + containerId);
        const ulong Cleared = Libc.MOUNT_ATTR_RDONLY | Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NODEV | Libc.MOUNT_ATTR_NOEXEC;
        return
        [
            LaunchSteps.OpenHost(Slot.Source, tree, directory: true),
            LaunchSteps.CloneTree(Slot.Mount, Slot.Source, recursive: false, tree),
            LaunchSteps.SetMountAttributes(Slot.Mount, 0, recursive: false, tree) with { Y = Cleared },
            LaunchSteps.OpenHost(Slot.Target, target, directory: true),
            LaunchSteps.Attach(Slot.Mount, Slot.Target, target),
            new LaunchStep(PlanOpcode.CloseSlot, target, "") { Slot = Slot.Target },
            new LaunchStep(PlanOpcode.CloseSlot, tree, "") { Slot = Slot.Source },
        ];
    }

    public IReadOnlyList<LaunchStep> ImageSteps(ImageRecord image, string place)
    {
        using SafeFileHandle pinned = Ensure(image, CancellationToken.None, out string tree);
        return [LaunchSteps.OpenHost(Slot.Source, tree, directory: true)];
    }

    public RootedDirectory OpenRoot(ImageRecord image, string? containerDirectory)
    {
        if (containerDirectory is not null)
        {
            return OpenReadOnly(Tree(containerDirectory));
        }

        using SafeFileHandle pinned = Ensure(image, CancellationToken.None, out string tree);
        return OpenReadOnly(tree);
    }

    public RootedDirectory OpenWritable(ImageRecord image, string containerDirectory) => RootedDirectory.Open(Tree(containerDirectory));

    public RootedDirectory OpenWritten(string containerDirectory) => RootedDirectory.Open(Tree(containerDirectory));

    public IEnumerable<ContainerChange> Changes(ImageRecord image, string containerDirectory, CancellationToken cancel)
    {
        ChangeList list = new();
        Walk(image, containerDirectory, list, null, MountPoints.Usual, cancel);
        return list.Changes;
    }

    public bool WriteDifference(
        ImageRecord image, string containerDirectory, IReadOnlyList<string>? paths, MountPoints hidden, DateTimeOffset? latest,
        TarWriter writer, CancellationToken cancel)
    {
        DifferenceWriter difference = new(writer, latest?.ToUnixTimeSeconds() ?? long.MaxValue, cancel);
        Walk(image, containerDirectory, difference, paths, hidden, cancel);
        return difference.Any;
    }

    public void Release(string containerDirectory) => Destroy(Tree(containerDirectory));

    /// <summary>Removes the trees of images that are not there any more.</summary>
    internal IReadOnlyList<string> RemoveUnusedRoots(IEnumerable<ImageRecord> images)
    {
        HashSet<string> used = [];
        foreach (ImageRecord image in images)
        {
            used.UnionWith(ChainId.Of(image.Config.RootFs.DiffIds).Select(chain => chain.Hex[..16]));
        }

        return Roots.RemoveAllBut(used, Destroy);
    }

    /// <summary>The tree of a container.</summary>
    protected static string Tree(string containerDirectory) => containerDirectory + "/layer/root";

    /// <summary>A layer's files, given its digest.</summary>
    protected string LayerFiles(Digest layer) => _dataRoot + "/" + LayerStore.RelativeDirectory(layer);

    /// <summary>Makes the trees of an image that are missing. The lock is held.</summary>
    protected abstract void MakeRoots(IReadOnlyList<Digest> layers, IReadOnlyList<Digest> chains, CancellationToken cancel);

    /// <summary>Makes a container's tree.</summary>
    protected abstract void Clone(string source, string target, CancellationToken cancel);

    /// <summary>Takes away what plain deletion of a tree cannot; a missing one is no error.</summary>
    protected abstract void Destroy(string tree);

    private SafeFileHandle Ensure(ImageRecord image, CancellationToken cancel, out string tree)
    {
        IReadOnlyList<Digest> layers = image.Config.RootFs.DiffIds;
        IReadOnlyList<Digest> chains = ChainId.Of(layers);
        using FileLock turn = Roots.Lock(cancel);
        if (!Roots.Has(chains[^1]))
        {
            MakeRoots(layers, chains, cancel);
        }

        tree = Roots.PathOf(chains[^1]) + "/" + FlatRoots.Tree;
        return Roots.Pin(chains[^1]);
    }

    private void Walk(
        ImageRecord image, string containerDirectory, IDifferenceSink sink, IReadOnlyList<string>? paths, MountPoints hidden,
        CancellationToken cancel)
    {
        using RootedDirectory original = OpenRoot(image, null);
        using RootedDirectory changed = OpenWritten(containerDirectory);
        DifferenceWalker walker = new(
            sink, DifferenceMode.Copy, new PathFilter(paths), hidden, new ImportLimits().MaxDepth, cancel);
        walker.Run((int)changed.Handle.DangerousGetHandle(), (int)original.Handle.DangerousGetHandle());
    }

    /// <summary>A read-only mount of a tree, mounted nowhere; the tree itself where this session may not mount.</summary>
    private static RootedDirectory OpenReadOnly(string tree)
    {
        RootedDirectory plain = RootedDirectory.Open(tree);
        try
        {
            if (ReadOnlyMount.TryOpen(plain.Handle, recursive: false, tree) is not { } mount)
            {
                return plain;
            }

            plain.Dispose();
            return new RootedDirectory(mount);
        }
        catch
        {
            plain.Dispose();
            throw;
        }
    }
}
