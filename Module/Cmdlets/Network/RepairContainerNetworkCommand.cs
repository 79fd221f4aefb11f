using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Puts the networks of this host right after something else has changed them. What is right already is not touched.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "ContainerNetwork", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerNetworkProblem))]
public sealed class RepairContainerNetworkCommand : ContainersCmdlet
{
    protected override void ProcessRecord()
    {
        if (!TryRun(_ => Engine.TestNetwork(), out IReadOnlyList<ContainerNetworkProblem>? found))
        {
            return;
        }

        foreach (ContainerNetworkProblem problem in found.Where(problem => !problem.Repairable))
        {
            WriteWarning(problem.Message);
        }

        // One question for all of it: half repaired is no state to leave a firewall in.
        IEnumerable<string> repairable = found.Where(problem => problem.Repairable).Select(problem => problem.Message);
        if (repairable.Any()
            && ShouldDo("Repair the networks of this host: " + string.Join(' ', repairable))
            && TryRun(_ => Engine.RepairNetwork(Warnings), out IReadOnlyList<ContainerNetworkProblem>? repaired))
        {
            WriteObject(repaired, enumerateCollection: true);
        }
    }
}
