using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>What about the networks of this host is not as it should be: nothing when all is well.</summary>
[Cmdlet(VerbsDiagnostic.Test, "ContainerNetwork")]
[OutputType(typeof(ContainerNetworkProblem), typeof(bool))]
public sealed class TestContainerNetworkCommand : ContainersCmdlet
{
    /// <summary>Only whether all is well.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    protected override void ProcessRecord()
    {
        if (TryRun(_ => Engine.TestNetwork(), out IReadOnlyList<ContainerNetworkProblem>? problems))
        {
            WriteObject(Quiet ? problems.Count == 0 : problems, enumerateCollection: true);
        }
    }
}
