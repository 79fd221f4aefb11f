using System.Collections;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Users of the container that is named on the command line, by its own /etc/passwd.</summary>
public sealed class ContainerUserCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound)
    {
        object? named = Conversions.Unwrap(bound["Name"] ?? bound["Container"]);
        string? container = named switch
        {
            Container one => one.Id,
            object[] { Length: 1 } list => Conversions.Unwrap(list[0]) as string,
            _ => named as string,
        };
        return string.IsNullOrEmpty(container)
            ? []
            : EngineAccess.Current.GetUsers(container).Select(user => new Candidate(user.Name, $"{user.Name}: uid {user.Uid}"));
    }
}
