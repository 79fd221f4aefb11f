using Containers.Engine.Images;

namespace Containers.Engine.Building.Checking;

/// <summary>What the checks want to know of an image that a stage stands on.</summary>
/// <param name="Environment">NAME=value.</param>
/// <param name="HasShell">It sets a shell of its own.</param>
/// <param name="Triggers">Its ONBUILD instructions.</param>
internal sealed record BaseImageFacts(IReadOnlyList<string> Environment, bool HasShell, ImagePlatform Platform, IReadOnlyList<string> Triggers)
{
    internal static BaseImageFacts Scratch { get; } = new([], false, ImagePlatform.Current, []);
}
