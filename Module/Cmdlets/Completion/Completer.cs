using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace Containers.Cmdlets;

/// <summary>
/// Completion of an argument from a list of words. A completer has nobody to tell an error to: whatever the state on disk is like,
/// it offers what it can see.
/// </summary>
public abstract class Completer : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string word = (wordToComplete ?? "").Trim('\'', '"');
        bool quoted = wordToComplete is { Length: > 0 } && wordToComplete[0] is '\'' or '"';
        try
        {
            return [.. Candidates(word, fakeBoundParameters ?? new Hashtable())
                .Where(candidate => candidate.Text.StartsWith(word, StringComparison.OrdinalIgnoreCase))
                .Where(candidate => !candidate.Text.Any(char.IsControl))
                .Select(candidate => Result(candidate, quoted))];
        }
#pragma warning disable CA1031 // See above: an exception here would only break the prompt.
        catch (Exception)
#pragma warning restore CA1031
        {
            return [];
        }
    }

    /// <param name="word">What is typed so far, without quotes.</param>
    /// <param name="bound">Other arguments of the command line that are known.</param>
    private protected abstract IEnumerable<Candidate> Candidates(string word, IDictionary bound);

    private static CompletionResult Result(Candidate candidate, bool quoted)
    {
        bool plain = !quoted && candidate.Text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/' or ':')
            && candidate.Text[0] is not '-';
        string text = plain ? candidate.Text : "'" + CodeGeneration.EscapeSingleQuotedStringContent(candidate.Text) + "'";
        string tip = ContainerDisplay.Plain(candidate.Tip);
        return new CompletionResult(text, candidate.Text, CompletionResultType.ParameterValue, tip.Length > 0 ? tip : candidate.Text);
    }
}

/// <param name="Text">The word.</param>
/// <param name="Tip">What it is.</param>
internal readonly record struct Candidate(string Text, string Tip);
