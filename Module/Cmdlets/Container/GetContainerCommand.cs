using System.Collections;
using System.Management.Automation;
using Containers.Engine.Inspection;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>The containers of this host, in every state.</summary>
[Cmdlet(VerbsCommon.Get, "Container", DefaultParameterSetName = ContainerTargetCmdlet.NameSet)]
[OutputType(typeof(Container))]
public sealed class GetContainerCommand : ContainersCmdlet
{
    private readonly List<Container> _found = [];

    private List<Predicate<Container>> _filters = [];

    /// <summary>Name, id or beginning of an id; wildcards match names.</summary>
    [Parameter(
        ParameterSetName = ContainerTargetCmdlet.NameSet, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>A container that was got before, to see how it is now.</summary>
    [Parameter(ParameterSetName = ContainerTargetCmdlet.ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [Alias("Container")]
    public Container[] InputObject { get; set; } = [];

    /// <summary>Only of these images, by reference, or beginning of the id; wildcards match references.</summary>
    [Parameter]
    [Alias("Ancestor")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ImageNameTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Image { get; set; } = [];

    /// <summary>Only in these states.</summary>
    [Parameter]
    public ContainerState[] State { get; set; } = [];

    /// <summary>Only those that run, paused ones too.</summary>
    [Parameter]
    public SwitchParameter Running { get; set; }

    /// <summary>Only those that do not run.</summary>
    [Parameter]
    public SwitchParameter Stopped { get; set; }

    /// <summary>Only those with these labels: @{key = 'value'}, 'key=value', or 'key' for any value. Wildcards match values.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Null)]
    public IDictionary? Label { get; set; }

    /// <summary>Only those whose last run ended with one of these.</summary>
    [Parameter]
    public int[] ExitCode { get; set; } = [];

    /// <summary>Only those on these networks; wildcards match. none, host and container:NAME too.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [NetworkModeTransformation]
    [ArgumentCompleter(typeof(NetworkModeCompleter))]
    public string[] Network { get; set; } = [];

    /// <summary>Only those that mount these volumes, or these paths of the host or the container; wildcards match.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [VolumeNameTransformation]
    [ArgumentCompleter(typeof(VolumeNameCompleter))]
    public string[] Volume { get; set; } = [];

    /// <summary>Only those that are reached at these ports of the host: 8080, 53/udp, 8000-8010.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] PublishedPort { get; set; } = [];

    /// <summary>Only the one that was made last.</summary>
    [Parameter]
    public SwitchParameter Latest { get; set; }

    /// <summary>Only so many, those that were made last.</summary>
    [Parameter, ValidateRange(1, int.MaxValue)]
    public int? First { get; set; }

    /// <summary>Only those made before this container, or before this time.</summary>
    [Parameter, ArgumentCompleter(typeof(ContainerNameCompleter))]
    public object? Before { get; set; }

    /// <summary>Only those made after this container, or since this time.</summary>
    [Parameter, ArgumentCompleter(typeof(ContainerNameCompleter))]
    public object? Since { get; set; }

    /// <summary>Also what they take up on the disk.</summary>
    [Parameter]
    [Alias("Size")]
    public SwitchParameter IncludeSize { get; set; }

    private int? Limit => Latest ? 1 : First;

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (!TryRun(_ => ContainerFilters.From(this, Engine), out List<Predicate<Container>>? filters))
        {
            filters = [_ => false]; // What -Before or -Since names is not there: the error is told, and nothing fits.
        }

        _filters = filters;
    }

    protected override void ProcessRecord()
    {
        if (ParameterSetName == ContainerTargetCmdlet.ObjectSet)
        {
            foreach (Container container in InputObject)
            {
                Get(container.Id);
            }
        }
        else if (Name.Length == 0)
        {
            if (TryRun(_ => Engine.List(), out IReadOnlyList<Container>? all))
            {
                Write(all);
            }
        }
        else
        {
            foreach (string name in Name)
            {
                if (!WildcardPattern.ContainsWildcardCharacters(name))
                {
                    Get(name);
                }
                else if (TryRun(_ => Matching(name), out List<Container>? matching))
                {
                    Write(matching);
                }
            }
        }
    }

    protected override void EndProcessing()
    {
        if (Limit is { } limit)
        {
            foreach (Container container in _found.OrderByDescending(container => container.Created).Take(limit))
            {
                WriteOne(container);
            }
        }
    }

    private void Get(string name)
    {
        if (TryRun(_ => Engine.Get(name), out Container? container))
        {
            Write([container]);
        }
    }

    private void Write(IEnumerable<Container> containers)
    {
        foreach (Container container in containers)
        {
            if (!_filters.TrueForAll(fits => fits(container)))
            {
                continue;
            }

            if (Limit is null)
            {
                WriteOne(container);
            }
            else
            {
                _found.Add(container);
            }
        }
    }

    private void WriteOne(Container container)
    {
        if (!IncludeSize)
        {
            WriteObject(container);
        }
        else if (TryRun(stop => Engine.GetSize(container.Id, stop), out ContainerSize? size))
        {
            WriteObject(container with { Size = size.Written, VirtualSize = size.Root });
        }
    }
}
