namespace Containers.Engine.Building.Syntax;

/// <summary>What RUN, CMD, ENTRYPOINT and HEALTHCHECK run.</summary>
/// <param name="IsExec">Written as a JSON array: run as it stands. Otherwise the one argument is a text for the shell.</param>
/// <param name="Arguments">The array's strings, or the one text; empty where nothing is written.</param>
/// <param name="LooksLikeExec">A text for the shell that begins with "[": somebody may have meant an array.</param>
internal sealed record CommandLine(bool IsExec, IReadOnlyList<string> Arguments, bool LooksLikeExec, SourceRange Range)
{
    /// <summary>The arguments with the shell in front of them where they need one.</summary>
    internal IReadOnlyList<string> WithShell(IReadOnlyList<string> shell) =>
        IsExec ? Arguments : [.. shell, string.Join(' ', Arguments)];
}
