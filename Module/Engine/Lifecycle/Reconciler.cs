using Containers.Engine.Events;
using Containers.Engine.Linux;
using Containers.Engine.Networking;
using Containers.Engine.Storage;
using Containers.Engine.Volumes;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// Sessions and monitors can be killed at any moment. What they left half-made is found here, by the first cmdlet that comes along:
/// containers that were being made, trees that were being deleted, runs whose monitor died. Cheap when there is nothing to do, and it
/// never waits for anybody: what another session works on is that session's.
/// </summary>
internal sealed class Reconciler(EnginePaths paths, ContainerStore store, ContainerLauncher launcher, NetworkService networks, StorageDrivers storage,
    EventLog events, VolumeStore volumeStore, ContainerVolumes volumes)
{
    /// <param name="starting">A start follows: what all networked containers share can stay.</param>
    internal void Run(bool starting = false)
    {
        SweepNew();
        SweepTrash();
        SweepRuns();
        volumeStore.Sweep();
        SweepBuildSteps();
        networks.Sweep(starting);
    }

    private void SweepNew()
    {
        if (Children(paths.Containers, EnginePaths.NewPrefix + "*").Length == 0)
        {
            return;
        }

        using FileLock? turn = TryLock(paths.CreationLock);
        if (turn is null)
        {
            return;
        }

        foreach (string directory in Children(paths.Containers, EnginePaths.NewPrefix + "*"))
        {
            using FileLock? dead = TryLock(directory + "/operations.lock");
            if (dead is not null)
            {
                store.Names.ReleaseAll(Path.GetFileName(directory)[EnginePaths.NewPrefix.Length..]); // First: a kill here leaves it to the next sweep.
                storage.Release(directory);
                FileTree.Remove(directory);
            }
        }
    }

    private void SweepTrash()
    {
        foreach (string directory in Children(paths.Trash, "*"))
        {
            // A monitor that removes its container is still at it.
            if (!store.HasMonitor(Path.GetFileName(directory)))
            {
                store.Names.ReleaseAll(Path.GetFileName(directory));
                storage.Release(directory);
                FileTree.Remove(directory);
            }
        }
    }

    /// <summary>A run directory without a monitor: the monitor was killed, or the session was before there was one.</summary>
    private void SweepRuns()
    {
        foreach (string directory in Children(paths.RunContainers, "*"))
        {
            string id = Path.GetFileName(directory);
            if (store.HasMonitor(id))
            {
                continue;
            }

            if (store.TryGetRecord(id) is not { } record)
            {
                if (!Directory.Exists(paths.Container(id)))
                {
                    launcher.RemoveRun(id);
                }

                continue;
            }

            using FileLock? turn = TryLock(paths.Operations(id));
            if (turn is null || store.HasMonitor(id))
            {
                continue; // A session is starting or removing it right now.
            }

            StateRecord state = store.State(id);
            bool running = state.Status is "running" or "paused" or "restarting";
            if (running && state.BootId == store.BootId && new ProcessIdentity(state.Pid, state.PidStartTime).IsAlive)
            {
                continue; // It runs on without its monitor, and is shown so.
            }

            launcher.RemoveLeftovers(record, launcher.Cgroup(record));
            if (running)
            {
                events.Write(record, EventActions.Die); // Without an exit code: nobody saw it.
            }

            if (record.Spec.RemoveOnExit && (running || state.Status == "exited"))
            {
                Files.Rename(paths.Container(id), paths.TrashOf(id));
                store.Names.Release(record.Name, id);
                volumes.Release(record, removeAnonymous: true);
                storage.Release(paths.TrashOf(id));
                FileTree.Remove(paths.TrashOf(id));
                events.Write(record, EventActions.Destroy);
            }
            else if (running)
            {
                store.Write(id, state with { Status = "exited", Pid = 0, ExitCode = null, FinishedAt = 0 });
            }
        }
    }

    /// <summary>Steps of builds whose session is gone. The monitor has killed what ran, or is about to.</summary>
    private void SweepBuildSteps()
    {
        foreach (string mark in FilesOf(paths.BuildSteps))
        {
            string id = Path.GetFileName(mark);
            if (store.HasMonitor(id) || Directory.Exists(paths.NewContainer(id)))
            {
                continue; // One that is being made and will not be is SweepNew's.
            }

            if (Directory.Exists(paths.Container(id)))
            {
                using FileLock? turn = TryLock(paths.Operations(id));
                if (turn is null || store.HasMonitor(id))
                {
                    continue;
                }

                if (store.TryGetRecord(id) is { BuildStep: true } record)
                {
                    launcher.RemoveLeftovers(record, launcher.Cgroup(record));
                    Files.Rename(paths.Container(id), paths.TrashOf(id));
                    storage.Release(paths.TrashOf(id));
                    FileTree.Remove(paths.TrashOf(id));
                }
            }

            File.Delete(mark);
        }
    }

    private static FileLock? TryLock(string path)
    {
        try
        {
            return FileLock.TryTake(path, TimeSpan.Zero, CancellationToken.None);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            return null; // Published, or removed, in this moment.
        }
    }

    private static string[] FilesOf(string directory)
    {
        try
        {
            return Directory.GetFiles(directory);
        }
        catch (DirectoryNotFoundException)
        {
            return []; // Nothing was ever built here.
        }
    }

    private static string[] Children(string directory, string pattern)
    {
        try
        {
            return Directory.GetDirectories(directory, pattern);
        }
        catch (DirectoryNotFoundException)
        {
            return []; // Nothing was ever made here.
        }
    }
}
