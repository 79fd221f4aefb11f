using System.Collections;
using System.Management.Automation;
using Containers.Engine.Copying;

namespace Containers.Cmdlets;

/// <summary>NAME:/PATH in a container, names of containers with their colon, and the host's paths as PowerShell completes them.</summary>
public class ContainerPathCompleter : Completer
{
    /// <summary>The parameter with the container that the path is in.</summary>
    private protected virtual string ContainerParameter => "Container";

    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound)
    {
        string? container = bound[ContainerParameter]?.ToString();
        int colon = word.IndexOf(':', StringComparison.Ordinal);
        if (container is null && colon < 0)
        {
            return EngineAccess.Current.List().Select(each => new Candidate(each.Name + ":", $"{each.Name}: {each.Image}, {each.Status}"));
        }

        if (container is null && (colon == 0 || word.IndexOf('/', 0, colon) >= 0))
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

    /// <summary>A drive's path has a colon, too.</summary>
    private protected override IEnumerable<CompletionResult> Others(string word, IDictionary bound) =>
        bound.Contains(ContainerParameter) ? [] : CompletionCompleters.CompleteFilename(word);
}

/// <summary>The same for a destination.</summary>
public sealed class ContainerDestinationCompleter : ContainerPathCompleter
{
    private protected override string ContainerParameter => "ToContainer";
}
