using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>Files that the user names, relative to PowerShell's location and not to the process's.</summary>
public abstract partial class ContainersCmdlet
{
    /// <summary>The path as the operating system knows it; wildcards are ordinary characters.</summary>
    private protected string ResolvePath(string path)
    {
        string resolved = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
        return provider.Name == "FileSystem"
            ? resolved
            : throw new EngineException(
                EngineErrorKind.InvalidArgument, "NotAFilePath", $"\"{path}\" is no path of the file system.", path,
                "Give the path of a file or directory.");
    }

    private protected string ReadUserFile(string path) => WithUserFile(path, File.ReadAllText);

    /// <summary>Opens or reads a file of the user's; what goes wrong is told with its path.</summary>
    private protected T WithUserFile<T>(string path, Func<string, T> open)
    {
        string resolved = ResolvePath(path);
        try
        {
            return open(resolved);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new EngineException(
                EngineErrorKind.ObjectNotFound, "FileNotFound", $"There is no file \"{resolved}\".", resolved, "Check the path.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            string message = Directory.Exists(resolved) ? $"\"{resolved}\" is a directory." : $"The file \"{resolved}\" may not be read.";
            throw new EngineException(
                EngineErrorKind.PermissionDenied, "FileDenied", message, resolved, "Give a file that this user may read.", e);
        }
        catch (IOException e)
        {
            throw new EngineException(
                EngineErrorKind.ReadError, "FileUnreadable", $"The file \"{resolved}\" cannot be read: {e.Message}", resolved, null, e);
        }
    }

    /// <summary>Replaces a small file of the user's as a whole.</summary>
    private protected void WriteUserFile(string path, string text)
    {
        string resolved = ResolvePath(path);
        try
        {
            File.WriteAllText(resolved, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritten(resolved, e);
        }
    }

    private protected string? ResolveOptional(string? path) => path is null ? null : ResolvePath(path);

    /// <summary>The path that a cmdlet is about to make; one that exists needs -Force.</summary>
    /// <exception cref="EngineException">FileExists; NotAFilePath for devices, which a new file would take the place of.</exception>
    private protected string ResolveNewPath(string path, bool force)
    {
        string resolved = ResolvePath(path);
        if (resolved.StartsWith("/dev/", StringComparison.Ordinal) && !resolved.StartsWith("/dev/shm/", StringComparison.Ordinal))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "NotAFilePath", $"\"{resolved}\" is no place for a file.", resolved,
                "Give the path of a file, or use -AsByteStream.");
        }

        bool empty = Directory.Exists(resolved) && !Directory.EnumerateFileSystemEntries(resolved).Any();
        return force || empty || !Path.Exists(resolved) ? resolved : throw FileExists(resolved);
    }

    private protected static EngineException FileExists(string path) => new(
        EngineErrorKind.ResourceExists, ErrorIds.FileExists, $"\"{path}\" exists.", path, "Choose another path, or use -Force to replace it.");

    private protected static EngineException NotWritten(string path, Exception e) => new(
        EngineErrorKind.WriteError, "FileNotWritten", $"The file \"{path}\" cannot be written: {e.Message}", path,
        "Choose another path, or make room.", e);

    /// <summary>A file or directory that was made, as Get-Item shows it.</summary>
    private protected void WriteItem(string path) =>
        WriteObject(InvokeProvider.Item.Get([path], force: true, literalPath: true), enumerateCollection: true);
}
