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
internal sealed unsafe class SourceTree(RootedDirectory root, ITreeFilter? filter, bool keepsOwners, string description) : IDisposable
{
    private const string Deleted = " (deleted)";

    internal ITreeFilter? Filter { get; } = filter;

    internal bool KeepsOwners { get; } = keepsOwners;

    internal string Description { get; } = description;

    internal RootedDirectory Root { get; } = root;

    /// <summary>What a source means: one path, or all that match a pattern, sorted.</summary>
    /// <exception cref="EngineException">CopySourceNotFound, CopySourceOutside, InvalidDockerfile.</exception>
    internal IReadOnlyList<FoundSource> Find(Word word)
    {
        List<string> parts = [];
        foreach (string part in word.Text.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."))
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

        List<FoundSource> found = [];
        try
        {
            Expand("", parts, 0, found);
        }
        catch (FormatException e)
        {
            throw SourceText.Error(word.Range, "InvalidDockerfile", $"'{word.Text}' is no pattern: {e.Message}", inner: e);
        }
        catch (LinuxException e) when (e.Errno is Errno.ELOOP or Errno.ENOTDIR or Errno.ENAMETOOLONG)
        {
            throw Missing(word, e);
        }

        return found.Count > 0 ? found : throw Missing(word, null);
    }

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

    private void Expand(string path, List<string> parts, int next, List<FoundSource> found)
    {
        if (next == parts.Count)
        {
            if (Locate(path) is { } source)
            {
                found.Add(source);
            }

            return;
        }

        string part = parts[next];
        if (!PathPattern.HasMeta(part))
        {
            Expand(Join(path, part), parts, next + 1, found);
            return;
        }

        foreach (string name in Names(path))
        {
            if (PathPattern.Match(part, name))
            {
                Expand(Join(path, name), parts, next + 1, found);
            }
        }
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : path + "/" + name;

    private IEnumerable<string> Names(string path)
    {
        SafeFileHandle? directory;
        try
        {
            directory = Root.TryOpenFile(path.Length == 0 ? "." : path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOTDIR)
        {
            return [];
        }

        if (directory is null)
        {
            return [];
        }

        using (directory)
        {
            return [.. TreeDirectory.Names((int)directory.DangerousGetHandle(), Encoding.UTF8.GetBytes(path))
                .Select(name => NativePath.ToText(name.AsSpan(0, name.Length - 1)))];
        }
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
        PathPattern.HasMeta(word.Text) ? $"nothing in {Description} matches '{word.Text}'" : $"'{word.Text}' is not in {Description}",
        Filter is null ? "Check the path." : "Check the path, and the rules of .dockerignore.", EngineErrorKind.ObjectNotFound, inner);
}
