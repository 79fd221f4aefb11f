using System.Collections;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Events;
using Microsoft.PowerShell.Commands;

namespace Containers.Cmdlets;

/// <summary>Subscribes to events as PowerShell has them: an action that runs in the session, or entries of Get-Event.</summary>
[Cmdlet(VerbsLifecycle.Register, "ContainerEvent")]
[OutputType(typeof(PSEventJob))]
public sealed class RegisterContainerEventCommand : ObjectEventRegistrationBase, IEventSelection
{
    /// <summary>Only events of these kinds of things.</summary>
    [Parameter]
    public ContainerEventType[] Type { get; set; } = [];

    /// <summary>Only these actions, for example start or die; wildcards match.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EventActionCompleter))]
    public string[] Event { get; set; } = [];

    /// <summary>Only events of these containers: name, id or its beginning; wildcards match names.</summary>
    [Parameter]
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

    protected override object? GetSourceObject()
    {
        try
        {
            ContainerEngine engine = EngineAccess.Current;
            return new ContainerEventSource(engine, new EventFilter(this, engine).Fits);
        }
        catch (EngineException e)
        {
            ThrowTerminatingError(ErrorRecords.From(e));
            return null;
        }
    }

    protected override string GetSourceObjectEventName() => nameof(ContainerEventSource.EventArrived);
}
