using Containers.Engine;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>Loading images with their names. An archive is somebody else's: it moves no name of this host without being allowed to (S24).</summary>
public sealed partial class ImportContainerImageCommand
{
    /// <summary>An image that is loaded brings its own configuration; an answer that ignored -Command would be wrong without a word.</summary>
    private static readonly string[] s_ofRoots =
    [
        nameof(Change), nameof(Command), nameof(Entrypoint), nameof(Environment), nameof(User), nameof(WorkingDirectory), nameof(Label),
        nameof(Message), nameof(Author), nameof(StopSignal),
    ];

    private bool _yesToAll;

    private bool _noToAll;

    private IReadOnlyList<ContainerImage> Load(string name, Func<LoadOptions, IReadOnlyList<ContainerImage>> load)
    {
        if (s_ofRoots.FirstOrDefault(MyInvocation.BoundParameters.ContainsKey) is { } extra)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, ErrorIds.ParameterNeedsRootFileSystem, $"-{extra} is for an archive of a root file system.", extra,
                "Use it with -AsRootFileSystem, or leave it out.");
        }

        LoadOptions options = new()
        {
            Platform = ParsePlatform(Platform),
            References = [.. Reference.Select(ImageReference.Parse)],
            MayMove = MayMove,
            Warning = WriteWarning,
        };
        return RunTransfer($"Importing {name}", progress => load(options with { Progress = progress }));
    }

    /// <summary>Where nobody can be asked, the name stays, and that is an error; the image is there without it.</summary>
    private bool MayMove(ImageReference reference)
    {
        // Who names the image in the command has said what that name is to mean.
        if (Force || Reference.Length > 0)
        {
            return true;
        }

        try
        {
            return ShouldContinue(
                $"Another image has the name \"{reference}\". Move it to the image from the archive?", "Move a name", ref _yesToAll, ref _noToAll);
        }
        catch (Exception e) when (IsNobodyThere(e))
        {
            WriteError(ErrorRecords.From(new EngineException(
                EngineErrorKind.ResourceExists, ErrorIds.ImageTagExists,
                $"Another image has the name \"{reference}\"; it keeps it, and the image from the archive is loaded without.", reference.ToString(),
                "Use -Force to move the name, or give the image one with -Reference.", e)));
            return false;
        }
    }
}
