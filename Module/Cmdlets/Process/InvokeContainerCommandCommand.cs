using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>
/// Runs a command in containers that run. Output, input, and exit code are those of Invoke-ContainerImage: lines into the pipeline as
/// they come, standard error on the information stream, the pipeline's objects to standard input, the code in $LASTEXITCODE.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "ContainerCommand", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[Alias("Exec-Container")]
[OutputType(typeof(string), typeof(byte[]), typeof(ContainerCommandResult))]
public sealed partial class InvokeContainerCommandCommand : ContainerExecCmdlet, IDisposable
{
    private volatile ExecRun? _run;

    private ProgramOutput? _output;

    /// <summary>What the program reads from its standard input.</summary>
    [Parameter(ParameterSetName = NameSet, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = ScriptSet, ValueFromPipeline = true)]
    [Alias("Input")]
    [AllowNull]
    [AllowEmptyString]
    public object? InputObject { get; set; }

    /// <summary>Writes the standard output as byte arrays, as it comes.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>Writes command, container and exit code after the output.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>An exit code other than 0 is an error.</summary>
    [Parameter]
    public SwitchParameter ErrorOnNonZeroExit { get; set; }

    /// <summary>The command gets what is typed: keys with -Terminal, else lines.</summary>
    [Parameter(ParameterSetName = NameSet), Parameter(ParameterSetName = ObjectSet)]
    public SwitchParameter Interactive { get; set; }

    /// <summary>The command has a terminal of the container's own.</summary>
    [Parameter(ParameterSetName = NameSet), Parameter(ParameterSetName = ObjectSet)]
    [Alias("Tty")]
    public SwitchParameter Terminal { get; set; }

    /// <summary>Keys that let go of a command with a terminal, in docker's form.</summary>
    [Parameter(ParameterSetName = NameSet), Parameter(ParameterSetName = ObjectSet)]
    [AllowEmptyString]
    public string DetachKeys { get; set; } = DetachSequence.Default;

    private DetachSequence? _keys;

    /// <summary>The user's terminal and the command's are one.</summary>
    private bool RelaysTerminal => Terminal && Interactive && !AsJob;

    private bool HasInput => ParameterSetName is NameSet or ScriptSet
        && (MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(InputObject)));

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _keys = ParseDetachKeys(DetachKeys);
        if (Terminal && HasInput)
        {
            ThrowTerminatingError(ErrorRecords.From(new EngineException(
                EngineErrorKind.InvalidArgument, ErrorIds.InputWithTerminal, "A terminal reads what is typed, not the pipeline.",
                string.Join(", ", Name), "Leave out -Terminal, or the input.")));
        }

        if (ScriptBlock is null && !AsJob && HasInput && TryRun(_ => Starting(OnlyTarget), out ContainerTarget[]? target) && ShouldDo(Describe(target[0])))
        {
            TryBegin(target[0], input: true);
        }
    }

    protected override void ProcessRecord()
    {
        if (ScriptBlock is not null)
        {
            CollectInput();
        }
        else if (AsJob)
        {
            StartJobs();
        }
        else if (_run is not null)
        {
            Guarded(run => Feed(run, InputObject));
        }
        else if (!HasInput)
        {
            foreach (ContainerTarget target in Targets)
            {
                if (ShouldDo(Describe(target)) && TryBegin(target, input: false))
                {
                    Guarded(Finish);
                    Dispose();
                }
            }
        }
    }

    protected override void EndProcessing()
    {
        if (ScriptBlock is not null)
        {
            RunScript();
        }
        else if (AsJob)
        {
            WriteJob();
        }

        if (_run is not null)
        {
            Guarded(Finish);
        }
    }

    /// <summary>On a thread of its own: the program must go also while the pipeline's thread is busy further down.</summary>
    protected override void StopProcessing()
    {
        base.StopProcessing();
        _run?.Abandon();
        _script?.End();
    }

    /// <summary>Also when a command before this one fails: then neither ProcessRecord nor EndProcessing is called again.</summary>
    public void Dispose()
    {
        _run?.Dispose();
        _run = null;
    }

    private ContainerTarget[] OnlyTarget()
    {
        ContainerTarget[] targets = [.. Targets];
        return targets.Length == 1 ? targets : throw new EngineException(
            EngineErrorKind.InvalidArgument, "InputForSeveralContainers",
            targets.Length == 0 ? "No container has such a name." : "The pipeline can be the input of one program only.", string.Join(", ", Name),
            "Name one container, or run the command for each: ForEach-Object { $lines | Invoke-ContainerCommand $_ ... }");
    }

    private bool TryBegin(ContainerTarget target, bool input)
    {
        bool begun = TryRun(stop => Starting(() => Begin(target, input, stop)), out ExecRun? run);
        _run = run;
        _output = new ProgramOutput(this, AsByteStream);
        return begun;
    }

    private ExecRun Begin(ContainerTarget target, bool input, CancellationToken stop)
    {
        TerminalSize size = RelaysTerminal
            ? RequireTerminal(Engine.Get(target.Id).Name, "Leave out -Terminal, or run this at a prompt.")
            : Terminal ? SessionTerminal.Size : default;
        bool typed = Interactive && !Terminal && !input && HasKeyboard;
        ExecSpec spec = BuildSpec() with { Interactive = input || Interactive, Terminal = Terminal, TerminalSize = size };
        return new ExecRun(Engine.StartExec(target.Id, spec, Warnings, stop), input || typed, Interactive && !Terminal, typed);
    }

    /// <summary>Whatever ends the pipeline here, Select-Object -First or Ctrl+C or an error, ends the program.</summary>
    private void Guarded(Action<ExecRun> step)
    {
        ExecRun run = _run!;
        bool done = false;
        try
        {
            done = TryRun(_ => step(run));
        }
        finally
        {
            if (!done)
            {
                Dispose();
            }
        }
    }

    private void Feed(ExecRun run, object? input)
    {
        run.Append(input);
        while (run.TakeWhileInputIsFull(Stop, out OutputChunk chunk))
        {
            _output!.Write(chunk);
        }
    }

    private void Finish(ExecRun run)
    {
        if (!RelaysTerminal)
        {
            WriteOutput(run);
        }
        else if (!Relay(run.Session, _keys!, Stop))
        {
            run.End(); // Nobody's any more: it goes on.
            return;
        }

        ContainerExit exit = run.End();
        SetLastExitCode(exit);
        if (PassThru)
        {
            WriteObject(new ContainerCommandResult(run.Container.Name, CommandLine, exit.ExitCode, exit.Signal == 0 ? null : exit.Signal));
        }

        if (exit.ExitCode != 0
            && (ErrorOnNonZeroExit || LanguagePrimitives.IsTrue(GetVariableValue("PSNativeCommandUseErrorActionPreference"))))
        {
            WriteError(ErrorRecords.CommandExitedNonZero(run.Container, Command[0], exit.ExitCode));
        }
    }
    private void WriteOutput(ExecRun run)
    {
        run.EndInput();
        while (run.Read(Stop, out OutputChunk chunk))
        {
            _output!.Write(chunk);
        }

        _output!.End();
    }
}
