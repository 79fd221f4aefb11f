using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;

namespace Containers.Cmdlets;

/// <summary>The terminal that the user sits at.</summary>
public abstract partial class ContainersCmdlet
{
    /// <summary>Somebody types at this process, and this pipeline is not that of a job or of a remote session.</summary>
    private protected bool HasKeyboard => SessionTerminal.HasKeyboard && Host.Name is not ("ServerRemoteHost" or "Default Host");

    /// <summary>The size of the user's terminal.</summary>
    /// <exception cref="EngineException">TerminalRequired.</exception>
    private protected TerminalSize RequireTerminal(string container, string action) => HasKeyboard && SessionTerminal.IsPresent
        ? SessionTerminal.Size
        : throw new EngineException(
            EngineErrorKind.InvalidOperation, ErrorIds.TerminalRequired,
            "This session has no terminal: its input or output is a pipe or a file, or it is a job or a remote session.", container, action);

    /// <summary>Ends the cmdlet on keys that are none, before it has done anything.</summary>
    private protected DetachSequence ParseDetachKeys(string text)
    {
        try
        {
            return DetachSequence.Parse(text);
        }
        catch (EngineException e)
        {
            ThrowTerminatingError(ErrorRecords.From(e));
            throw;
        }
    }

    /// <summary>Joins the terminals of the user and of a container's run.</summary>
    /// <returns>False when the user let go of it.</returns>
    private protected bool Relay(RunSession session, DetachSequence keys, bool redraw, CancellationToken stop)
    {
        if (!new TerminalRelay(session, session.Resize, session.Detach, keys, endsWithTerminal: false).Run(redraw, stop))
        {
            return true;
        }

        string name = session.Container.Name;
        Tell($"Container \"{name}\" runs on. Connect-Container {name} comes back to it.");
        return false;
    }

    /// <summary>Joins the terminals of the user and of a further program.</summary>
    /// <returns>False when the user let go of it.</returns>
    private protected bool Relay(ExecSession session, DetachSequence keys, CancellationToken stop)
    {
        if (!new TerminalRelay(session, session.Resize, session.Detach, keys, endsWithTerminal: true).Run(redraw: false, stop))
        {
            return true;
        }

        string name = session.Container.Name;
        Tell($"The program runs on in container \"{name}\". Get-ContainerProcess {name} shows it, Stop-ContainerProcess ends it.");
        return false;
    }

    private void Tell(string text) => WriteInformation(new HostInformationMessage { Message = text }, ["PSHOST"]);

    private protected void SetLastExitCode(ContainerExit exit) => SetLastExitCode(exit.ExitCode ?? -1);

    private protected void SetLastExitCode(int code) => SessionState.PSVariable.Set("global:LASTEXITCODE", code);

    /// <summary>
    /// Starts a program whose exit code $LASTEXITCODE will be. When it does not start, that is docker's code for it: one that an earlier program left
    /// would be taken for this one's.
    /// </summary>
    private protected T Starting<T>(Func<T> start)
    {
        const int NotFound = 127;
        const int NotExecutable = 126;
        const int NotStarted = 125;
        try
        {
            return start();
        }
        catch (EngineException e)
        {
            SetLastExitCode(e.ErrorId switch
            {
                "CommandNotFound" or "ShellNotFound" => NotFound,
                "CommandNotExecutable" or "CommandFormat" => NotExecutable,
                _ => NotStarted,
            });
            throw;
        }
        catch (LinuxException)
        {
            SetLastExitCode(NotStarted);
            throw;
        }
    }
}
