using System.Collections;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Names of containers; ids too, once one character is typed.</summary>
public class ContainerNameCompleter : Completer
{
    private protected virtual bool Fits(Container container) => true;

    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound)
    {
        List<Container> fitting = [.. EngineAccess.Current.List().Where(Fits)];
        IEnumerable<Candidate> names = fitting.Select(container => new Candidate(container.Name, Tip(container)));
        return word.Length == 0 ? names : names.Concat(fitting.Select(container => new Candidate(Id(container, word), Tip(container))));
    }

    /// <summary>Not shorter than what is typed already.</summary>
    private static string Id(Container container, string word) => word.Length > container.ShortId.Length ? container.Id : container.ShortId;

    private static string Tip(Container container) => $"{container.Name}: {container.Image}, {container.Status}";
}

public sealed class RunningContainerCompleter : ContainerNameCompleter
{
    private protected override bool Fits(Container container) => container.IsRunning || container.State == ContainerState.Restarting;
}

public sealed class StartableContainerCompleter : ContainerNameCompleter
{
    private protected override bool Fits(Container container) => container.State is ContainerState.Created or ContainerState.Exited;
}

public sealed class UnpausedContainerCompleter : ContainerNameCompleter
{
    private protected override bool Fits(Container container) => container.State == ContainerState.Running;
}

public sealed class PausedContainerCompleter : ContainerNameCompleter
{
    private protected override bool Fits(Container container) => container.State == ContainerState.Paused;
}
