using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>A further program in the foreground. One that nobody wants any more gets SIGTERM, and SIGKILL a second later.</summary>
internal sealed class ExecRun(ExecSession session, bool hasInput, bool inputOpen, bool typed = false)
    : AttachedRun(session, hasInput, inputOpen, typed)
{
    private readonly ExecSession _program = session;

    /// <summary>For whoever joins it with a terminal.</summary>
    internal ExecSession Session => _program;

    internal Container Container => _program.Container;

    private protected override void EndProgram() => _program.End();
}
