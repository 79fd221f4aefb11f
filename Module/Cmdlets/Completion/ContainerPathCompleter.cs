using System.Collections;
using Containers.Engine.Copying;

namespace Containers.Cmdlets;

/// <summary>NAME:/PATH in a container. Without a colon there is nothing to offer, and PowerShell completes the host's paths.</summary>
public sealed class ContainerPathCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound)
    {
        string? container = (bound["Container"] ?? bound["ToContainer"])?.ToString();
        int colon = word.IndexOf(':', StringComparison.Ordinal);
        if (container is null && (colon <= 0 || word.IndexOf('/', 0, colon) >= 0))
        {
            return [];
        }

        string prefix = container is null ? word[..(colon + 1)] : "";
        string path = container is null ? word[(colon + 1)..] : word;
        string directory = path[..(path.LastIndexOf('/') + 1)];
        using FileView view = EngineAccess.Current.OpenFiles(
            FilePlace.Container(container ?? word[..colon]), write: false, CancellationToken.None);
        return [.. view.List(directory.Length == 0 ? "/" : directory)
            .Select(file => new Candidate(prefix + (directory.Length == 0 ? "/" : directory) + file.Name + (file.IsDirectory ? "/" : ""), file.Mode))];
    }
}
