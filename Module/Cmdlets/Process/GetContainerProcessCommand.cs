using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>The processes of containers: docker top.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerProcess", DefaultParameterSetName = NameSet)]
[Alias("Top-Container")]
[OutputType(typeof(ContainerProcess))]
public sealed class GetContainerProcessCommand : ContainerTargetCmdlet
{
    [Parameter(
        ParameterSetName = NameSet, Mandatory = true, Position = 0,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunningContainerCompleter))]
    public override string[] Name { get; set; } = [];

    /// <summary>Only these, by the pid in the container.</summary>
    [Parameter(Position = 1)]
    public int[] ProcessId { get; set; } = [];

    /// <summary>Only those with such a name; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] ProcessName { get; set; } = [];

    /// <summary>Only programs that Invoke-ContainerCommand or Start-ContainerProcess started.</summary>
    [Parameter]
    public SwitchParameter Exec { get; set; }

    protected override void ProcessRecord()
    {
        WildcardPattern[] names = [.. ProcessName.Select(name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant))];
        foreach (ContainerTarget target in Targets)
        {
            if (TryRun(_ => Engine.GetProcesses(target.Id), out IReadOnlyList<ContainerProcess>? processes))
            {
                WriteObject(
                    processes.Where(process => (ProcessId.Length == 0 || ProcessId.Contains(process.Pid))
                        && (names.Length == 0 || names.Any(name => name.IsMatch(process.Name)))
                        && (!Exec || process.ExecId is not null)),
                    enumerateCollection: true);
            }
        }
    }
}
