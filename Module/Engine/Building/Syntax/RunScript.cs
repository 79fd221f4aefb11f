namespace Containers.Engine.Building.Syntax;

/// <summary>What a RUN runs, its heredocs put in their places.</summary>
/// <param name="IsExec">The arguments as they stand; otherwise the one text is for the shell.</param>
/// <param name="ScriptName">
/// Where a heredoc begins with "#!": the file's name. It is put at /dev/pipes/NAME (0755, read-only), which is also the one argument.
/// </param>
/// <param name="ScriptText">That file's content.</param>
internal sealed record RunScript(bool IsExec, IReadOnlyList<string> Arguments, string? ScriptName, string? ScriptText)
{
    internal const string ScriptFolder = "/dev/pipes/";

    /// <summary>The arguments with the shell in front of them where they need one.</summary>
    internal IReadOnlyList<string> WithShell(IReadOnlyList<string> shell) =>
        IsExec ? Arguments : [.. shell, string.Join(' ', Arguments)];

    internal static RunScript From(RunInstruction run)
    {
        CommandLine command = run.Command;
        if (run.Heredocs.Count == 0)
        {
            return new RunScript(command.IsExec, command.Arguments, null, null);
        }

        string line = command.Arguments[0];
        if (HeredocParser.TryParse(line) is not null)
        {
            // Nothing but one heredoc. Its content is the script itself, so that shells without heredocs can run it, too.
            Heredoc only = run.Heredocs[0];
            string text = only.Text;
            if (!text.StartsWith("#!", StringComparison.Ordinal))
            {
                return new RunScript(false, [text], null, null);
            }

            // Docker runs this, as everything that is not an array, through the shell.
            return new RunScript(false, [ScriptFolder + only.Name], only.Name, text);
        }

        // Anything else is the shell's own business: it gets the line and the documents as they are written.
        return new RunScript(false, [line + string.Concat(run.Heredocs.Select(one => "\n" + one.Content + one.Name))], null, null);
    }
}
