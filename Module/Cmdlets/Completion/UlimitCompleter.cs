using System.Collections;

namespace Containers.Cmdlets;

/// <summary>Names of the limits of setrlimit(2), in docker's spelling, followed by the equals sign.</summary>
public sealed class UlimitCompleter : Completer
{
    private static readonly (string Name, string Tip)[] s_limits =
    [
        ("core", "size of a core file, bytes"), ("cpu", "processor time, seconds"), ("data", "data segment, bytes"),
        ("fsize", "size of a file, bytes"), ("locks", "file locks"), ("memlock", "locked memory, bytes"),
        ("msgqueue", "message queues, bytes"), ("nice", "highest priority"), ("nofile", "open files"), ("nproc", "processes of the user"),
        ("rss", "resident memory, bytes"), ("rtprio", "real time priority"), ("rttime", "real time, microseconds"),
        ("sigpending", "queued signals"), ("stack", "stack, bytes"),
    ];

    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        s_limits.Select(limit => new Candidate(limit.Name + "=", limit.Tip));
}
