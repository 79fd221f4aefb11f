using System.Management.Automation;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Changes limits, restart policy, health check and variables of containers, of running ones as far as it can be done. What is not given stays as it is.</summary>
[Cmdlet(VerbsCommon.Set, "Container", SupportsShouldProcess = true, DefaultParameterSetName = ContainerTargetCmdlet.NameSet)]
[OutputType(typeof(Container))]
public sealed class SetContainerCommand : ContainerSettingCmdlet
{
    private static readonly HealthSpec s_noHealth = new();

    /// <summary>Name, id or beginning of an id; wildcards match names.</summary>
    [Parameter(
        ParameterSetName = ContainerTargetCmdlet.NameSet, Mandatory = true, Position = 0,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>A container from Get-Container.</summary>
    [Parameter(ParameterSetName = ContainerTargetCmdlet.ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [Alias("Container")]
    public Container[] InputObject { get; set; } = [];

    /// <summary>Writes the changed container.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        bool byObject = ParameterSetName == ContainerTargetCmdlet.ObjectSet;
        foreach (ContainerTarget target in byObject ? FindTargets([], InputObject) : FindTargets(Name, []))
        {
            if (ShouldDo($"Change container \"{target.Name}\"")
                && TryRun(_ => Engine.Update(target.Id, BuildSettings(target), Warnings), out Container? changed)
                && PassThru)
            {
                WriteObject(changed);
            }
        }
    }

    private ContainerSettings BuildSettings(ContainerTarget target)
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal);
        AddVariables(environment);
        return new ContainerSettings
        {
            Limits = BuildLimitsOrNull(),
            Restart = RestartOf(target),
            Health = BuildHealth() is var health && health == s_noHealth ? null : health,
            Environment = environment,
            Ulimits = BuildUlimits(),
        };
    }

    /// <summary>-RestartMaximum alone keeps the policy that the container has.</summary>
    private RestartSpec? RestartOf(ContainerTarget target)
    {
        if (RestartPolicy is null && RestartMaximum is null)
        {
            return null;
        }

        RestartKind policy = RestartPolicy ?? Engine.Get(target.Id).RestartPolicy.Policy;
        return new RestartSpec { Policy = policy, Maximum = RestartMaximum ?? 0 };
    }
}
