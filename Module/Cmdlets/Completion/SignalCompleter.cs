using System.Collections;

namespace Containers.Cmdlets;

/// <summary>Signals of signal(7) that one sends to a container, with and without SIG.</summary>
public sealed class SignalCompleter : Completer
{
    private static readonly (string Name, string Tip)[] s_signals =
    [
        ("HUP", "terminal hung up; many servers read their configuration again"), ("INT", "interrupt, as by Ctrl+C"),
        ("QUIT", "quit with a core dump; graceful for some servers"), ("KILL", "end at once; cannot be handled"),
        ("TERM", "please end"), ("USR1", "meaning is the program's own"), ("USR2", "meaning is the program's own"),
        ("STOP", "stop running; cannot be handled"), ("CONT", "go on"), ("TSTP", "stop, as by Ctrl+Z"), ("WINCH", "window size changed"),
        ("ABRT", "abort"), ("ALRM", "timer"), ("BUS", "bad memory access"), ("CHLD", "a child has ended"), ("FPE", "arithmetic error"),
        ("ILL", "illegal instruction"), ("IO", "descriptor ready"), ("PIPE", "reader is gone"), ("PROF", "profiling timer"),
        ("PWR", "power failure"), ("SEGV", "bad memory reference"), ("SYS", "bad system call"), ("TRAP", "breakpoint"),
        ("TTIN", "background read from the terminal"), ("TTOU", "background write to the terminal"), ("URG", "urgent data on a socket"),
        ("VTALRM", "virtual timer"), ("XCPU", "processor time limit"), ("XFSZ", "file size limit"),
    ];

    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound)
    {
        string prefix = word.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? "SIG" : "";
        return s_signals.Select(signal => new Candidate(prefix + signal.Name, signal.Tip));
    }
}
