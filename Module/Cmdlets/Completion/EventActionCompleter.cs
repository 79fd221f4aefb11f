using System.Collections;
using Containers.Engine.Events;

namespace Containers.Cmdlets;

/// <summary>Actions of events.</summary>
public sealed class EventActionCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        EventActions.All.Select(action => new Candidate(action, action));
}
