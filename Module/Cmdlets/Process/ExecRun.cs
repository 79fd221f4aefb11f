using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>A further program in the foreground. One that nobody wants any more gets SIGTERM, and SIGKILL a second later.</summary>
internal sealed class ExecRun(ExecSession session, bool hasInput, bool inputOpen) : AttachedRun(session, hasInput, inputOpen)
{
    private readonly ExecSession _program = session;

    internal Container Container => _program.Container;

    private protected override void EndProgram() => _program.End();
}
