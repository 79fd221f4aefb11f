using System.Collections;
using System.Management.Automation;
using Containers.Engine.Launch;

namespace Containers.Cmdlets;

/// <summary>The first process: what runs, as whom, where, with which variables and limits of its own.</summary>
public abstract partial class ContainerDefinitionCmdlet
{
    /// <summary>Instead of the image's entrypoint; an empty list removes it.</summary>
    [Parameter]
    [AllowEmptyCollection]
    public string[]? Entrypoint { get; set; }

    /// <summary>Where it starts.</summary>
    [Parameter]
    [Alias("WorkDir")]
    public string? WorkingDirectory { get; set; }

    /// <summary>name, uid, name:group or uid:gid.</summary>
    [Parameter]
    public string? User { get; set; }

    /// <summary>Further groups, by name or number.</summary>
    [Parameter]
    [Alias("GroupAdd")]
    public string[] AdditionalGroup { get; set; } = [];

    /// <summary>Files with a variable on each line.</summary>
    [Parameter]
    [Alias("EnvFile")]
    [ValidateNotNullOrEmpty]
    public string[] EnvironmentFile { get; set; } = [];

    /// <summary>All variables of the caller, before those that are named.</summary>
    [Parameter]
    public SwitchParameter InheritEnvironment { get; set; }

    /// <summary>Variables of the image that are left out.</summary>
    [Parameter]
    public string[] RemoveEnvironment { get; set; } = [];

    /// <summary>No variable of the image.</summary>
    [Parameter]
    public SwitchParameter ClearEnvironment { get; set; }

    /// <summary>The standard input stays open.</summary>
    [Parameter]
    public SwitchParameter Interactive { get; set; }

    /// <summary>Input and output are a terminal of the container's own.</summary>
    [Parameter]
    [Alias("Tty")]
    public SwitchParameter Terminal { get; set; }

    /// <summary>A small init is process 1, reaps zombies and passes signals on.</summary>
    [Parameter]
    public SwitchParameter Init { get; set; }

    /// <summary>What a stop sends first; the image's, else SIGTERM.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SignalCompleter))]
    public string? StopSignal { get; set; }

    /// <summary>How long a stop waits before the kill; ten seconds.</summary>
    [Parameter, TimeTransformation]
    public TimeSpan? StopTimeout { get; set; }

    /// <summary>Octal digits; 0022.</summary>
    [Parameter]
    public string? Umask { get; set; }

    /// <summary>-1000 to 1000: how readily the kernel kills it when memory is short.</summary>
    [Parameter]
    [Alias("OomScoreAdj")]
    [ValidateRange(-1000, 1000)]
    public int OomScoreAdjustment { get; set; }

    private ProcessSpec BuildProcess() => new()
    {
        Command = Command is { Length: > 0 } ? Command : null,
        Entrypoint = Entrypoint,
        WorkingDirectory = WorkingDirectory,
        User = User,
        AdditionalGroups = AdditionalGroup,
        Environment = BuildEnvironment(),
        RemoveEnvironment = RemoveEnvironment,
        ClearEnvironment = ClearEnvironment,
        Interactive = KeepsInputOpen,
        Terminal = Terminal,
        Init = Init,
        StopSignal = StopSignal,
        StopTimeout = StopTimeout,
        Umask = Umask,
        OomScoreAdjustment = OomScoreAdjustment,
        Ulimits = BuildUlimits(),
    };

    /// <summary>Later ones win: the caller's, the files', the named ones.</summary>
    private Dictionary<string, string> BuildEnvironment()
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        if (InheritEnvironment)
        {
            foreach (DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
            {
                variables[(string)entry.Key] = (string?)entry.Value ?? "";
            }
        }

        foreach (string file in EnvironmentFile)
        {
            foreach ((string key, string? value) in VariableFile.Parse(ReadUserFile(file), file))
            {
                SetVariable(variables, key, value);
            }
        }

        AddVariables(variables);

        return variables;
    }
}
