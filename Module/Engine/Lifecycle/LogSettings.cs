using System.Text.Json.Serialization;
using Containers.Engine.Launch;

namespace Containers.Engine.Lifecycle;

/// <summary>What is set for the logs of new containers, kept in <c>settings.json</c>.</summary>
public sealed record LogSettings
{
    /// <summary>Null for <see cref="LogDriver.Local"/>.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<LogDriver>))]
    public LogDriver? Driver { get; init; }

    /// <summary>By docker's names, see <see cref="LogOptions"/>.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();
}
