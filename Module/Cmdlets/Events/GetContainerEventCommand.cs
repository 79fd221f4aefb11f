using System.Management.Automation;
using Containers.Engine.Events;

namespace Containers.Cmdlets;

/// <summary>What happened to containers, images and networks of this host.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerEvent")]
[OutputType(typeof(ContainerEvent))]
public sealed class GetContainerEventCommand : ContainerEventCmdlet
{
    /// <summary>Only events since this time, or since so long ago.</summary>
    [Parameter, MomentTransformation]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Only events until this time, or until so long ago.</summary>
    [Parameter, MomentTransformation]
    public DateTimeOffset? Until { get; set; }

    /// <summary>Only the last so many.</summary>
    [Parameter, ValidateRange(0, int.MaxValue)]
    [Alias("Last", "Newest")]
    public int? Tail { get; set; }

    private protected override EventQuery Query() => new() { Since = Since, Until = Until, Tail = Tail };
}
