using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>A cmdlet that acts on processes in containers, as objects or by container and pid.</summary>
public abstract class ContainerProcessTargetCmdlet : ContainersCmdlet
{
    internal const string NameSet = "Name";

    internal const string ObjectSet = "Object";

    /// <summary>The container: name, id, or beginning of an id.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0)]
    [Alias("ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [ContainerNameTransformation]
    [ArgumentCompleter(typeof(RunningContainerCompleter))]
    public string Name { get; set; } = "";

    /// <summary>Pids as the container counts.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 1)]
    public int[] ProcessId { get; set; } = [];

    /// <summary>Processes from Get-ContainerProcess or Start-ContainerProcess.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    public ContainerProcess[] InputObject { get; set; } = [];

    /// <summary>What this record of the pipeline names.</summary>
    private protected IEnumerable<ContainerProcess> Targets()
    {
        if (ParameterSetName == ObjectSet)
        {
            foreach (ContainerProcess process in InputObject)
            {
                yield return process;
            }

            yield break;
        }

        if (!TryRun(_ => Engine.GetProcesses(Name), out IReadOnlyList<ContainerProcess>? all))
        {
            yield break;
        }

        foreach (int pid in ProcessId)
        {
            if (TryRun(_ => Find(all, pid), out ContainerProcess? process))
            {
                yield return process;
            }
        }
    }

    private protected static string Describe(ContainerProcess process) =>
        $"process {ContainerDisplay.Plain(process.ToString())} in container \"{process.Container}\"";

    private ContainerProcess Find(IReadOnlyList<ContainerProcess> all, int pid) =>
        all.Where(process => process.Pid == pid).OrderBy(process => process.HasExited).ThenByDescending(process => process.Started).FirstOrDefault()
            ?? throw new EngineException(
                EngineErrorKind.ObjectNotFound, "ContainerProcessNotFound",
                $"There is no process {pid} in container \"{ContainerNameTransformationAttribute.Shown(Name)}\".", pid,
                "Get-ContainerProcess shows them, numbered as the container does.");
}
