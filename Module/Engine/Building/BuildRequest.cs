using Containers.Engine.Building.Context;
using Containers.Engine.Building.Execution;
using Containers.Engine.Distribution;
using Containers.Engine.Images;
using Containers.Engine.Launch;

namespace Containers.Engine.Building;

/// <summary>What is to be built, and how.</summary>
public sealed record BuildRequest
{
    /// <summary>
    /// The context: a directory or a tar archive of the host, the address of an archive (http, https) or of a repository
    /// (https://host/repo.git#branch:directory); null for none.
    /// </summary>
    public string? Context { get; init; }

    /// <summary>The context as an archive, plain or compressed, or a Dockerfile alone; read once. Instead of <see cref="Context"/>.</summary>
    public Stream? Archive { get; init; }

    /// <summary>Further contexts by their names: what <see cref="Context"/> may be, or docker-image:// and an image.</summary>
    public IReadOnlyDictionary<string, string> Contexts { get; init; } = new Dictionary<string, string>();

    /// <summary>The Dockerfile: a path of the host; null for the one in the context.</summary>
    public string? File { get; init; }

    /// <summary>The Dockerfile: a path in the context.</summary>
    public string? FileInContext { get; init; }

    /// <summary>The Dockerfile's text instead of a file.</summary>
    public ReadOnlyMemory<byte>? Text { get; init; }

    public IReadOnlyList<ImageReference> References { get; init; } = [];

    public IReadOnlyDictionary<string, string> Arguments { get; init; } = new Dictionary<string, string>();

    /// <summary>Name or number of the stage; null for the last one.</summary>
    public string? Target { get; init; }

    /// <summary>Nothing is taken from the cache; what is made goes into it all the same.</summary>
    public bool NoCache { get; init; }

    /// <summary>Caches of other builds that may spare steps. Whoever names one trusts its author: see docs/adr/0015.</summary>
    public IReadOnlyList<BuildCachePlace> CacheFrom { get; init; } = [];

    /// <summary>Where the steps of this build are kept for others.</summary>
    public IReadOnlyList<BuildCachePlace> CacheTo { get; init; } = [];

    /// <summary>When registries are asked for base images.</summary>
    public PullPolicy PullPolicy { get; init; } = PullPolicy.Missing;

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Of RUN instructions that do not say otherwise.</summary>
    public NetworkSpec Network { get; init; } = new();

    /// <summary>What RUN --mount=type=secret may ask for, by id.</summary>
    public IReadOnlyDictionary<string, BuildSecret> Secrets { get; init; } = new Dictionary<string, BuildSecret>();

    /// <summary>Sockets of ssh agents, by id; "default" is what RUN --mount=type=ssh means without one.</summary>
    public IReadOnlyDictionary<string, string> SshAgents { get; init; } = new Dictionary<string, string>();

    /// <summary>Platform of the image; this machine's where null.</summary>
    public ImagePlatform? Platform { get; init; }

    /// <summary>All layers above the base become one.</summary>
    public bool Squash { get; init; }

    /// <summary>What is made of the result; an image of this host where there is nothing.</summary>
    public IReadOnlyList<BuildOutputTarget> Outputs { get; init; } = [];

    /// <summary>Time of everything that the build makes, and upper limit of file times.</summary>
    public DateTimeOffset? SourceDateEpoch { get; init; }

    /// <summary>A container whose RUN failed stays, to be looked into.</summary>
    public bool KeepFailed { get; init; }

    /// <summary>Only tells the steps and which of them come from the cache.</summary>
    public bool DryRun { get; init; }

    /// <summary>How many steps may run at once; one for each processor where null.</summary>
    public int? Parallel { get; init; }

    /// <summary>Told on the calling thread.</summary>
    public Action<BuildEvent>? Report { get; init; }

    /// <summary>Called on the same thread while nothing happens, about twice a second: time goes on for those who watch.</summary>
    public Action? Idle { get; init; }

    /// <summary>Told on any thread.</summary>
    public Action<string>? Warning { get; init; }

    /// <summary>In front of an image among <see cref="Contexts"/>.</summary>
    public const string ImagePrefix = NamedContext.ImagePrefix;

    /// <summary>Whether a context is the address of an archive or a repository, and no path.</summary>
    public static bool IsAddress(string text) => RemoteSource.IsRemote(text);

    /// <summary>A context as it may be shown: an address without user and password.</summary>
    public static string Shown(string context) => RemoteSource.Shown(context);
}
