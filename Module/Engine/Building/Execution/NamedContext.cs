using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;

namespace Containers.Engine.Building.Execution;

/// <summary>A context with a name, which takes the place of a stage or an image of that name, as in buildkit. It is either of the two.</summary>
/// <param name="Tree">Files; null for an image.</param>
/// <param name="Image">An image; null for files.</param>
internal sealed record NamedContext(SourceTree? Tree, string? Image)
{
    /// <summary>In front of an image.</summary>
    internal const string ImagePrefix = "docker-image://";

    /// <summary>As buildkit compares names: those of images in their short form, without ":latest"; others in lower case.</summary>
    internal static string KeyOf(string name)
    {
        string key = ImageReference.TryParse(name, out ImageReference? image) ? image.ToString() : name.ToLowerInvariant();
        return key.EndsWith(":latest", StringComparison.Ordinal) ? key[..^":latest".Length] : key;
    }

    /// <summary>The image instead of the name that a Dockerfile has, at that name's place.</summary>
    internal Word ImageAt(Word name) => name with { Text = Image! };
}
