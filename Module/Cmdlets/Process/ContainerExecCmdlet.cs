using System.Management.Automation;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>A further program in containers that run: which one, and where.</summary>
public abstract class ContainerExecCmdlet : ContainerProgramCmdlet
{
    internal const string NameSet = "Name";

    internal const string ObjectSet = "Object";

    /// <summary>Names, ids or beginnings of ids of containers that run; wildcards match names.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ContainerNameTransformation]
    [ArgumentCompleter(typeof(UnpausedContainerCompleter))]
    public virtual string[] Name { get; set; } = [];

    /// <summary>Containers from Get-Container.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    public Container[] Container { get; set; } = [];

    /// <summary>The program and its arguments.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 1, ValueFromRemainingArguments = true)]
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0, ValueFromRemainingArguments = true)]
    [AllowEmptyString]
    public string[] Command { get; set; } = [];

    /// <summary>Arguments that come after those of -Command.</summary>
    [Parameter]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object?[] ArgumentList { get; set; } = [];

    /// <summary>Program and arguments as texts.</summary>
    private protected IReadOnlyList<string> CommandLine =>
        [.. Command, .. ArgumentList.Select(argument => argument is null ? "" : Conversions.Text(argument))];

    private protected IEnumerable<ContainerTarget> Targets =>
        ParameterSetName == ObjectSet ? FindTargets([], Container) : FindTargets(Name, []);

    private protected ExecSpec BuildSpec() => BuildSpec(CommandLine);

    /// <summary>'Run "ls -l" in container "web"', for -WhatIf and -Confirm.</summary>
    private protected string Describe(ContainerTarget target) =>
        $"Run \"{ContainerDisplay.Command(CommandLine, 60)}\" in container \"{ContainerNameTransformationAttribute.Shown(target.Name)}\"";
}
