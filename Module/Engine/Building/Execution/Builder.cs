using Containers.Engine.Building.Context;
using Containers.Engine.Building.Graph;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Execution;

/// <summary>A build from its request to its image.</summary>
internal sealed class Builder(BuildServices services, BuildRequest given)
{
    internal ContainerImage? Run(CancellationToken cancel)
    {
        Frontend.CheckArgument(given.Arguments);
        using BuildPlace place = new(services);
        ContextOpener opener = new(() => new ContextFolder(place.Scratch.Directory));
        using BuildInput input = Read(opener, cancel);
        Dockerfile file = input.File;
        BuildRequest request = WithTime(file);
        ImagePlatform target = request.Platform ?? ImagePlatform.Current;
        GlobalVariables globals = Globals(request, file, target);
        BuildGraph graph = BuildGraph.Create(file, globals, request.Target, name => input.FindNamed(name) is not null);
        new BuildPreflight(request, input, graph, Globals(request, file, target), services.Facts).Run();
        using BuildSession session = new(services, request, input, graph, globals, place, opener);
        StageState result;
        try
        {
            result = session.Run(cancel);
        }
        finally
        {
            // Also where it failed: a misspelt name may well be the reason.
            if (!request.DryRun)
            {
                UnusedArguments.Warn(request, file, session.TriggerArguments);
            }
        }

        if (request.DryRun)
        {
            return null;
        }

        ContainerImage? image = new BuildResult(session, result, request).Make(cancel);
        session.ExportCache(cancel);
        return image;
    }

    /// <summary>The time of the build as parameter and as argument: whichever says it, both have it. The parameter wins.</summary>
    private BuildRequest WithTime(Dockerfile file)
    {
        DateTimeOffset? time = given.SourceDateEpoch ?? SourceDateEpoch.Find(Globals(given, file, given.Platform ?? ImagePlatform.Current), file);
        Dictionary<string, string> arguments = new(given.Arguments, StringComparer.Ordinal);
        if (time is not null)
        {
            arguments[SourceDateEpoch.Name] = SourceDateEpoch.Text(time.Value);
        }
        else if (arguments.ContainsKey(SourceDateEpoch.Name))
        {
            arguments[SourceDateEpoch.Name] = "";
        }

        return given with { SourceDateEpoch = time, Arguments = arguments };
    }

    private static GlobalVariables Globals(BuildRequest request, Dockerfile file, ImagePlatform target)
    {
        GlobalVariables globals = new(
            request.Arguments, Convert(ImagePlatform.Current), Convert(target), BuildGraph.FindTarget(file, request.Target).Alias ?? "default");
        foreach (ArgInstruction argument in file.GlobalArgs)
        {
            globals.Declare(argument, file.Directives.Escape);
        }

        return globals;
    }

    private static BuildPlatform Convert(ImagePlatform platform) => new(platform.Os, platform.Architecture, platform.Variant ?? "");

    private BuildInput Read(ContextOpener opener, CancellationToken cancel)
    {
        List<IDisposable> opened = [];
        try
        {
            BuildContext? context = given.Archive is { } archive ? opener.OpenArchive(archive, "the archive", cancel)
                : given.Context is { } source ? opener.Open(source, cancel)
                : null;
            if (context is not null)
            {
                opened.Add(context);
            }

            SourceText text = given.Text is { } lines ? SourceText.FromBytes(BuildContext.DefaultFile, lines.Span)
                : given.File is { } path ? SourceText.FromBytes(path, ReadFile(path))
                : context?.ReadDockerfile(given.FileInContext) ?? throw new EngineException(
                    EngineErrorKind.ObjectNotFound, "DockerfileNotFound", "There is neither a context nor a Dockerfile.", null, "Give a directory with -Path.");
            Dockerfile file = DockerfileParser.Parse(text);
            StageReferences.Check(file);
            BuildInput input = new()
            {
                File = file,
                Context = context is null or { OnlyFile: not null } ? null
                    : new SourceTree(context.Root, Ignored(context), keepsOwners: false, "the build context"),
                Named = OpenNamed(opener, opened, cancel),
            };
            opened.ForEach(input.Hold);
            return input;
        }
        catch
        {
            opened.ForEach(one => one.Dispose());
            throw;
        }
    }

    private Dictionary<string, NamedContext> OpenNamed(ContextOpener opener, List<IDisposable> opened, CancellationToken cancel)
    {
        Dictionary<string, NamedContext> named = new(StringComparer.Ordinal);
        foreach ((string name, string source) in given.Contexts)
        {
            if (source.StartsWith(NamedContext.ImagePrefix, StringComparison.Ordinal))
            {
                named[NamedContext.KeyOf(name)] = new NamedContext(null, source[NamedContext.ImagePrefix.Length..]);
                continue;
            }

            BuildContext context = opener.Open(source, cancel);
            opened.Add(context);
            named[NamedContext.KeyOf(name)] = new NamedContext(
                new SourceTree(context.Root, context.ReadIgnoreFile(null), keepsOwners: false, $"the context '{name}'"), null);
        }

        return named;
    }

    /// <summary>What of the context is not there for the build; null for nothing.</summary>
    private IgnoreFile? Ignored(BuildContext context) =>
        (given.File is { } path ? IgnoreFile.FindBeside(path) : null) ?? context.ReadIgnoreFile(given.FileInContext);

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
