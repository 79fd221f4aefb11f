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
}
