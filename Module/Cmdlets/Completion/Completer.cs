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
        IDictionary bound = fakeBoundParameters ?? new Hashtable();
        return [.. Seen(() => Words(wordToComplete ?? "", bound)), .. Seen(() => Others(wordToComplete ?? "", bound))];
    }

    /// <param name="word">What is typed so far, without quotes.</param>
    /// <param name="bound">Other arguments of the command line that are known.</param>
    private protected abstract IEnumerable<Candidate> Candidates(string word, IDictionary bound);

    /// <summary>What PowerShell completes itself, and behind the candidates.</summary>
    private protected virtual IEnumerable<CompletionResult> Others(string word, IDictionary bound) => [];

    private IEnumerable<CompletionResult> Words(string typed, IDictionary bound)
    {
        string word = typed.Trim('\'', '"');
        bool quoted = typed.Length > 0 && typed[0] is '\'' or '"';
        return Candidates(word, bound)
            .Where(candidate => candidate.Text.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            .Where(candidate => !candidate.Text.Any(char.IsControl))
            .Select(candidate => Result(candidate, quoted));
    }

    private static List<CompletionResult> Seen(Func<IEnumerable<CompletionResult>> complete)
    {
        try
        {
            return [.. complete()];
        }
#pragma warning disable CA1031 // See above: an exception here would only break the prompt.
        catch (Exception)
#pragma warning restore CA1031
        {
            return [];
        }
    }

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
