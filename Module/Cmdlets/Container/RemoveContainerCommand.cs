using System.Management.Automation;
using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>
/// Removes containers with what they wrote. One that runs needs -Force, which is also the consent: a cmdlet that asked again would
/// stop every script that is meant to clean up.
/// </summary>
[Cmdlet(VerbsCommon.Remove, "Container", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
public sealed class RemoveContainerCommand : ContainerTargetCmdlet
{
    /// <summary>Kills a running container first.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The anonymous volumes that only it has go, too.</summary>
    [Parameter]
    [Alias("Volumes", "V")]
    public SwitchParameter Volume { get; set; }

    /// <summary>A name that no container has is no error.</summary>
    [Parameter]
    public SwitchParameter IgnoreMissing { get; set; }

    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in Targets)
        {
            if (ShouldDo($"{(Force ? "Kill and remove" : "Remove")} container \"{target.Name}\""))
            {
                TryRun(stop => Remove(target, stop));
            }
        }
    }

    private void Remove(ContainerTarget target, CancellationToken stop)
    {
        try
        {
            Engine.Remove(target.Id, Force, stop, Volume);
        }
        catch (EngineException e) when (IgnoreMissing && e.ErrorId == ErrorIds.ContainerNotFound)
        {
            WriteVerbose($"There is no container \"{target.Name}\".");
        }
    }
}
