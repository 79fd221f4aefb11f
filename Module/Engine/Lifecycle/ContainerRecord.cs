using System.Text.Json.Serialization;
using Containers.Engine.Launch;

namespace Containers.Engine.Lifecycle;

/// <summary>config.json: what the container was made as. Only the engine writes it.</summary>
internal sealed record ContainerRecord
{
    internal const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required string Id { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required string ImageId { get; init; }

    /// <summary>Entrypoint and command together, for listing without the image.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public required ContainerSpec Spec { get; init; }

    /// <summary>The storage driver that made its root; null for overlay, which was the only one in records without it.</summary>
    public string? StorageDriver { get; init; }

    /// <summary>A step of a build, which its session works on and removes: nobody else sees it.</summary>
    public bool BuildStep { get; init; }

    /// <summary>False until the first start: before it, the root is exactly the image.</summary>
    public bool Started { get; init; }

    /// <summary>Its own and those that are mounted in it: none of them may go.</summary>
    [JsonIgnore]
    internal IEnumerable<string> Images =>
        Spec.Storage.Mounts.Where(mount => mount.Type == MountType.Image).Select(mount => mount.Source).Prepend(ImageId);

    internal static string NewId() => Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
}

/// <summary>state.json: what the monitor last knew. Times are nanoseconds since 1970.</summary>
internal sealed record StateRecord
{
    public string Status { get; init; } = "created";

    public int Pid { get; init; }

    public long PidStartTime { get; init; }

    /// <summary>Of a further program: its pid in the container's process namespace.</summary>
    public int InnerPid { get; init; }

    public int MonitorPid { get; init; }

    public long MonitorStartTime { get; init; }

    public string BootId { get; init; } = "";

    public long StartedAt { get; init; }

    public long FinishedAt { get; init; }

    /// <summary>Null when nobody saw the exit.</summary>
    public int? ExitCode { get; init; }

    public int Signal { get; init; }

    public int OomKilled { get; init; }

    public int RestartCount { get; init; }

    public int StoppedByUser { get; init; }

    /// <summary>Always written: 0 is the first step, and a missing one means none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int FailedStep { get; init; } = -1;

    public int FailedErrno { get; init; }

    public long LostLogBytes { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    AllowDuplicateProperties = false,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ContainerRecord))]
[JsonSerializable(typeof(StateRecord))]
[JsonSerializable(typeof(ExecRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;
