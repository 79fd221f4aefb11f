using System.Collections;

namespace Containers.Cmdlets;

/// <summary>Shells that containers may have.</summary>
public sealed class ContainerShellCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
    [
        new("auto", "the user's shell, else the first of bash, ash and sh"), new("bash", "bash"), new("ash", "ash"), new("sh", "sh"),
    ];
}
