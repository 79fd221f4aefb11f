using System.Text;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Linux;
using Containers.Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Building.Execution;

/// <summary>A source of a copy that was found.</summary>
/// <param name="Path">Where it really is in its tree, links resolved; empty for the root.</param>
/// <param name="Name">The last name as it was asked for, which is what it is called where it is copied to.</param>
internal sealed record FoundSource(string Path, string Name);

/// <summary>
/// A tree that is copied from: the build context, a named one, the root of a stage or of an image. Paths are resolved inside it by the kernel
/// (<see cref="RootedDirectory"/>): neither "..", nor a link, nor somebody who changes the tree meanwhile leads out of it.
/// </summary>
/// <param name="root">Disposed with this.</param>
/// <param name="filter">What of it is not seen; null for nothing.</param>
/// <param name="keepsOwners">Files keep their owners; those of a context belong to root.</param>
/// <param name="description">For messages: "the build context".</param>
internal sealed unsafe partial class SourceTree(RootedDirectory root, ITreeFilter? filter, bool keepsOwners, string description) : IDisposable
{
    private const string Deleted = " (deleted)";

    internal ITreeFilter? Filter { get; } = filter;

    internal bool KeepsOwners { get; } = keepsOwners;

    internal string Description { get; } = description;

    internal RootedDirectory Root { get; } = root;

    /// <summary>What a source means: one path, or all that match a pattern, sorted. A pattern may match nothing, as in buildkit; a path may not.</summary>
    /// <param name="parents">Of COPY --parents: only there "**" is any number of directories; elsewhere it is "*", as Go has it.</param>
    /// <exception cref="EngineException">CopySourceNotFound, CopySourceOutside, InvalidDockerfile.</exception>
    internal IReadOnlyList<FoundSource> Find(Word word, bool parents = false)
    {
        List<string> parts = Split(word, word.Text);
        int pivot = word.Text.IndexOf("/./", StringComparison.Ordinal);
        int kept = pivot < 0 ? 0 : Math.Min(Split(word, word.Text[..pivot]).Count, parts.Count);
        int wildcard = parts.FindIndex(PathPattern.IsWildcard);
        List<FoundSource> found = [];
        try
        {
            Expand("", parts, 0, parents ? kept : parts.Count, found);

            // The directory that is looked in is no pattern. With --parents that is the one before "/./", and the root where there is none.
            int required = parents ? Math.Min(kept, wildcard) : wildcard;
            if (found.Count == 0 && (wildcard < 0 || Locate(string.Join('/', parts.Take(required))) is null))
            {
                throw Missing(word, null);
            }
        }
        catch (FormatException e)
        {
            throw SourceText.Error(word.Range, "InvalidDockerfile", $"'{word.Text}' is no pattern: {e.Message}", inner: e);
        }
        catch (EngineException e) when (e.ErrorId == "InvalidIgnoreFile")
        {
            throw SourceText.Error(
                word.Range, "InvalidDockerfile", $"the pattern '{word.Text}' is too much work", "Use fewer wildcards.", EngineErrorKind.LimitsExceeded, e);
        }
        catch (LinuxException e) when (e.Errno is Errno.ELOOP or Errno.ENOTDIR or Errno.ENAMETOOLONG)
        {
            throw Missing(word, e);
        }

        return found;
    }

    /// <summary>The one thing that a source means.</summary>
    /// <exception cref="EngineException">As <see cref="Find"/>.</exception>
    internal FoundSource FindOne(Word word) => Find(word) is [var first, ..] ? first : throw Missing(word, null);

    /// <summary>Opens the directory that holds a source, and gives the source's name in it, for the kernel.</summary>
    internal SafeFileHandle OpenParent(FoundSource source, out byte[] name)
    {
        int slash = source.Path.LastIndexOf('/');
        name = source.Path.Length == 0 ? NativePath.From("."u8) : NativePath.From(source.Path[(slash + 1)..]);
        string parent = slash < 0 ? "." : source.Path[..slash];
        return Root.OpenFile(parent, Libc.O_RDONLY | Libc.O_DIRECTORY);
    }

    /// <summary>The same tree once more, for one who disposes it: the build's own contexts live longer than a step.</summary>
    internal SourceTree Borrow() => new(new RootedDirectory(new SafeFileHandle(Root.Handle.DangerousGetHandle(), ownsHandle: false)), Filter, KeepsOwners, Description);

    public void Dispose() => Root.Dispose();

    /// <summary>The names of a path, without "." and "..".</summary>
    private List<string> Split(Word word, string text)
    {
        List<string> parts = [];
        foreach (string part in text.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."))
        {
            if (part != "..")
            {
                parts.Add(part);
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else
            {
                throw SourceText.Error(
                    word.Range, "CopySourceOutside", $"'{word.Text}' is outside of {Description}", "Copy from what is in it.",
                    EngineErrorKind.InvalidArgument);
            }
        }

        return parts;
    }

    private FoundSource? Locate(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        SafeFileHandle? handle;
        try
        {
            handle = Root.TryOpenFile(path.Length == 0 ? "." : path, Libc.O_PATH);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOTDIR)
        {
            return null;
        }

        if (handle is null)
        {
            return null;
        }

        using (handle)
        {
            string real = RealPath(handle);
            bool isDirectory = TreeDirectory.IsDirectory(RootedDirectory.StatHandle(handle, path));
            return Sees(path, isDirectory) && Sees(real, isDirectory) ? new FoundSource(real, name) : null;
        }
    }

    private bool Sees(string path, bool isDirectory)
    {
        if (Filter is null || path.Length == 0)
        {
            return true;
        }

        return !Filter.IsExcluded(path, isDirectory) || (isDirectory && Filter.MayHoldIncluded(path));
    }

    /// <summary>Where an open file is below the root, as the kernel says it.</summary>
    private string RealPath(SafeFileHandle handle)
    {
        string all = ReadLink(handle);
        string above = ReadLink(Root.Handle).TrimEnd('/');
        if (!all.StartsWith(above, StringComparison.Ordinal) || all.EndsWith(Deleted, StringComparison.Ordinal))
        {
            throw Images.FileContent.Changed(Encoding.UTF8.GetBytes(all));
        }

        return all[above.Length..].Trim('/');
    }

    private static string ReadLink(SafeFileHandle handle)
    {
        byte* target = stackalloc byte[NativePath.MaxLength];
        string link = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{handle.DangerousGetHandle()}");
        fixed (byte* path = NativePath.From(link))
        {
            nint length = Libc.readlinkat(Libc.AT_FDCWD, path, target, NativePath.MaxLength);
            return length > 0
                ? NativePath.ToText(new ReadOnlySpan<byte>(target, (int)length))
                : throw new LinuxException("readlink", link, Errno.Last);
        }
    }

    private EngineException Missing(Word word, Exception? inner) => SourceText.Error(
        word.Range, "CopySourceNotFound",
        PathPattern.IsWildcard(word.Text) ? $"nothing in {Description} matches '{word.Text}'" : $"'{word.Text}' is not in {Description}",
        Filter is null ? "Check the path." : "Check the path, and the rules of .dockerignore.", EngineErrorKind.ObjectNotFound, inner);
}
