using Containers.Engine.Building.Context;
using Containers.Engine.Building.Graph;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Execution;

/// <summary>A build from its request to its image.</summary>
internal sealed class Builder(BuildServices services, BuildRequest request)
{
    private const string DefaultFile = "Dockerfile";

    internal ContainerImage? Run(CancellationToken cancel)
    {
        Frontend.CheckArgument(request.Arguments);
        using BuildInput input = Read();
        Dockerfile file = input.File;
        ImagePlatform target = request.Platform ?? ImagePlatform.Current;
        GlobalVariables globals = new(
            request.Arguments, Convert(ImagePlatform.Current), Convert(target), BuildGraph.FindTarget(file, request.Target).Alias ?? "default");
        foreach (ArgInstruction argument in file.GlobalArgs)
        {
            globals.Declare(argument, file.Directives.Escape);
        }

        BuildGraph graph = BuildGraph.Create(file, globals, request.Target);
        BuildPreflight.Run(request, input, graph, services.Facts);
        using BuildSession session = new(services, request, input, graph, globals);
        StageState result = session.Run(cancel);
        if (request.DryRun)
        {
            return null;
        }

        ContainerImage? image = new BuildResult(session, result, request).Make(cancel);
        session.ExportCache(cancel);
        return image;
    }

    private static BuildPlatform Convert(ImagePlatform platform) => new(platform.Os, platform.Architecture, platform.Variant ?? "");

    private BuildInput Read()
    {
        RootedDirectory? root = null;
        try
        {
            root = request.Directory is { } directory ? Open(directory) : null;
            SourceText text = request.Text is { } given ? SourceText.FromBytes(DefaultFile, given.Span)
                : request.File is { } path ? SourceText.FromBytes(path, ReadFile(path))
                : FromContext(root);
            Dockerfile file = DockerfileParser.Parse(text);
            StageReferences.Check(file);
            return new BuildInput
            {
                File = file,
                Context = root is null ? null : new SourceTree(root, Ignored(root), keepsOwners: false, "the build context"),
            };
        }
        catch
        {
            root?.Dispose();
            throw;
        }
    }

    /// <summary>What of the context is not there for the build; null for nothing.</summary>
    private IgnoreFile? Ignored(RootedDirectory root) =>
        (request.File is { } path ? IgnoreFile.FindBeside(path) : null) ?? IgnoreFile.Find(root, DefaultFile);

    private static RootedDirectory Open(string directory)
    {
        try
        {
            return RootedDirectory.Open(directory);
        }
        catch (LinuxException e)
        {
            throw new EngineException(
                e.Errno is Errno.EACCES or Errno.EPERM ? EngineErrorKind.PermissionDenied : EngineErrorKind.ObjectNotFound, "BuildContextNotFound",
                $"The build context '{directory}' cannot be opened: {Errno.Describe(e.Errno)}.", directory, "Give a directory that is there.", e);
        }
    }

    private SourceText FromContext(RootedDirectory? root)
    {
        try
        {
            if (root?.ReadSmallFile(DefaultFile, SourceText.MaxBytes, followLast: true) is { } bytes)
            {
                return SourceText.FromBytes(DefaultFile, bytes);
            }
        }
        catch (LinuxException e)
        {
            throw Unreadable(DefaultFile, e);
        }

        throw new EngineException(
            EngineErrorKind.ObjectNotFound, "DockerfileNotFound", $"There is no Dockerfile in '{request.Directory}'.", request.Directory,
            "Write one, or name another file with -File.");
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            return SmallFile.Read(path, SourceText.MaxBytes) ?? throw new EngineException(
                EngineErrorKind.ObjectNotFound, "DockerfileNotFound", $"There is no file '{path}'.", path, "Check the path.");
        }
        catch (LinuxException e)
        {
            throw Unreadable(path, e);
        }
    }

    private static EngineException Unreadable(string path, LinuxException e) => e.Errno == Errno.EFBIG
        ? SourceText.TooLarge(path)
        : new EngineException(
            EngineErrorKind.ReadError, "DockerfileUnreadable", $"'{path}' cannot be read: {Errno.Describe(e.Errno)}.", path, "Give a regular file.", e);
}
