using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>The steps that the start of a container takes, in order, of one that exists or of one that does not. Nothing is done.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerPlan", DefaultParameterSetName = ContainerTargetCmdlet.NameSet)]
[OutputType(typeof(PlanStepDescription))]
public sealed class GetContainerPlanCommand : ContainerDefinitionCmdlet
{
    /// <summary>A container that exists; with -Image, the name that a new one would have.</summary>
    [Parameter(
        ParameterSetName = ContainerTargetCmdlet.NameSet, Mandatory = true, Position = 0,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = DefinitionSet)]
    [Alias("Id", "ContainerIdOrName", "ContainerName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public override string? Name { get; set; }

    /// <summary>A container from Get-Container.</summary>
    [Parameter(ParameterSetName = ContainerTargetCmdlet.ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [Alias("Container")]
    public Container[] InputObject { get; set; } = [];

    protected override void ProcessRecord()
    {
        if (ParameterSetName == DefinitionSet)
        {
            Write(TryRun(_ => Engine.GetPlan(BuildSpec()), out IReadOnlyList<PlanStepDescription>? plan), plan);
            return;
        }

        if (!TryRun(_ => RefuseDefinition()))
        {
            return;
        }

        bool byObject = ParameterSetName == ContainerTargetCmdlet.ObjectSet;
        foreach (ContainerTarget target in byObject ? FindTargets([], InputObject) : FindTargets([Name!], []))
        {
            Write(TryRun(_ => Engine.GetPlan(target.Id), out IReadOnlyList<PlanStepDescription>? plan), plan);
        }
    }

    private void Write(bool known, IReadOnlyList<PlanStepDescription>? plan)
    {
        if (known)
        {
            WriteObject(plan, enumerateCollection: true);
        }
    }

    /// <summary>
    /// What a container is to be was said when it was made; an answer that ignored -Memory would be wrong without a word.
    /// </summary>
    private void RefuseDefinition()
    {
        string? extra = MyInvocation.BoundParameters.Keys.FirstOrDefault(
            name => name is not (nameof(Name) or nameof(InputObject)) && typeof(ContainerDefinitionCmdlet).GetProperty(name) is not null);
        if (extra is not null)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "ParameterNeedsImage", $"-{extra} belongs to a container that does not exist yet.", extra,
                "Use it with -Image, or leave it out.");
        }
    }
}
