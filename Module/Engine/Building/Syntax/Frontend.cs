using Containers.Engine.Images;

namespace Containers.Engine.Building.Syntax;

/// <summary>
/// "# syntax=" names an image that would read the Dockerfile in docker's place. Here none is ever run: docker's own are this very language,
/// and others are refused (CVE-2026-33747).
/// </summary>
internal static class Frontend
{
    private static readonly string[] s_known = ["docker.io/docker/dockerfile", "docker.io/docker/dockerfile-upstream", "docker.io/docker/dockerfile-experimental"];

    /// <exception cref="EngineException">DockerfileFrontendRefused.</exception>
    internal static void Check(Word syntax)
    {
        if (!IsKnown(syntax.Text))
        {
            throw SourceText.Error(
                syntax.Range, "DockerfileFrontendRefused", $"the frontend '{syntax.Text}' is refused: images are not run to read Dockerfiles",
                "Remove the syntax line, or write docker/dockerfile:1.", EngineErrorKind.NotImplemented);
        }
    }

    /// <summary>The same for the build argument that stands for the line.</summary>
    /// <exception cref="EngineException">DockerfileFrontendRefused.</exception>
    internal static void CheckArgument(IReadOnlyDictionary<string, string> given)
    {
        if (given.TryGetValue("BUILDKIT_SYNTAX", out string? syntax) && syntax.Length > 0 && !IsKnown(syntax))
        {
            throw new EngineException(
                EngineErrorKind.NotImplemented, "DockerfileFrontendRefused",
                $"The frontend '{syntax}' is refused: images are not run to read Dockerfiles.", syntax, "Remove BUILDKIT_SYNTAX from the build arguments.");
        }
    }

    private static bool IsKnown(string name) =>
        ImageReference.TryParse(name, out ImageReference? image) && s_known.Contains(image.Domain + "/" + image.Repository);
}
