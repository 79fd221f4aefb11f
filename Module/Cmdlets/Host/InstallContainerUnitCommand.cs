using System.Management.Automation;
using Containers.Engine.Units;

namespace Containers.Cmdlets;

/// <summary>Lets systemd start containers after a reboot, by their restart policies, and stop them when the host goes down.</summary>
[Cmdlet(VerbsLifecycle.Install, "ContainerUnit", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerUnit))]
public sealed class InstallContainerUnitCommand : ContainersCmdlet
{
    /// <summary>Where systemd looks for units.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = RestartUnit.DefaultDirectory;

    /// <summary>The PowerShell that the unit runs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PowerShellPath { get; set; }

    protected override void EndProcessing()
    {
        if (ShouldDo($"Install unit \"{RestartUnit.Name}\" in \"{Path}\"")
            && TryRun(_ => RestartUnit.Install(ResolvePath(Path), Compose(), Warnings), out ContainerUnit? unit))
        {
            WriteObject(unit);
        }
    }

    private string Compose()
    {
        string powershell = PowerShellPath is null ? PowerShellProgram.Find() : ResolvePath(PowerShellPath);
        string module = System.IO.Path.Combine(MyInvocation.MyCommand.Module?.ModuleBase ?? AppContext.BaseDirectory, "Containers.psd1");
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        foreach (string name in (string[])["CONTAINERS_DATA_ROOT", "CONTAINERS_RUN_ROOT"])
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            {
                variables[name] = value;
            }
        }

        return RestartUnit.Compose(powershell, module, variables, Engine.Options.DataRoot);
    }
}
