using System.Collections;
using System.Management.Automation;
using Containers.Engine.Launch;

namespace Containers.Cmdlets;

/// <summary>A further program in a container that runs: as whom, in which directory, with which variables and rights.</summary>
public abstract class ContainerProgramCmdlet : ContainersCmdlet
{
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

    /// <summary>All capabilities.</summary>
    [Parameter]
    public SwitchParameter Privileged { get; set; }

    private protected ExecSpec BuildSpec(IReadOnlyList<string> command)
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
            Command = command,
            User = User,
            WorkingDirectory = WorkingDirectory,
            Environment = variables,
            Privileged = Privileged,
        };
    }
}
