using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;
using Containers.Engine.Storage;

namespace Containers.Engine.Building.Execution;

/// <summary>What a stage is after some of its instructions. One thread works on it; others read it when the stage is done.</summary>
internal sealed class StageState
{
    /// <summary>Of a layer without content, on which a root is mounted where a stage has no layers.</summary>
    internal const string NoLayers = "scratch";

    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    internal required ImageConfig Config { get; set; }

    internal required StageVariables Variables { get; init; }

    /// <summary>All layers, bottom first.</summary>
    internal List<Digest> Layers { get; private init; } = [];

    /// <summary>How many of them are the base image's.</summary>
    internal int BaseLayers { get; init; }

    /// <summary>Steps of the making; a null time is filled in at the end.</summary>
    internal List<ImageHistory> History { get; private init; } = [];

    /// <summary>How many of the steps are the base image's.</summary>
    internal int BaseHistory { get; init; }

    /// <summary>CMD stands in this stage: an ENTRYPOINT after it leaves it alone.</summary>
    internal bool CommandSet { get; set; }

    /// <summary>A step of this stage would have to be done, so that nobody knows what comes after it; only when nothing is done.</summary>
    internal bool Unknown { get; set; }

    /// <summary>Its files are in a cache of others and were not fetched, so that nobody can look at them; only when nothing is done.</summary>
    internal bool Elsewhere { get; set; }

    /// <summary>Whether its files can be looked at; always, when something is done.</summary>
    internal bool HasFiles => !Unknown && !Elsewhere;

    /// <summary>The key of the last step that made or found something; for people who look into the cache.</summary>
    internal string? LastKey { get; set; }

    /// <summary>What the files are: the chain id of the layers.</summary>
    internal string Content => Layers.Count == 0 ? NoLayers : ChainId.Of(Layers)[^1].ToString();

    /// <summary>A stage on top of this one.</summary>
    internal StageState Derive() => new()
    {
        Config = Config,
        Variables = new StageVariables(Variables),
        Layers = [.. Layers],
        BaseLayers = BaseLayers,
        History = [.. History],
        BaseHistory = BaseHistory,
        Unknown = Unknown,
        Elsewhere = Elsewhere,
        LastKey = LastKey,
    };

    /// <summary>The state of an image, or of scratch.</summary>
    internal static StageState Of(ImageConfig config, GlobalVariables globals)
    {
        IReadOnlyList<Digest> layers = config.RootFs.DiffIds;

        // As docker has it: programs are found in every image that was built, whatever starts it.
        IReadOnlyList<string> environment = config.Config.Env.Any(one => one.StartsWith("PATH=", StringComparison.Ordinal))
            ? config.Config.Env
            : [.. config.Config.Env, "PATH=" + DefaultPath];
        return new StageState
        {
            Config = config with { Config = config.Config with { Env = environment } },
            Variables = new StageVariables(globals, environment),
            Layers = [.. layers],
            BaseLayers = layers.Count,
            History = [.. config.History],
            BaseHistory = config.History.Count,
        };
    }

    /// <summary>As an image that a container is started from. Its id is what its files are: nobody else can have it.</summary>
    internal ImageRecord ToRecord(Digest emptyLayer)
    {
        IReadOnlyList<Digest> layers = Layers.Count == 0 ? [emptyLayer] : Layers;
        return new ImageRecord
        {
            Id = ChainId.Of(layers)[^1].ToString(),
            Config = Config with { RootFs = new ImageRootFs { DiffIds = [.. layers] } },
            LayerDirectories = [.. layers.Reverse().Select(LayerStore.RelativeDirectory).Distinct()],
        };
    }
}
