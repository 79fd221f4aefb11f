using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Copying;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Copies files between this host and containers: docker cp.</summary>
[Cmdlet(VerbsCommon.Copy, "ContainerFile", SupportsShouldProcess = true, DefaultParameterSetName = PathSet)]
[OutputType(typeof(FileInfo), typeof(DirectoryInfo), typeof(ContainerFile))]
public sealed class CopyContainerFileCommand : ContainerFileCmdlet
{
    private const string PathSet = "Path";

    private const string LiteralSet = "LiteralPath";

    private const string ObjectSet = "Object";

    /// <summary>What is copied: a path of this host, or NAME:/PATH in a container; wildcards are allowed in both.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ContainerPathCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>The same without wildcards.</summary>
    [Parameter(ParameterSetName = LiteralSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContainerPathCompleter))]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Where to: a path of this host, or NAME:/PATH in a container.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContainerDestinationCompleter))]
    public string Destination { get; set; } = "";

    /// <summary>The container that the path is in.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralSet)]
    [ValidateNotNullOrEmpty]
    [ContainerNameTransformation]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string? Container { get; set; }

    /// <summary>Containers from Get-Container that the path is in.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    public Container[] InputObject { get; set; } = [];

    /// <summary>The container that the destination is in.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ContainerNameTransformation]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string? ToContainer { get; set; }

    /// <summary>Copies the file that a link points to, instead of the link.</summary>
    [Parameter]
    [Alias("L")]
    public SwitchParameter FollowLink { get; set; }

    /// <summary>Keeps owners, setuid bits, extended attributes, devices and FIFOs.</summary>
    [Parameter]
    [Alias("A")]
    public SwitchParameter Archive { get; set; }

    /// <summary>Wildcards also match names that begin with a dot.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Gives what was made.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>What the pipeline gave until now, in its order.</summary>
    private readonly List<(FilePath Source, FilePath Target)> _copies = [];

    /// <summary>
    /// Only collects: whether several files go to one destination, which must be a directory then, is known when the last one has come.
    /// </summary>
    protected override void ProcessRecord()
    {
        string[] paths = ParameterSetName == LiteralSet ? LiteralPath : Path;
        IEnumerable<string?> containers = ParameterSetName == ObjectSet ? InputObject.Select(one => (string?)one.Id) : [Container];
        foreach (string? container in containers)
        {
            List<FilePath> sources = Parse(paths, container);
            if (sources.Count > 0 && TryRun(_ => ParsePath(Destination, ToContainer), out FilePath target))
            {
                _copies.AddRange(sources.Select(source => (source, target)));
            }
        }
    }

    protected override void EndProcessing()
    {
        foreach (IGrouping<FilePath, FilePath> copy in _copies.GroupBy(one => one.Target, one => one.Source))
        {
            IGrouping<FilePlace, string>[] places = [.. copy.GroupBy(one => one.Place, one => one.Path)];
            if (places.Length > 1 && !TryRun(stop => RequireDirectory(copy.Key, stop)))
            {
                continue;
            }

            foreach (IGrouping<FilePlace, string> place in places)
            {
                TryRun(stop => CopyFrom(place.Key, [.. place], copy.Key, stop));
            }
        }
    }

    private void RequireDirectory(FilePath target, CancellationToken stop)
    {
        using FileView view = Engine.OpenFiles(target.Place, write: false, stop);
        RequireDirectory(view, target);
    }

    private static void RequireDirectory(FileView view, FilePath target)
    {
        if (view.Find(target.Path, followLast: true) is not { IsDirectory: true })
        {
            throw new EngineException(
                EngineErrorKind.ObjectNotFound, "DestinationDirectoryNotFound", $"Several files need a directory, and \"{target.Label}\" is none.",
                target.Label, "Make the directory first.");
        }
    }

    private List<FilePath> Parse(string[] paths, string? container)
    {
        List<FilePath> parsed = [];
        foreach (string path in paths)
        {
            if (TryRun(_ => ParsePath(path, container), out FilePath found))
            {
                parsed.Add(found);
            }
        }

        return parsed;
    }

    private void CopyFrom(FilePlace place, IReadOnlyList<string> paths, FilePath target, CancellationToken stop)
    {
        if (place.Kind == FilePlaceKind.Host && target.Place.Kind == FilePlaceKind.Host)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "CopyWithoutContainer", "Neither the path nor the destination is in a container.", target.Label,
                "Write NAME:/PATH, or use Copy-Item.");
        }

        bool preview = MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? whatIf) && whatIf is SwitchParameter { IsPresent: true };
        using FileView to = Engine.OpenFiles(target.Place, write: !preview, stop);
        using FileView? other = to.Place == place ? null : Engine.OpenFiles(place, write: false, stop);
        FileView from = other is null || Same(other.Place, to.Place) ? to : other;
        string[] sources = [.. paths.SelectMany(path => Sources(from, path))];
        if (sources.Length > 1)
        {
            RequireDirectory(to, target);
        }

        foreach (string source in sources)
        {
            if (ShouldDo($"Copy \"{ContainerDisplay.Plain(from.Place.Label(source))}\" to \"{ContainerDisplay.Plain(to.Place.Label(target.Path))}\""))
            {
                TryRun(inner => Copy(from, source, to, target.Path, inner));
            }
        }
    }

    private IEnumerable<string> Sources(FileView from, string path)
    {
        if (ParameterSetName == LiteralSet)
        {
            return [path];
        }

        return Expand(from, path, Force);
    }

    private void Copy(FileView from, string source, FileView to, string destination, CancellationToken stop)
    {
        using ByteProgress progress = new(this, "Copying " + ContainerDisplay.Plain(from.Place.Label(source)));
        FileCopyOptions options = new()
        {
            FollowLink = FollowLink,
            Archive = Archive,
            Progress = progress,
            Warning = Warnings.Add,
            Problem = problem => WriteError(ErrorRecords.From(problem)),
        };
        if (Engine.CopyFiles(from, source, to, destination, options, stop) is not { } made || !PassThru)
        {
            return;
        }

        if (to.Place.Kind == FilePlaceKind.Host)
        {
            WriteItem(made);
        }
        else if (to.Find(made, followLast: false) is { } file)
        {
            WriteObject(file);
        }
    }

    /// <summary>One container may be named in two ways.</summary>
    private static bool Same(FilePlace one, FilePlace other) =>
        one.Kind == FilePlaceKind.Container && other.Kind == FilePlaceKind.Container && one.Name == other.Name;
}
