using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Units;

namespace Containers.Cmdlets;

/// <summary>Takes back what Install-ContainerUnit did. Containers that run go on.</summary>
[Cmdlet(VerbsLifecycle.Uninstall, "ContainerUnit", SupportsShouldProcess = true)]
public sealed class UninstallContainerUnitCommand : ContainersCmdlet
{
    /// <summary>Where systemd looks for units.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = RestartUnit.DefaultDirectory;

    protected override void EndProcessing()
    {
        if (ShouldDo($"Uninstall unit \"{RestartUnit.Name}\" from \"{Path}\""))
        {
            _ = TryRun(_ => RestartUnit.Uninstall(ResolvePath(Path), Warnings) ?? throw new EngineException(
                EngineErrorKind.ObjectNotFound, "UnitNotFound", $"There is no unit \"{RestartUnit.Name}\" in \"{Path}\".", RestartUnit.Name,
                "Install-ContainerUnit makes it."), out ContainerUnit? _);
        }
    }
}
