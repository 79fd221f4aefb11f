using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>A cmdlet that may show a container's run: on the user's terminal if the container has one, else as lines down the pipeline.</summary>
public abstract class AttachingCmdlet : ContainerTargetCmdlet
{
    /// <summary>Keys that let go of a container with a terminal, in docker's form.</summary>
    [Parameter]
    [AllowEmptyString]
    public string DetachKeys { get; set; } = DetachSequence.Default;

    private DetachSequence? _keys;

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _keys = ParseDetachKeys(DetachKeys);
    }

    /// <summary>Follows a run to its end, or until the user lets go.</summary>
    /// <param name="session">The run; it is disposed of.</param>
    /// <param name="input">The container gets what is typed.</param>
    /// <param name="first">The session that started it: the end of what is typed is the end of its input.</param>
    private protected void Follow(RunSession session, bool input, bool first)
    {
        using (session)
        {
            if (TryRun(stop => FollowToEnd(session, input, first, stop), out bool ended) && ended && session.Exit is { } exit)
            {
                SetLastExitCode(exit);
            }
        }
    }

    private bool FollowToEnd(RunSession session, bool input, bool first, CancellationToken stop)
    {
        if (session.HasTerminal && input)
        {
            return Relay(session, _keys!, redraw: !first, stop);
        }

        TypedLines? keyboard = null;
        if (input && HasKeyboard)
        {
            keyboard = new TypedLines(
                typed => session.WriteInput(typed, CancellationToken.None), first ? session.CloseInput : static () => { });
        }
        else if (first)
        {
            session.CloseInput();
        }

        try
        {
            ProgramOutput lines = new(this, asBytes: false);
            while (session.Read(out OutputChunk chunk, stop))
            {
                lines.Write(chunk);
            }

            lines.End();
        }
        finally
        {
            session.Dispose(); // A reader whose container takes no input comes back.
            keyboard?.Dispose();
        }

        return true;
    }
}
