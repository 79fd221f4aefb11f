using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Linux;
using Containers.Engine.Networking;
using Containers.Engine.Storage;

namespace Containers.Engine.Lifecycle;

/// <summary>Makes the containers of builds' steps.</summary>
internal sealed class StepContainers(
    EnginePaths paths, ContainerStore store, ContainerLauncher launcher, NetworkService networks, StorageDrivers storage)
{
    /// <summary>What a step calls itself: always the same, so that what it writes is.</summary>
    internal const string HostName = "build";

    /// <summary>Makes one, locked; nothing runs.</summary>
    /// <param name="image">The stage as it is before the step. Its layers are held.</param>
    /// <param name="durable">It may be kept: what it writes must reach the disk.</param>
    internal StepContainer Create(ImageRecord image, ContainerSpec spec, bool durable, CancellationToken cancel)
    {
        store.Prepare();
        SpecValidator.Validate(spec, image, launcher.Host);
        IStorageDriver driver = storage.Select(null);
        string id = ContainerRecord.NewId();
        ContainerRecord record = new()
        {
            Id = id,
            Name = "build-" + id[..12],
            Created = DateTimeOffset.UtcNow,
            ImageId = image.Id,
            StorageDriver = driver.Name,
            Command = LaunchPlanCompiler.CommandLine(spec.Process, ContainerLauncher.Defaults(image.Config)),
            Spec = spec,
            BuildStep = true,
        };
        string directory = paths.NewContainer(id);
        FileLock? turn = null;
        try
        {
            turn = store.BeginCreation(directory);
            StoreFolder.Ensure(paths.BuildSteps);
            File.WriteAllBytes(paths.BuildStep(id), []);
            driver.Prepare(directory, image, cancel);
            Files.MakeDirectory(directory + "/log", 0x1C0);
            RecordFile.Write(directory + "/config.json", record, RecordJson.Default.ContainerRecord, durable: false);
            Files.Rename(directory, paths.Container(id));
            return new StepContainer(paths, store, launcher, networks, driver, record, image, durable, turn);
        }
        catch
        {
            driver.Release(directory);
            FileTree.Remove(directory);
            File.Delete(paths.BuildStep(id));
            turn?.Dispose();
            throw;
        }
    }
}
