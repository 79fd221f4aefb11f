using Containers.Engine.Linux;

namespace Containers.Engine.Copying;

/// <summary>
/// One source to one destination, by docker cp's rules: a file takes the destination's name or goes into the directory that is there; a directory
/// becomes the destination, goes into it when it is there, or with "/." at its end gives its content to it.
/// </summary>
/// <remarks>https://docs.docker.com/reference/cli/docker/container/cp/</remarks>
internal sealed class FileTransfer(FileView from, FileView to, FileCopyOptions options, CancellationToken cancel)
{
    /// <returns>The path that was made or filled; null when nothing came of it, and why was told.</returns>
    internal string? Run(string source, string destination)
    {
        bool content = IsContent(source);
        bool slash = source.EndsWith('/');
        using ResolvedFile file = from.Resolve(FileNameText.ToBytes(source), options.FollowLink || content || slash);
        if (file.Node is null)
        {
            throw CopyErrors.Source(from, source, file.Error);
        }

        if ((slash || content) && !file.IsDirectory)
        {
            throw CopyErrors.TrailingSlash(from, source);
        }

        // With others it is left out and counted; who asks for it alone would find nothing and not know why.
        if (FileTreeCopier.IsSpecial(file.Status) && (!options.Archive || (file.Status.stx_mode & Libc.S_IFMT) == Libc.S_IFSOCK))
        {
            throw CopyErrors.SpecialSource(from, source, file.Status);
        }

        using ResolvedFile target = to.Resolve(FileNameText.ToBytes(destination), followLast: true);
        if (target.Node is null && target.Parent is null)
        {
            throw target.Error == Errno.ENOENT ? CopyErrors.NoParent(to, destination) : CopyErrors.Source(to, destination, target.Error);
        }

        using FileTreeCopier copier = new(from, to, options, cancel);
        string result = file.IsDirectory
            ? CopyDirectory(copier, source, file, content, destination, target)
            : CopyFile(copier, source, file, destination, target);
        copier.Report();
        return copier.IsMade ? result : null;
    }

    /// <summary>Whether a path means what is in a directory, and not the directory.</summary>
    private static bool IsContent(string path) =>
        path is "." or ".." || path.EndsWith("/.", StringComparison.Ordinal) || path.EndsWith("/..", StringComparison.Ordinal) || path.All(c => c == '/');

    private string CopyFile(FileTreeCopier copier, string source, ResolvedFile file, string destination, ResolvedFile target)
    {
        if (target.IsDirectory)
        {
            string path = FileView.Join(destination, FileNameText.From(SourceName(source)));
            copier.CopyInto(file.Node!, file.Status, source, target.Node!, NativePath.From(SourceName(source)), path);
            return path;
        }

        if (destination.EndsWith('/'))
        {
            throw target.Node is null ? CopyErrors.NoParent(to, destination) : CopyErrors.TrailingSlash(to, destination);
        }

        copier.CopyInto(file.Node!, file.Status, source, target.Parent!, target.Name, destination);
        return destination;
    }

    private static string CopyDirectory(
        FileTreeCopier copier, string source, ResolvedFile file, bool content, string destination, ResolvedFile target)
    {
        if (target.IsDirectory && content)
        {
            copier.CopyContent(file.Node!, file.Status, source, target.Node!, destination);
            return destination;
        }

        if (target.IsDirectory)
        {
            string path = FileView.Join(destination, FileNameText.From(SourceName(source)));
            copier.CopyInto(file.Node!, file.Status, source, target.Node!, NativePath.From(SourceName(source)), path);
            return path;
        }

        copier.CopyInto(file.Node!, file.Status, source, target.Parent!, target.Name, destination.TrimEnd('/'));
        return destination;
    }

    /// <summary>As the user named it, also where a link was followed.</summary>
    private static byte[] SourceName(string source)
    {
        string trimmed = source.TrimEnd('/');
        return FileNameText.ToBytes(trimmed[(trimmed.LastIndexOf('/') + 1)..]);
    }
}
