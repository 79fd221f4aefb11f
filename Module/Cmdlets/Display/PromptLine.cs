using System.Management.Automation;
using System.Management.Automation.Language;

namespace Containers.Cmdlets;

/// <summary>
/// Whether what a command writes goes to the screen and nowhere else: typed at the prompt as the last command of a line, not assigned, not
/// redirected, not part of an expression, function or script. PowerShell does not say it, so the line is looked at. In doubt it does not.
/// </summary>
internal static class PromptLine
{
    internal static bool Shows(InvocationInfo invocation)
    {
        if (invocation.CommandOrigin != CommandOrigin.Runspace || invocation.PipelinePosition != invocation.PipelineLength
            || string.IsNullOrEmpty(invocation.Line))
        {
            return false;
        }

        ScriptBlockAst line = Parser.ParseInput(invocation.Line, out _, out _);
        return line.Find(ast => ast is CommandAst && ast.Extent.StartColumnNumber == invocation.OffsetInLine, searchNestedScriptBlocks: true)
            is CommandAst { Parent: PipelineAst { Parent: NamedBlockAst { Parent: ScriptBlockAst { Parent: null } } } pipeline } command
            && pipeline.PipelineElements[^1] == command
            && !command.Redirections.Any(redirection => redirection.FromStream is RedirectionStream.Output or RedirectionStream.All);
    }
}
