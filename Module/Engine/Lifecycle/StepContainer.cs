using Containers.Engine.Images;
using Containers.Engine.Linux;
using Containers.Engine.Networking;
using Containers.Engine.Storage;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// A container in which one instruction of a build runs: like any other, but seen by nobody, killed with this session, and removed when this is
/// disposed. Its lock is held all the time: one without a holder is swept by the next cmdlet.
/// </summary>
internal sealed class StepContainer(
    EnginePaths paths, ContainerStore store, ContainerLauncher launcher, NetworkService networks, IStorageDriver driver, ContainerRecord record,
    ImageRecord image, bool durable, FileLock turn) : IDisposable
{
    /// <summary>How long a killed step's monitor may take: it writes a large layer's pages out.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private bool _kept;

    private string Directory => paths.Container(record.Id);

    /// <summary>Runs it to its end. Cancelled, it is killed and waited for.</summary>
    /// <param name="output">Gets what it prints, on this thread.</param>
    internal ContainerExit Run(
        BuildLaunch launch, Action<OutputChunk> output, IList<string> warnings, CancellationToken cancel)
    {
        MonitorConnection connection = launcher.Launch(record, image, launch with { ThrowAway = !durable }, warnings, cancel);
        using RunSession session = new(
            new Container { Id = record.Id, Name = record.Name }, connection, () => networks.Release(record.Id, starting: true));
        while (session.Read(out OutputChunk chunk, cancel))
        {
            output(chunk);
        }

        return session.Exit!;
    }

    /// <summary>Writes what it changed as a layer; false where that is nothing.</summary>
    /// <param name="mountPoints">Targets of mounts: where they are new and empty, nobody wrote them.</param>
    internal bool WriteChanges(TarWriter writer, IReadOnlyList<string> mountPoints, DateTimeOffset? latest, CancellationToken cancel) =>
        driver.WriteDifference(image, Directory, null, new MountPoints(mountPoints), latest, writer, cancel);

    /// <summary>Makes it a container that everybody sees, of an image that is in the store.</summary>
    /// <returns>Its name.</returns>
    internal string Keep(string imageId)
    {
        AwaitMonitor();
        ContainerRecord kept = record with
        {
            ImageId = imageId, BuildStep = false, Started = true, Spec = record.Spec with { Image = imageId },
        };
        for (int attempt = 0; ; attempt++)
        {
            string name = ContainerName.Random() + (attempt < 5 ? "" : record.Id[..(attempt - 2)]);
            if (store.Names.TryReserve(name, record.Id))
            {
                store.Write(kept with { Name = name }, durable: true);
                _kept = true;
                File.Delete(paths.BuildStep(record.Id));
                return name;
            }
        }
    }

    public void Dispose()
    {
        try
        {
            if (!_kept)
            {
                Remove();
            }
        }
        finally
        {
            turn.Dispose();
        }
    }

    private void AwaitMonitor() => SpinWait.SpinUntil(() => !store.HasMonitor(record.Id), s_patience);

    private void Remove()
    {
        // The end of the connection has killed what still ran; the monitor takes the rest back.
        AwaitMonitor();
        launcher.RemoveLeftovers(record, launcher.Cgroup(record), starting: true);
        Files.Rename(Directory, paths.TrashOf(record.Id));
        driver.Release(paths.TrashOf(record.Id));
        FileTree.Remove(paths.TrashOf(record.Id));
        File.Delete(paths.BuildStep(record.Id));
    }
}
