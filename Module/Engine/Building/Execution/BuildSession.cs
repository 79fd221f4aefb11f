using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Containers.Engine.Building.Context;
using Containers.Engine.Building.Graph;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Distribution;
using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Execution;

/// <summary>
/// One build: its stages on threads of their own, each waiting for those it needs; a bounded number of steps at work at once; everything that is
/// used held until the end. The first failure stops the others.
/// </summary>
internal sealed partial class BuildSession : IDisposable
{
    /// <summary>Milliseconds.</summary>
    private const int IdleTime = 500;

    private readonly ConcurrentBag<IDisposable> _held = [];
    private readonly BlockingCollection<BuildEvent> _events = [];
    private readonly SemaphoreSlim _slots;
    private readonly Dictionary<int, Task<StageState>> _stages = [];
    private readonly ConcurrentDictionary<string, ImageRecord> _images = new(StringComparer.Ordinal);
    private readonly Lazy<Digest> _emptyLayer;
    private readonly BuildPlace _place;
    private readonly Lock _pulling = new();
    private Task _imageSources = Task.CompletedTask;

    internal BuildSession(
        BuildServices services, BuildRequest request, BuildInput input, BuildGraph graph, GlobalVariables globals, BuildPlace place,
        ContextOpener opener)
    {
        Services = services;
        Request = request;
        Input = input;
        Graph = graph;
        Globals = globals;
        int parallel = Math.Max(1, request.Parallel ?? Math.Clamp(Environment.ProcessorCount, 2, 16));
        _slots = new SemaphoreSlim(parallel);
        _emptyLayer = new Lazy<Digest>(MakeEmptyLayer);
        _place = place;
        Opener = opener;
    }

    internal BuildServices Services { get; }

    internal BuildRequest Request { get; }

    internal BuildInput Input { get; }

    internal BuildGraph Graph { get; }

    internal GlobalVariables Globals { get; }

    /// <summary>A layer with nothing in it, in the store.</summary>
    internal Digest EmptyLayer => _emptyLayer.Value;

    internal BuildScratch Scratch => _place.Scratch;

    /// <summary>Fetches what ADD takes from elsewhere.</summary>
    internal ContextOpener Opener { get; }

    /// <summary>Names of arguments that triggers of base images declare.</summary>
    internal ConcurrentBag<string> TriggerArguments { get; } = [];

    /// <summary>Builds the target.</summary>
    internal StageState Run(CancellationToken cancel)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Exception? failure = null;
        T OrStop<T>(Func<T> work)
        {
            try
            {
                return work();
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
                stop.Cancel();
                throw;
            }
        }

        foreach (StageNode node in Graph.Nodes.Values)
        {
            StageBuilder builder = new(this, node, stop.Token);
            _stages[node.Stage.Index] = new Task<StageState>(() => OrStop(builder.Run), CancellationToken.None, TaskCreationOptions.LongRunning);
        }

        Task<int> images = new(() => OrStop(() => FindImageSources(stop.Token)), CancellationToken.None, TaskCreationOptions.LongRunning);
        _imageSources = images;
        Task all = Task.WhenAll([images, .. _stages.Values]);
        images.Start(TaskScheduler.Default);
        foreach (Task<StageState> stage in _stages.Values)
        {
            stage.Start(TaskScheduler.Default);
        }

        _ = all.ContinueWith(_ => _events.CompleteAdding(), TaskScheduler.Default);
        try
        {
            while (!_events.IsCompleted)
            {
                bool any = _events.TryTake(out BuildEvent? happened, IdleTime, CancellationToken.None);
                if (cancel.IsCancellationRequested || _events.IsCompleted && !any)
                {
                    continue;
                }

                if (any)
                {
                    Request.Report?.Invoke(happened!);
                }
                else
                {
                    Request.Idle?.Invoke();
                }
            }
        }
        finally
        {
            // Whoever is told may throw: nothing is left running behind its back.
            stop.Cancel();
            all.ContinueWith(_ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
        }

        cancel.ThrowIfCancellationRequested();
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return _stages[Graph.Target].Result;
    }

    /// <summary>Waits for a stage that another one needs.</summary>
    internal StageState Stage(int index, CancellationToken cancel)
    {
        try
        {
            _stages[index].Wait(cancel);
        }
        catch (AggregateException)
        {
            throw new OperationCanceledException("A stage that is needed failed.", cancel);
        }

        return _stages[index].Result;
    }

    /// <summary>Waits until the images are here that files are taken from: before a program runs for an hour, one of them may be none at all.</summary>
    internal void WaitForImages(CancellationToken cancel)
    {
        try
        {
            _imageSources.Wait(cancel);
        }
        catch (AggregateException)
        {
            throw new OperationCanceledException("An image that is needed is not there.", cancel);
        }
    }

    internal void Tell(BuildEvent happened) => _events.Add(happened);

    /// <summary>Waits until a further step may work.</summary>
    internal IDisposable TakeSlot(CancellationToken cancel)
    {
        _slots.Wait(cancel);
        return new Slot(_slots);
    }

    /// <summary>Holds something until the build is over.</summary>
    internal void Hold(IDisposable thing) => _held.Add(thing);

    /// <summary>Puts an image on this host if it must, and holds its layers.</summary>
    /// <returns>Null when nothing is to be done, and it is not here.</returns>
    internal ImageRecord? Image(Word name, ImagePlatform? platform, CancellationToken cancel)
    {
        string key = name.Text + " " + platform;
        if (_images.TryGetValue(key, out ImageRecord? known))
        {
            return known;
        }

        lock (_pulling)
        {
            if (_images.TryGetValue(key, out known))
            {
                return known;
            }

            try
            {
                ImageRecord record = Services.Images.Open(Find(name.Text, platform, cancel));
                foreach (Digest layer in record.Config.RootFs.DiffIds)
                {
                    Hold(Services.Images.Hold(layer) ?? throw new EngineException(
                        EngineErrorKind.InvalidData, "DamagedLayer", $"The layer '{layer}' of the image '{name.Text}' cannot be used.", name.Text,
                        "Remove the image, and pull or import it again."));
                }

                return _images[key] = record;
            }
            catch (EngineException e) when (Request.DryRun && e.ErrorId == "ImageNotFound")
            {
                return null;
            }
            catch (EngineException e)
            {
                // What is no stage is an image, also where a stage was meant.
                string? near = Suggestion.Nearest(name.Text, Input.File.Stages.Select(stage => stage.Alias).OfType<string>());
                throw SourceText.Error(
                    name.Range, e.ErrorId, e.Message, near is null ? e.Action : $"Did you mean the stage \"{near}\"? {e.Action}".TrimEnd(), e.Kind, e);
            }
        }
    }

    /// <summary>The root of a stage, to look into; null where it has no layers.</summary>
    internal RootedDirectory? OpenRoot(StageState state) =>
        state.Layers.Count == 0 ? null : Services.Storage(null).OpenRoot(state.ToRecord(default), null);

    public void Dispose()
    {
        while (_held.TryTake(out IDisposable? thing))
        {
            thing.Dispose();
        }

        _slots.Dispose();
        _events.Dispose();
    }

    /// <returns>How many.</returns>
    private int FindImageSources(CancellationToken cancel)
    {
        int count = 0;
        foreach (Word from in Graph.Nodes.Values.SelectMany(node => Graph.ImageSources(node.Stage)))
        {
            NamedContext? named = Input.FindNamed(from.Text);
            if (named?.Tree is null)
            {
                cancel.ThrowIfCancellationRequested();
                _ = Image(named?.ImageAt(from) ?? from, Request.Platform, cancel);
                count++;
            }
        }

        return count;
    }

    private string Find(string name, ImagePlatform? platform, CancellationToken cancel)
    {
        PullOptions options = new()
        {
            Policy = Request.DryRun ? PullPolicy.Never : Request.PullPolicy, Platform = platform, Warning = Request.Warning,
        };
        return Services.Pull(name, options, cancel).Id;
    }

    private Digest MakeEmptyLayer()
    {
        ImageStore.HeldLayer layer = Services.Images.WriteLayer(_ => true, null, CancellationToken.None)!;
        Hold(layer);
        return layer.DiffId;
    }

    private sealed class Slot(SemaphoreSlim slots) : IDisposable
    {
        private int _left = 1;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 0) == 1)
            {
                slots.Release();
            }
        }
    }
}
