using Containers.Engine.Building.Syntax;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Context;

/// <summary>
/// The files of a build: one directory, opened once. Every path in it is resolved by the kernel inside of it, so that no "..", no link and nobody
/// who changes it meanwhile leads to other files of the host (CVE-2022-4122).
/// </summary>
/// <param name="root">Disposed with this.</param>
/// <param name="description">For messages: a path or an address.</param>
/// <param name="folder">Where it was fetched to; null for a directory of the user's.</param>
internal sealed class BuildContext(RootedDirectory root, string description, ContextFolder? folder) : IDisposable
{
    internal const string DefaultFile = "Dockerfile";

    internal RootedDirectory Root { get; } = root;

    internal string Description { get; } = description;

    /// <summary>The only Dockerfile of something that is no tree: a single file was fetched.</summary>
    internal SourceText? OnlyFile { get; init; }

    /// <summary>What the context is, where its address alone does not say it: the digest of what was downloaded, or a commit.</summary>
    internal string? Identity { get; init; }

    /// <summary>A directory of the user's.</summary>
    /// <exception cref="EngineException">BuildContextNotFound.</exception>
    internal static BuildContext OpenDirectory(string path)
    {
        try
        {
            return new BuildContext(RootedDirectory.Open(path), path, null);
        }
        catch (LinuxException e)
        {
            throw new EngineException(
                e.Errno is Errno.EACCES or Errno.EPERM ? EngineErrorKind.PermissionDenied : EngineErrorKind.ObjectNotFound, "BuildContextNotFound",
                $"The build context '{path}' cannot be opened: {Errno.Describe(e.Errno)}.", path, "Give a directory that is there.", e);
        }
    }

    /// <summary>The Dockerfile in it.</summary>
    /// <param name="path">In the context; null for "Dockerfile", or "dockerfile" where only that is there.</param>
    /// <exception cref="EngineException">DockerfileNotFound, DockerfileUnreadable, DockerfileTooLarge.</exception>
    internal SourceText ReadDockerfile(string? path)
    {
        if (OnlyFile is not null && path is null)
        {
            return OnlyFile;
        }

        foreach (string name in path is null ? (string[])[DefaultFile, "dockerfile"] : [path])
        {
            try
            {
                if (Root.ReadSmallFile(name, SourceText.MaxBytes, followLast: true) is { } bytes)
                {
                    return SourceText.FromBytes(name, bytes);
                }
            }
            catch (LinuxException e)
            {
                throw e.Errno == Errno.EFBIG ? SourceText.TooLarge(name) : new EngineException(
                    EngineErrorKind.ReadError, "DockerfileUnreadable", $"'{name}' in '{Description}' cannot be read: {Errno.Describe(e.Errno)}.", name,
                    "It has to be a regular file, or a link to one in the context.", e);
            }
        }

        throw new EngineException(
            EngineErrorKind.ObjectNotFound, "DockerfileNotFound", $"There is no {path ?? DefaultFile} in '{Description}'.", path ?? DefaultFile,
            "Write one, or name another file with -File.");
    }

    /// <summary>What of it is not there for the build; null for nothing.</summary>
    /// <exception cref="EngineException">InvalidIgnoreFile.</exception>
    internal IgnoreFile? ReadIgnoreFile(string? dockerfile) => OnlyFile is not null ? null : IgnoreFile.Find(Root, dockerfile ?? DefaultFile);

    public void Dispose()
    {
        Root.Dispose();
        folder?.Dispose();
    }
}
