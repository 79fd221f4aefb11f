using System.Collections;
using System.Management.Automation;
using Containers.Engine.Events;

namespace Containers.Cmdlets;

/// <summary>A cmdlet that gets events.</summary>
public abstract class ContainerEventCmdlet : ContainersCmdlet, IEventSelection
{
    private readonly List<string> _containers = [];

    /// <summary>Only events of these kinds of things.</summary>
    [Parameter]
    public ContainerEventType[] Type { get; set; } = [];

    /// <summary>Only these actions, for example start or die; wildcards match.</summary>
    [Parameter]
    [Alias("Action")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EventActionCompleter))]
    public string[] Event { get; set; } = [];

    /// <summary>Only events of these containers: name, id or its beginning; wildcards match names.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ContainerNameTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[] Container { get; set; } = [];

    /// <summary>Only events of these images and of containers made from them; wildcards match.</summary>
    [Parameter]
    [ImageNameTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Image { get; set; } = [];

    /// <summary>Only events with these labels: @{key = 'value'}, 'key=value', or 'key' for any value.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Null)]
    public IDictionary? Label { get; set; }

    string[] IEventSelection.Container => [.. _containers];

    protected override void ProcessRecord() => _containers.AddRange(Container);

    protected override void EndProcessing()
    {
        if (MyInvocation.ExpectingInput && _containers.Count == 0)
        {
            return; // Nothing came through the pipeline: that does not mean everything.
        }

        TryRun(stop =>
        {
            EventQuery query = Query() with { Filter = new EventFilter(this, Engine).Fits };
            foreach (ContainerEvent one in Engine.ReadEvents(query, stop))
            {
                stop.ThrowIfCancellationRequested();
                WriteObject(one);
            }
        });
    }

    private protected abstract EventQuery Query();
}
