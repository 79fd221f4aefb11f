using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>The run in the foreground: its output, its end, and what happens when nobody wants it any more.</summary>
public sealed partial class InvokeContainerImageCommand
{
    private ProgramOutput? _output;

    private volatile ForegroundRun? _run;

    private ProgramOutput Output => _output ??= new ProgramOutput(this, AsByteStream);

    /// <summary>On a thread of its own: the container must go also while the pipeline's thread is busy further down.</summary>
    protected override void StopProcessing()
    {
        base.StopProcessing();
        _run?.Abandon();
    }

    /// <summary>Also when a command before this one fails: then neither ProcessRecord nor EndProcessing is called again.</summary>
    public void Dispose()
    {
        _run?.Dispose();
        _run = null;
    }

    /// <summary>Whatever ends the pipeline here, Select-Object -First or Ctrl+C or an error, ends the container.</summary>
    private void Guarded(Action<ForegroundRun> step)
    {
        ForegroundRun run = _run!;
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

    private void Feed(ForegroundRun run, object? input)
    {
        run.Append(input);
        while (run.TakeWhileInputIsFull(Stop, out OutputChunk chunk))
        {
            Output.Write(chunk);
        }
    }

    private void Finish(ForegroundRun run)
    {
        if (RelaysTerminal)
        {
            if (!Relay(run.Session, _keys!, redraw: false, Stop))
            {
                run.End(); // Nobody's run any more: it goes on.
                return;
            }
        }
        else
        {
            WriteOutput(run);
        }

        ContainerExit exit = run.End();
        SetLastExitCode(exit);
        bool failed = exit.ExitCode != 0
            && (ErrorOnNonZeroExit || LanguagePrimitives.IsTrue(GetVariableValue("PSNativeCommandUseErrorActionPreference")));
        if (PassThru || failed)
        {
            Container last = run.LastSeen(exit);
            if (PassThru)
            {
                WriteObject(last);
            }

            if (failed)
            {
                WriteError(ErrorRecords.ExitedNonZero(last));
            }
        }
    }

    private void WriteOutput(ForegroundRun run)
    {
        run.EndInput();
        while (run.Read(Stop, out OutputChunk chunk))
        {
            Output.Write(chunk);
        }

        Output.End();
    }
}
