using Containers.Engine;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>A container's run in the foreground. One that nobody wants any more is stopped: its stop signal, a second, then the kill.</summary>
internal sealed class ForegroundRun : AttachedRun
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    private readonly ContainerEngine _engine;

    private readonly Container _created;

    private readonly RunSession _session;

    internal ForegroundRun(ContainerEngine engine, Container created, RunSession session, bool hasInput, bool inputOpen, bool typed = false)
        : base(session, hasInput, inputOpen, typed)
    {
        _engine = engine;
        _created = created;
        _session = session;
    }

    /// <summary>For whoever joins it with a terminal.</summary>
    internal RunSession Session => _session;

    /// <summary>The container after its end. One that removed itself, or whose record is about to say so, as the session saw it.</summary>
    internal Container LastSeen(ContainerExit exit)
    {
        Container last;
        try
        {
            last = _engine.Get(_created.Id);
        }
        catch (EngineException e) when (e.ErrorId == ErrorIds.ContainerNotFound)
        {
            last = _session.Container;
        }

        return last.IsRunning || last.State == ContainerState.Created || last.ExitCode is null
            ? last with
            {
                State = exit.Restarts ? ContainerState.Restarting : ContainerState.Exited,
                ExitCode = exit.ExitCode,
                Signal = exit.Signal == 0 ? null : exit.Signal,
                OomKilled = exit.OomKilled,
                Finished = last.Finished ?? DateTimeOffset.UtcNow,
                ProcessId = 0,
            }
            : last;
    }

    private protected override void EndProgram()
    {
        try
        {
            // One with RemoveOnExit removes itself.
            _engine.Stop(_created.Id, s_grace, signal: null, force: false, CancellationToken.None);
        }
        catch (EngineException)
        {
            // It has ended meanwhile, or it is paused and only a kill helps; nobody listens any more to what else went wrong.
            Kill();
        }
    }

    private void Kill()
    {
        try
        {
            _engine.Stop(_created.Id, TimeSpan.Zero, signal: null, force: true, CancellationToken.None);
        }
        catch (EngineException)
        {
            // Get-Container tells what is left.
        }
    }
}
