using Containers.Engine.Images;

namespace Containers.Engine.Building.Execution;

/// <summary>The configuration of an image of what a stage came to.</summary>
internal static class ImageAssembler
{
    internal static ImageConfig Assemble(BuildSession session, StageState state, BuildRequest request)
    {
        List<Digest> layers = state.Layers.Count == 0 ? [session.EmptyLayer] : state.Layers;
        List<ImageHistory> history = Timed(state, request);
        Dictionary<string, string> labels = new(state.Config.Config.Labels);
        foreach ((string name, string value) in request.Labels)
        {
            labels[name] = value;
        }

        return state.Config with
        {
            Created = request.SourceDateEpoch ?? (history.Count > 0 ? history[^1].Created : null) ?? DateTimeOffset.UtcNow,
            Config = state.Config.Config with { Labels = labels },
            RootFs = new ImageRootFs { DiffIds = layers },
            History = history,
        };
    }

    /// <summary>
    /// A step that only changed the configuration is as old as the layer before it, or the first one after it: the same steps from the cache give
    /// the same image.
    /// </summary>
    private static List<ImageHistory> Timed(StageState state, BuildRequest request)
    {
        DateTimeOffset? time = request.SourceDateEpoch
            ?? state.History.Skip(state.BaseHistory).FirstOrDefault(step => step.Created is not null)?.Created
            ?? state.History.LastOrDefault(step => step.Created is not null)?.Created;
        List<ImageHistory> timed = [.. state.History.Take(state.BaseHistory)];
        foreach (ImageHistory step in state.History.Skip(state.BaseHistory))
        {
            time = request.SourceDateEpoch ?? step.Created ?? time;
            timed.Add(step with { Created = time });
        }

        return timed;
    }
}
