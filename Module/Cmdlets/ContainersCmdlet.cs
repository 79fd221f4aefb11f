using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Linux;

namespace Containers.Cmdlets;

/// <summary>What every cmdlet here shares: the engine, cancellation, warnings, and errors that do not end the pipeline.</summary>
// CA1001: the source has no timer to dispose, and StopProcessing may still come, on its own thread, when the pipeline is done with us.
#pragma warning disable CA1001
public abstract partial class ContainersCmdlet : PSCmdlet
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _stop = new();

    private readonly List<string> _warnings = [];

    private ContainerEngine? _engine;

    /// <summary>The engine of the roots in the environment, which the script may have changed since the last cmdlet.</summary>
    private protected ContainerEngine Engine => _engine ??= EngineAccess.Current;

    /// <summary>Cancelled when the user or the pipeline stops this cmdlet.</summary>
    private protected CancellationToken Stop => _stop.Token;

    /// <summary>For the engine to fill; <see cref="TryRun(Action{CancellationToken})"/> writes and empties it.</summary>
    private protected IList<string> Warnings => _warnings;

    protected override void BeginProcessing()
    {
        // At the first cmdlet and not at import, so that a profile or a manifest shared between systems still loads.
        if (!OperatingSystem.IsLinux())
        {
            ThrowTerminatingError(ErrorRecords.From(new EngineException(
                EngineErrorKind.NotImplemented, "UnsupportedOperatingSystem", "Containers run on Linux only.",
                Environment.OSVersion.Platform.ToString(), "Run this in PowerShell on a Linux machine, or in WSL 2.")));
        }
    }

    /// <summary>Called on a thread of its own.</summary>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>
    /// Runs one operation of the engine. Its failure is written as a non-terminating error; anything unforeseen stays loud.
    /// </summary>
    private protected bool TryRun<T>(Func<CancellationToken, T> operation, [NotNullWhen(true)] out T? result)
        where T : notnull
    {
        try
        {
            result = operation(Stop);
            return true;
        }
        catch (EngineException e)
        {
            WriteFailure(e);
            result = default;
            return false;
        }
        catch (LinuxException e)
        {
            WriteFailure(EngineException.From(e));
            result = default;
            return false;
        }
        catch (OperationCanceledException) when (Stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            if (!Stop.IsCancellationRequested)
            {
                WriteWarnings();
            }
        }
    }

    private protected bool TryRun(Action<CancellationToken> operation) => TryRun(
        stop =>
        {
            operation(stop);
            return true;
        },
        out _);

    /// <summary>"Stop container "web"" for -WhatIf, the same as a question for -Confirm.</summary>
    private protected bool ShouldDo(string what) => ShouldProcess(what, what + "?", "Confirm");

    /// <summary>
    /// PowerShell's view of an error in a script makes one paragraph of a message's lines, and nobody can read a caret or a program's output so. Those
    /// after the first come before the error then, as by Write-Host; the exception has all of them.
    /// </summary>
    private void WriteFailure(EngineException failure)
    {
        ErrorRecord error = ErrorRecords.From(failure);
        int end = failure.Message.IndexOf('\n', StringComparison.Ordinal);
        if (end > 0 && MyInvocation.ScriptName is { Length: > 0 })
        {
            error.ErrorDetails = new ErrorDetails(failure.Message[..end]) { RecommendedAction = failure.Action };
            if (IsErrorShown())
            {
                WriteInformation(new HostInformationMessage { Message = failure.Message[(end + 1)..] }, ["PSHOST"]);
            }
        }

        WriteError(error);
    }

    private bool IsErrorShown() =>
        (MyInvocation.BoundParameters.TryGetValue("ErrorAction", out object? own) ? own : GetVariableValue("ErrorActionPreference"))
            is not (ActionPreference.SilentlyContinue or ActionPreference.Ignore);

    private void WriteWarnings()
    {
        foreach (string warning in _warnings)
        {
            WriteWarning(warning);
        }

        _warnings.Clear();
    }
}
