using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Copying;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>A cmdlet that takes paths of this host and of containers.</summary>
public abstract class ContainerFileCmdlet : ContainersCmdlet
{
    private const string FileSystem = "FileSystem";

    /// <summary>
    /// "web:/etc" is a container's, as docker has it; a path of PowerShell is the host's. What begins with "/", "." or "~" names no container. The
    /// name of a drive is a container's only where a container is called exactly so.
    /// </summary>
    /// <param name="container">Given by a parameter: then the whole text is the path.</param>
    /// <exception cref="EngineException">ContainerNotFound, ContainerPathEmpty, NotAFilePath.</exception>
    private protected FilePath ParsePath(string text, string? container)
    {
        if (container is not null)
        {
            return new FilePath(FilePlace.Container(container), InContainer(text, text));
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        bool named = colon > 0 && text[0] is not ('/' or '.' or '~' or '\\') && text.IndexOf('/', 0, colon) < 0
            && !text.AsSpan(colon).StartsWith("::", StringComparison.Ordinal);
        if (!named)
        {
            return OnHost(text);
        }

        string name = text[..colon];
        return IsContainer(name) ? new FilePath(FilePlace.Container(name), InContainer(text[(colon + 1)..], text)) : OnHost(text);
    }

    /// <summary>The paths that are meant: a pattern gives those that match, and none is no error.</summary>
    /// <param name="view">The open place of the path.</param>
    /// <param name="hidden">Whether * also matches names that begin with a dot.</param>
    private protected static IEnumerable<string> Expand(FileView view, string path, bool hidden)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(path))
        {
            yield return WildcardPattern.Unescape(path);
            yield break;
        }

        if (view.Find(path) is not null)
        {
            yield return path;
            yield break;
        }

        string end = path.EndsWith("/.", StringComparison.Ordinal) ? "/." : path.EndsWith('/') ? "/" : "";
        string[] parts = path[..^end.Length].Split('/', StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> found = ["/"];
        foreach (string part in parts)
        {
            found = WildcardPattern.ContainsWildcardCharacters(part)
                ? found.SelectMany(directory => Matching(view, directory, part, hidden)).ToList()
                : found.Select(directory => Join(directory, WildcardPattern.Unescape(part))).ToList();
        }

        foreach (string one in found)
        {
            // A literal part behind a pattern is there or not.
            if (view.Find(one) is not null)
            {
                yield return one + end;
            }
        }
    }

    /// <summary>Whether a container has the name; where a drive has it too, the container must be called exactly that.</summary>
    private bool IsContainer(string name)
    {
        bool drive = SessionState.Drive.GetAll().Any(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (!drive)
        {
            return true;
        }

        return TryFind(name, out Container? container) && container.Name == name;
    }

    private bool TryFind(string name, [NotNullWhen(true)] out Container? container)
    {
        try
        {
            container = Engine.Get(name);
            return true;
        }
        catch (EngineException e) when (e.ErrorId is ErrorIds.ContainerNotFound or "AmbiguousContainerId")
        {
            container = null;
            return false;
        }
    }

    private FilePath OnHost(string text)
    {
        // The end of the path means something to the engine, and PowerShell would take it away.
        string end = text.EndsWith("/.", StringComparison.Ordinal) ? "/." : text.Length > 1 && text.EndsWith('/') ? "/" : "";
        string start = text[..^end.Length];
        string resolved = SessionState.Path.GetUnresolvedProviderPathFromPSPath(
            start.Length == 0 ? "/" : start, out ProviderInfo provider, out _);
        if (provider.ImplementingType == typeof(ContainerDriveProvider))
        {
            return OnDrive(text, resolved + end);
        }

        return provider.Name == FileSystem
            ? new FilePath(FilePlace.Host, resolved == "/" ? "/" + end.TrimStart('/') : resolved + end)
            : throw new EngineException(
                EngineErrorKind.InvalidArgument, "NotAFilePath", $"\"{text}\" is no path of the file system.", text,
                "Give the path of a file or directory, or NAME:/PATH for one in a container.");
    }

    private static FilePath OnDrive(string text, string path)
    {
        DrivePath at = DrivePath.Parse(path);
        string end = path.EndsWith("/.", StringComparison.Ordinal) ? "" : path.EndsWith('/') && at.Path.Length > 1 ? "/" : "";
        return at.Place is { } place
            ? new FilePath(place, at.Path + end)
            : throw new EngineException(
                EngineErrorKind.InvalidArgument, "NotAFilePath", $"\"{text}\" is no file or directory of a container or image.", text,
                "Give a path below fs or a layer, such as Container:/containers/NAME/fs/etc.");
    }

    /// <summary>Relative paths begin at the root, as with docker.</summary>
    private static string InContainer(string path, string text) => path.Length == 0
        ? throw new EngineException(
            EngineErrorKind.InvalidArgument, "ContainerPathEmpty", $"\"{text}\" names no path in the container.", text,
            "Give one, such as NAME:/etc/hosts.")
        : path.StartsWith('/') ? path : "/" + path;

    private static IEnumerable<string> Matching(FileView view, string directory, string pattern, bool hidden)
    {
        if (view.Find(directory, followLast: true) is not { IsDirectory: true })
        {
            return [];
        }

        WildcardPattern wildcard = WildcardPattern.Get(pattern, WildcardOptions.CultureInvariant);
        bool dots = hidden || pattern.StartsWith('.');
        return view.List(directory).Where(file => (dots || !file.Name.StartsWith('.')) && wildcard.IsMatch(file.Name)).Select(file => file.ContainerPath);
    }

    private static string Join(string directory, string name) => directory.EndsWith('/') ? directory + name : directory + "/" + name;
}
