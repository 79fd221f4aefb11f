using Containers.Engine.Building.Cache;
using Containers.Engine.Images;
using Containers.Engine.Linux;
using Containers.Engine.Storage;

namespace Containers.Engine.Building.Execution;

/// <summary>
/// All layers above the base image as one: what differs between the base and the result, so that what one step made and another one removed is
/// in no layer. The history keeps its steps, none of them with a layer, and ends with one that has it, as docker build --squash writes it.
/// </summary>
internal sealed class LayerSquasher(BuildSession session, StageState state, BuildRequest request)
{
    internal void Run(CancellationToken cancel)
    {
        if (state.Layers.Count - state.BaseLayers < 2)
        {
            return;
        }

        StageState below = state.Derive();
        below.Layers.RemoveRange(state.BaseLayers, state.Layers.Count - state.BaseLayers);
        Digest key = Key(below);
        CachedStep? cached = request.NoCache ? null : session.Services.Cache.Find(key);
        ImageStore.HeldLayer? layer = cached is null ? Write(below, cancel) : cached.Layer;
        DateTimeOffset created = cached?.Record.Created ?? request.SourceDateEpoch ?? DateTimeOffset.UtcNow;
        if (cached is null)
        {
            session.Services.Cache.Write(new BuildCacheRecord
            {
                Key = key.Hex, DiffId = layer?.DiffId.ToString(), Instruction = BuildCacheRecord.SquashText, Created = created, Parent = state.LastKey,
            });
        }

        string comment = state.BaseLayers == 0 ? $"create new from {state.Content}" : $"merge {state.Content} to {below.Content}";
        for (int i = state.BaseHistory; i < state.History.Count; i++)
        {
            state.History[i] = state.History[i] with { EmptyLayer = true };
        }

        state.Layers.RemoveRange(state.BaseLayers, state.Layers.Count - state.BaseLayers);
        if (layer is not null)
        {
            session.Hold(layer);
            state.Layers.Add(layer.DiffId);
        }

        state.History.Add(new ImageHistory { Created = created, Comment = comment, EmptyLayer = layer is null });
    }

    private Digest Key(StageState below)
    {
        using CacheKey key = new("squash");
        return key.Add(below.Content).Add(state.Content).Add(request.SourceDateEpoch?.ToUnixTimeSeconds() ?? -1).Finish();
    }

    private ImageStore.HeldLayer? Write(StageState below, CancellationToken cancel)
    {
        using RootedDirectory whole = session.OpenRoot(state)!;
        using RootedDirectory? original = session.OpenRoot(below);
        return session.Services.Images.WriteLayer(
            writer =>
            {
                DifferenceWriter difference = new(writer, request.SourceDateEpoch?.ToUnixTimeSeconds() ?? long.MaxValue, cancel);
                DifferenceWalker walker = new(
                    difference, DifferenceMode.Trees, new PathFilter(null), null, new ImportLimits().MaxDepth, cancel);
                walker.Run((int)whole.Handle.DangerousGetHandle(), original is null ? -1 : (int)original.Handle.DangerousGetHandle());
                return difference.Any;
            },
            request.Warning, cancel);
    }
}
