using System.Management.Automation;

namespace Containers.Shell.Cmdlets;

/// <summary>Ends subscriptions to events.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "Event")]
public sealed class UnregisterEventCommand : PSCmdlet
{
    /// <summary>The subscriptions' name; wildcards match.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public string SourceIdentifier { get; set; } = "";

    protected override void ProcessRecord()
    {
        WildcardPattern pattern = WildcardPattern.Get(SourceIdentifier, WildcardOptions.IgnoreCase);
        foreach (PSEventSubscriber subscriber in Events.Subscribers.Where(one => pattern.IsMatch(one.SourceIdentifier)).ToList())
        {
            Events.UnsubscribeEvent(subscriber);
        }
    }
}

/// <summary>The subscriptions of this session.</summary>
[Cmdlet(VerbsCommon.Get, "EventSubscriber")]
public sealed class GetEventSubscriberCommand : PSCmdlet
{
    protected override void ProcessRecord() => WriteObject(Events.Subscribers, enumerateCollection: true);
}
