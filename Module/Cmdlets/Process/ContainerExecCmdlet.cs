using System.Collections;
using System.Management.Automation;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>A further program in containers that run: which, as whom, where.</summary>
public abstract class ContainerExecCmdlet : ContainersCmdlet
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

    /// <summary>name, uid, name:group or uid:gid.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ContainerUserCompleter))]
    public string? User { get; set; }

    /// <summary>Where it starts.</summary>
    [Parameter]
    [Alias("WorkDir")]
    public string? WorkingDirectory { get; set; }

    /// <summary>Variables, as a hashtable, as 'NAME=value', or as 'NAME' for the caller's value.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Null)]
    [Alias("Env")]
    public IDictionary? Environment { get; set; }

    /// <summary>All capabilities, and no seccomp filter.</summary>
    [Parameter]
    public SwitchParameter Privileged { get; set; }

    /// <summary>Program and arguments as texts.</summary>
    private protected IReadOnlyList<string> CommandLine =>
        [.. Command, .. ArgumentList.Select(argument => argument is null ? "" : Conversions.Text(argument))];

    private protected IEnumerable<ContainerTarget> Targets =>
        ParameterSetName == ObjectSet ? FindTargets([], Container) : FindTargets(Name, []);

    private protected ExecSpec BuildSpec()
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        foreach ((string key, string? value) in Entries(Environment))
        {
            // A name alone copies the caller's value; where the caller has none, the program gets none.
            if ((value ?? System.Environment.GetEnvironmentVariable(key)) is { } known)
            {
                variables[key] = known;
            }
        }

        return new ExecSpec
        {
            Command = CommandLine,
            User = User,
            WorkingDirectory = WorkingDirectory,
            Environment = variables,
            Privileged = Privileged,
        };
    }

    /// <summary>'Run "ls -l" in container "web"', for -WhatIf and -Confirm.</summary>
    private protected string Describe(ContainerTarget target) =>
        $"Run \"{ContainerDisplay.Command(CommandLine, 60)}\" in container \"{ContainerNameTransformationAttribute.Shown(target.Name)}\"";
}
