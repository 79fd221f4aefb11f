using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Images;
using Containers.Engine.Lifecycle;
using Containers.Engine.Storage;

namespace Containers.Cmdlets;

/// <summary>Makes images of containers with what they changed: docker commit.</summary>
/// <remarks>
/// No set of parameters is the default one: the binder would turn a change into the text "A /path" for the -Name of that set before it looked at
/// the others.
/// </remarks>
[Cmdlet(VerbsData.ConvertTo, "ContainerImage", SupportsShouldProcess = true)]
[Alias("Commit-Container")]
[OutputType(typeof(ContainerImage))]
public sealed class ConvertToContainerImageCommand : ContainersCmdlet
{
    private const string ChangeSet = "Change";

    private readonly List<ContainerChange> _changes = [];

    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>Name, id or beginning of an id; wildcards match names.</summary>
    [Parameter(
        ParameterSetName = ContainerTargetCmdlet.NameSet, Mandatory = true, Position = 0,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>A container from Get-Container.</summary>
    [Parameter(ParameterSetName = ContainerTargetCmdlet.ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [Alias("Container")]
    public Container[] InputObject { get; set; } = [];

    /// <summary>Changes from Get-ContainerChange: only these, and what is below them, come into the image.</summary>
    [Parameter(ParameterSetName = ChangeSet, Mandatory = true, ValueFromPipeline = true)]
    public ContainerChange[] ContainerChange { get; set; } = [];

    /// <summary>Names of the image, name[:tag]; for several containers a script block, { "$($_.Name):saved" }.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Tag", "Repository")]
    [ValidateNotNullOrEmpty]
    public string[] Reference { get; set; } = [];

    /// <summary>A comment for the image's history.</summary>
    [Parameter]
    [Alias("Comment")]
    public string? Message { get; set; }

    /// <summary>Who made it.</summary>
    [Parameter]
    public string? Author { get; set; }

    /// <summary>Dockerfile instructions: CMD, ENTRYPOINT, ENV, EXPOSE, …</summary>
    [Parameter, ArgumentCompleter(typeof(InstructionCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Change { get; set; } = [];

    /// <summary>Suspends a running container meanwhile.</summary>
    [Parameter]
    public SwitchParameter Pause { get; set; } = true;

    /// <summary>Leaves a running container running meanwhile: -Pause:$false.</summary>
    [Parameter]
    public SwitchParameter NoPause { get; set; }

    protected override void ProcessRecord()
    {
        if (ParameterSetName == ChangeSet)
        {
            _changes.AddRange(ContainerChange);
            return;
        }

        foreach (ContainerTarget target in FindTargets(Name, InputObject))
        {
            Commit(target, null);
        }
    }

    protected override void EndProcessing()
    {
        foreach (IGrouping<string?, ContainerChange> group in _changes.GroupBy(change => change.Container))
        {
            if (TryRun(_ => ContainerOf(group), out string? container))
            {
                Commit(new ContainerTarget(container, container), [.. group.Select(change => change.Path).Distinct(StringComparer.Ordinal)]);
            }
        }
    }

    private static string ContainerOf(IGrouping<string?, ContainerChange> changes) => changes.Key ?? throw new EngineException(
        EngineErrorKind.InvalidArgument, "ChangeOfNoContainer", "A difference between two images belongs to no container.", changes.First(),
        "Use changes from Get-ContainerChange.");

    private void Commit(ContainerTarget target, IReadOnlyList<string>? paths)
    {
        string subject = Reference.Length == 0 ? "an image" : $"image \"{string.Join("\", \"", Reference)}\"";
        string part = paths is null ? "" : $" with {paths.Count} of its changes";
        if (TryRun(_ => RefuseSecond(target))
            && ShouldDo($"Create {subject} from container \"{target.Name}\"{part}")
            && TryRun(stop => Commit(target, paths, stop), out ContainerImage? image))
        {
            WriteObject(image);
        }
    }

    /// <summary>Two containers under one name would leave the name with the second and the first with none.</summary>
    private void RefuseSecond(ContainerTarget target)
    {
        if (Reference.FirstOrDefault(reference => !_used.Add(reference)) is { } twice)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "ReferenceUsedTwice", $"Another container became the image \"{twice}\" this moment.", target.Name,
                "Give each container a name of its own: -Reference { \"$($_.Name):saved\" }.");
        }
    }

    private ContainerImage Commit(ContainerTarget target, IReadOnlyList<string>? paths, CancellationToken stop)
    {
        using ByteProgress progress = new(this, $"Creating an image from {target.Name}");
        CommitOptions options = new()
        {
            References = [.. Reference.Select(ImageReference.Parse)],
            Message = Message,
            Author = Author,
            Changes = Change,
            Pause = Pause && !NoPause,
            Paths = paths,
            Progress = progress,
            Warning = WriteWarning,
        };
        return Engine.Commit(target.Id, options, stop);
    }
}
