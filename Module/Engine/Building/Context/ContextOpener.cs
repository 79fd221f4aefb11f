using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Context;

/// <summary>Opens what a build is given as its context: a directory, the address of an archive or of a Dockerfile, a git repository.</summary>
/// <param name="folder">Makes a place for what is fetched; the context removes it.</param>
internal sealed class ContextOpener(Func<ContextFolder> folder)
{
    internal ImportLimits Limits { get; init; } = TarContext.DefaultLimits;

    /// <param name="source">A directory or an archive of the host, or an address.</param>
    /// <exception cref="EngineException">BuildContextNotFound, InvalidAddress, and what downloads, git and archives fail with.</exception>
    internal BuildContext Open(string source, CancellationToken cancel)
    {
        if (GitReference.TryParse(source, out GitReference? reference, out string? fault))
        {
            return fault is null ? OpenGit(reference, null, reference.KeepGitDirectory ?? false, cancel) : throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidAddress", $"'{RemoteSource.Shown(source)}' is no repository: {fault}.", RemoteSource.Shown(source),
                "Write it as https://host/path.git#branch:directory.");
        }

        return RemoteSource.IsWeb(source) ? OpenWeb(source, cancel)
            : File.Exists(source) ? OpenFile(source, cancel)
            : BuildContext.OpenDirectory(source);
    }

    /// <summary>An archive that comes down the pipeline.</summary>
    internal BuildContext OpenArchive(Stream stream, string description, CancellationToken cancel) =>
        TarContext.Open(stream, description, folder(), Limits, cancel);

    /// <summary>A repository at a commit.</summary>
    /// <param name="checksum">The commit that it must be; null for any.</param>
    internal BuildContext OpenGit(GitReference reference, string? checksum, bool keepGitDirectory, CancellationToken cancel)
    {
        ContextFolder place = folder();
        try
        {
            GitCheckout checkout = GitCheckout.Fetch(reference, checksum, keepGitDirectory, place.MakeDirectory(), cancel);
            using RootedDirectory all = RootedDirectory.Open(checkout.Path);

            // Inside of the checkout, whatever links the repository has on the way (CVE-2026-33748).
            RootedDirectory root = new(all.OpenFile(reference.Directory.Length == 0 ? "." : reference.Directory, Libc.O_PATH | Libc.O_DIRECTORY));
            return new BuildContext(root, reference.Shown, place) { Identity = checkout.Commit };
        }
        catch (Exception e)
        {
            place.Dispose();
            if (e is LinuxException { Errno: Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP } missing)
            {
                throw new EngineException(
                    EngineErrorKind.ObjectNotFound, "BuildContextNotFound", $"There is no directory '{reference.Directory}' in '{reference.Shown}'.",
                    reference.Directory, "Check the part after the colon.", missing);
            }

            throw;
        }
    }

    /// <summary>An archive of the user's.</summary>
    private BuildContext OpenFile(string path, CancellationToken cancel)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return OpenArchive(stream, path, cancel);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException)
        {
            throw new EngineException(
                EngineErrorKind.PermissionDenied, "BuildContextNotFound", $"The build context '{path}' cannot be opened: {e.Message}", path,
                "Check its rights.", e);
        }
    }

    private BuildContext OpenWeb(string address, CancellationToken cancel)
    {
        ContextFolder place = folder();
        WebFile file;
        FileStream stream;
        try
        {
            file = WebFile.Download(address, place.Path, new DownloadOptions { Maximum = Limits.MaxBytes }, cancel);
            stream = File.OpenRead(file.Path);
        }
        catch
        {
            place.Dispose();
            throw;
        }

        using (stream)
        {
            return TarContext.Open(stream, RemoteSource.Shown(address), place, Limits, cancel, file.Digest.ToString());
        }
    }
}
