using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Building;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <content>Caches of other builds and for them.</content>
public sealed partial class BuildContainerImageCommand
{
    /// <summary>Caches to use: a directory, a name in a registry, 'type=local,src=PATH', 'type=registry,ref=NAME'.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] CacheFrom { get; set; } = [];

    /// <summary>Where the steps of this build are kept for others: a directory, or a name in a registry.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] CacheTo { get; set; } = [];

    private BuildCachePlace ParsePlace(string text)
    {
        if (!text.StartsWith("type=", StringComparison.OrdinalIgnoreCase))
        {
            bool isPath = text is "." or ".." or "~" || System.IO.Path.IsPathRooted(text) || text.StartsWith("./", StringComparison.Ordinal)
                || text.StartsWith("../", StringComparison.Ordinal) || text.StartsWith("~/", StringComparison.Ordinal)
                || (!text.Contains(':', StringComparison.Ordinal) && Directory.Exists(ResolvePath(text)));
            return isPath ? new BuildCachePlace { Directory = ResolvePath(text) } : new BuildCachePlace { Reference = ImageReference.Parse(text) };
        }

        Dictionary<string, string> fields = text.Split(',').Select(part => part.Split('=', 2))
            .GroupBy(pair => pair[0].Trim().ToLowerInvariant()).ToDictionary(group => group.Key, group => group.Last() is [_, var value] ? value : "");
        string? path = fields.GetValueOrDefault("src") ?? fields.GetValueOrDefault("dest");
        string? name = fields.GetValueOrDefault("ref");
        bool known = fields.Keys.All(key => key is "type" or "src" or "dest" or "ref" or "mode");
        return fields["type"] switch
        {
            "local" when known && path is { Length: > 0 } => new BuildCachePlace { Directory = ResolvePath(path) },
            "registry" when known && name is { Length: > 0 } => new BuildCachePlace { Reference = ImageReference.Parse(name) },
            _ => throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidBuildCachePlace", $"'{text}' is no place of a build cache.", text,
                "Write a directory, a name in a registry, 'type=local,src=PATH' or 'type=registry,ref=NAME'."),
        };
    }
}
