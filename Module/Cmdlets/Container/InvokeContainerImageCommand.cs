using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>
/// Runs a command in a new container. Lines of its standard output go down the pipeline as they come; lines of its standard error
/// go to the information stream, tagged Stderr: they show at the prompt, 6> and -InformationVariable catch them, and none of them
/// is an error of the script. Pipeline input is its standard input: strings are lines, bytes are bytes.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "ContainerImage", SupportsShouldProcess = true, DefaultParameterSetName = DefinitionSet)]
[Alias("Run-ContainerImage", "Run-Container")]
[OutputType(typeof(string), typeof(byte[]), typeof(Container))]
public sealed partial class InvokeContainerImageCommand : ContainerCreationCmdlet, IDisposable
{
    /// <summary>What the container reads from its standard input.</summary>
    [Parameter(ValueFromPipeline = true)]
    [Alias("Input")]
    [AllowNull]
    [AllowEmptyString]
    public object? InputObject { get; set; }

    /// <summary>Starts it in the background and writes the container.</summary>
    [Parameter]
    [Alias("Detached")]
    public SwitchParameter Detach { get; set; }

    /// <summary>Writes the container after its output, with its exit code.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>An exit code other than 0 is an error.</summary>
    [Parameter]
    public SwitchParameter ErrorOnNonZeroExit { get; set; }

    /// <summary>Writes the standard output as byte arrays, as it comes.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>Keys that let go of a container with a terminal, in docker's form.</summary>
    [Parameter]
    [AllowEmptyString]
    public string DetachKeys { get; set; } = DetachSequence.Default;

    private DetachSequence? _keys;

    /// <summary>The user's terminal and the container's are one.</summary>
    private bool RelaysTerminal => Terminal && Interactive && !Detach && !AsJob;

    private bool HasInput => MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(InputObject));

    private protected override bool KeepsInputOpen => Detach ? Interactive : Interactive || HasInput;

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _keys = ParseDetachKeys(DetachKeys);
        WriteVerbose("Get-ContainerPlan with the same parameters shows the steps that the start takes.");
        if (!ShouldDo(Describe("Run")))
        {
            return;
        }

        if (Detach && AsJob)
        {
            ThrowTerminatingError(ErrorRecords.From(new EngineException(
                EngineErrorKind.InvalidArgument, "ParameterConflict", "A job ends with the session, and -Detach is for what outlives it.", Image,
                "Give one of -AsJob and -Detach.")));
        }

        if (Detach)
        {
            RunDetached();
        }
        else if (AsJob)
        {
            RunAsJob();
        }
        else if (TryRun(stop => Starting(() => Launch(stop)), out ForegroundRun? run))
        {
            _run = run;
        }
    }

    protected override void ProcessRecord()
    {
        if (_job is not null && HasInput)
        {
            _job.Append(InputObject);
        }

        if (_run is not null && HasInput)
        {
            Guarded(run => Feed(run, InputObject));
        }
    }

    protected override void EndProcessing()
    {
        _job?.EndInput();
        if (_run is not null)
        {
            Guarded(Finish);
        }
    }

    private void RunDetached()
    {
        if (TryRun(RefuseInput)
            && TryRun(stop => Create(BuildSpec(), stop), out Container? created)
            && TryRun(stop => Start(created, stop), out Container? started))
        {
            WriteObject(started);
        }
    }

    private void RefuseInput(CancellationToken stop)
    {
        if (HasInput)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InputWithDetach", "A container in the background cannot read the pipeline.", Image,
                "Leave out -Detach, or the input.");
        }
    }

    private Container Start(Container created, CancellationToken stop)
    {
        try
        {
            return Engine.Start(created.Id, Warnings, stop);
        }
        catch
        {
            RemoveHalfMade(created.Id);
            throw;
        }
    }

    private ForegroundRun Launch(CancellationToken stop)
    {
        if (HasInput && Terminal)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, ErrorIds.InputWithTerminal, "A terminal reads what is typed, not the pipeline.", Image,
                "Leave out -Terminal, or the input.");
        }

        TerminalSize size = RelaysTerminal
            ? RequireTerminal(Image, "Leave out -Terminal, or use -Detach and then Connect-Container at a prompt.")
            : Terminal ? SessionTerminal.Size : default;
        ContainerSpec spec = BuildSpec();
        Container created = Create(spec, stop);
        try
        {
            RunSession session = Engine.StartAttached(created.Id, Warnings, stop, size);
            bool typed = Interactive && !Terminal && !HasInput && HasKeyboard;
            return new ForegroundRun(Engine, created, session, HasInput || typed, spec.Process.Interactive && !Terminal, typed);
        }
        catch
        {
            RemoveHalfMade(created.Id);
            throw;
        }
    }

    /// <summary>
    /// The failure that led here is what the user is told; a container that cannot be removed either stays visible to Get-Container.
    /// </summary>
    private void RemoveHalfMade(string id)
    {
        try
        {
            Engine.Remove(id, force: true, CancellationToken.None, volumes: true);
            if (CidFile is not null)
            {
                File.Delete(ResolvePath(CidFile));
            }
        }
        catch (EngineException e)
        {
            Warnings.Add($"The container \"{id}\" is left behind: {e.Message}");
        }
    }
}
