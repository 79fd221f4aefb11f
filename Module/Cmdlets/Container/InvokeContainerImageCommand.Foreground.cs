using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>The run in the foreground: its output, its end, and what happens when nobody wants it any more.</summary>
public sealed partial class InvokeContainerImageCommand
{
    private const string StderrTag = "Stderr";

    // "PSHOST" shows it at the prompt whatever $InformationPreference says, as Write-Host does.
    private static readonly string[] s_stderrTags = ["PSHOST", StderrTag];

    private readonly LineSplitter _stdout = new();

    private readonly LineSplitter _stderr = new();

    private volatile ForegroundRun? _run;

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
        AppendInput(run, input);
        while (run.TakeWhileInputIsFull(Stop, out OutputChunk chunk))
        {
            Write(chunk);
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
            Write(chunk);
        }

        _stdout.End(WriteObject);
        _stderr.End(WriteStderr);
    }

    private void Write(OutputChunk chunk)
    {
        if (chunk.Stream == LogStream.Stderr)
        {
            _stderr.Add(chunk.Data.Span, WriteStderr);
        }
        else
        {
            _stdout.Add(chunk.Data.Span, WriteObject);
        }
    }

    private void WriteStderr(string line) => WriteInformation(new HostInformationMessage { Message = line }, s_stderrTags);
}
