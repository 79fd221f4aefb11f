using System.Management.Automation;
using Containers.Engine.Events;

namespace Containers.Cmdlets;

/// <summary>What happens from now on, as it happens.</summary>
[Cmdlet("Watch", "ContainerEvent")]
[OutputType(typeof(ContainerEvent))]
public sealed class WatchContainerEventCommand : ContainerEventCmdlet
{
    /// <summary>First what happened since this time, or since so long ago.</summary>
    [Parameter, MomentTransformation]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Ends at this time, or after so long.</summary>
    [Parameter, MomentTransformation(Ahead = true)]
    public DateTimeOffset? Until { get; set; }

    private protected override EventQuery Query() => new() { Since = Since, Until = Until, Follow = true };
}
