using Containers.Engine.Images;

namespace Containers.Engine.Building.Checking;

/// <summary>What the checks want to know of an image that a stage stands on.</summary>
/// <param name="Environment">NAME=value.</param>
/// <param name="HasShell">It sets a shell of its own.</param>
internal sealed record BaseImageFacts(IReadOnlyList<string> Environment, bool HasShell, ImagePlatform Platform);
