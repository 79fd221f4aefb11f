using System.Runtime.InteropServices;

namespace Containers.Engine.Launch.Plan;

/// <summary>
/// Messages between a session and a monitor, over the socket pair the monitor is born with and over its control socket. Each is a
/// header followed by <see cref="MessageHeader.Length"/> bytes. Numbers travel as numbers (errno, signal), never as text.
/// </summary>
/// <remarks>
/// session                               monitor
///   |  (spawn, plan path)                  |
///   |&lt;----- Started | Failed --------------|   once for each start that the session asked for
///   |&lt;----- Output, Error -----------------|   only to attached sessions, with back-pressure
///   |------ Input, EndOfInput ------------&gt;|
///   |------ Signal, Stop, Pause, ... -----&gt;|
///   |------ Resize ----------------------&gt;|   without an answer: the size of a terminal
///   |&lt;----- Done | Refused ----------------|   one answer to each request
///   |&lt;----- Exited ------------------------|   to attached and waiting sessions; then the connection ends
///
/// A further program (docs/adr/0014), on a connection of its own:
///   |------ Execute + descriptors --------&gt;|   the plan in a memory file; attached, without a terminal: stdout, stderr, stdin
///   |&lt;----- Started | Failed | Refused -----|   attached, with a terminal: and its master; detached: then the connection ends
///   |------ Signal -----------------------&gt;|   to the program; the end of the connection ends it
///   |------ Detach + master --------------&gt;|   with a terminal: the program goes on, and the connection ends after Done
///   |&lt;----- Exited ------------------------|
/// </remarks>
internal enum MessageType : byte
{
    None = 0,

    // From the monitor
    Started = 1,
    Failed = 2,
    Output = 3,
    Error = 4,
    Exited = 5,
    Done = 6,
    Refused = 7,

    /// <summary>Answer to TestHealth. A: exit code, -1 without one. B: errno that prevented one. C: HealthState. D: failing streak. E: start. F: duration, both in ns.</summary>
    HealthChecked = 8,

    // From a session
    Input = 32,
    EndOfInput = 33,
    Signal = 34,
    Stop = 35,
    Pause = 36,
    Resume = 37,
    SetRestart = 38,
    SetNameFile = 39,
    Wait = 40,
    Attach = 41,
    Detach = 42,
    HoldPort = 43,
    ReleasePort = 44,
    Resize = 46,

    /// <summary>Data: what its events say of the container from now on.</summary>
    SetEventSubject = 45,

    /// <summary>Makes a further program, see above.</summary>
    Execute = 47,

    /// <summary>Checks the container's health now. Refused with ENODATA where there is no check.</summary>
    TestHealth = 48,

    /// <summary>
    /// Data: a <see cref="PlanHealth"/>; with the path of its plan behind it, it is another check, and what is known of the container's health is
    /// forgotten; nothing at all where there is no check any more.
    /// </summary>
    SetHealth = 49,
}

[StructLayout(LayoutKind.Sequential)]
internal struct MessageHeader
{
    internal MessageType Type;
    internal byte Reserved0;
    internal ushort Reserved1;
    internal int Length;
}

/// <summary>
/// The body of every message but Input, Output, Error, SetNameFile, SetEventSubject and SetHealth: 32 bytes. Those of HoldPort and ReleasePort begin with a
/// <see cref="PlanPort"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MessageBody
{
    /// <summary>
    /// Started: pid. Failed: index of the step, -1 before the first, from <see cref="PlanFormat.FirstPortStep"/> a port. Exited:
    /// exit code. Signal, Stop: the signal. Resize: rows.
    /// </summary>
    internal int A;

    /// <summary>Failed, Refused: errno. Exited: signal that ended it, or 0. Stop: time-out in milliseconds, -1 for ever. SetRestart: kind. Resize: columns.</summary>
    internal int B;

    /// <summary>Exited: 1 when the kernel killed for lack of memory. SetRestart: maximum.</summary>
    internal int C;

    /// <summary>Exited: 1 when the container will be started again.</summary>
    internal int D;

    /// <summary>Started: start time of the process in clock ticks since boot (proc_pid_stat(5), field 22).</summary>
    internal ulong E;

    internal ulong F;
}

internal static class MonitorProtocol
{
    /// <summary>Longest piece of output or input in one message.</summary>
    internal const int MaximumData = 64 << 10;

    /// <summary>The session's descriptor in a new monitor.</summary>
    internal const int SessionDescriptor = 3;

    /// <summary>
    /// The container's network namespace in its monitor, when a session made one: what holds it from before the first run until after the
    /// last. There is no bind mount, so the kernel removes namespace, interfaces and addresses with the last of monitor and processes.
    /// </summary>
    /// <remarks>
    /// Sessions reach it as <c>/proc/MONITORPID/fd/4</c> at any time, also between two runs. The monitor is undumpable, so opening that
    /// needs CAP_SYS_PTRACE (ptrace(2), PTRACE_MODE_READ_FSCREDS): root has it. Compare the monitor's start time after the opening, as
    /// with every pid. It is closed when the container has ended for good, before the exit is reported.
    /// </remarks>
    internal const int NetworkDescriptor = 4;

    /// <summary>
    /// The container's root directory (O_PATH) in its monitor while a process of it runs: the root of its mount namespace, whatever its first
    /// process made of its own. Reached as <c>/proc/MONITORPID/fd/5</c>, with the same conditions; open paths in it with RESOLVE_IN_ROOT.
    /// </summary>
    internal const int RootDescriptor = 5;

    /// <summary>
    /// A memory file with what the first start copies into the container's own mounts (<see cref="PlanOpcode.CopySecret"/>), so that it is never
    /// in a file of the host; only with <see cref="PlanFlags.SecretDescriptor"/>.
    /// </summary>
    internal const int SecretDescriptor = 6;

    /// <summary>Descriptors of <see cref="MessageType.Execute"/>: the plan, then the ends of pipes that the program gets.</summary>
    internal const int PlanOfExecute = 0;
    internal const int OutputOfExecute = 1;
    internal const int ErrorOfExecute = 2;
    internal const int InputOfExecute = 3;

    /// <summary>Below the run directory: a directory for each further program.</summary>
    internal const string ExecutionsName = "exec";

    internal const string ControlSocketName = "control.sock";

    internal const string LockFileName = "lock";

    internal const string StateFileName = "state.json";
}

/// <summary>A record of the container's log: this header, then <see cref="Length"/> bytes as they came from the pipe.</summary>
/// <remarks>
/// One record is what one read returned: many lines, or a part of one. Readers split lines and join parts. That makes writing a log one
/// system call a piece, whatever the lines' lengths.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct LogRecordHeader
{
    internal const uint RecordMagic = 0x474f4c43;

    /// <summary>Bytes of this header.</summary>
    internal const int Size = 16;

    /// <summary>"CLOG", little endian: a reader can find the next record after damage.</summary>
    internal uint Magic;

    /// <summary>Low 24 bits: length of the data. High 8 bits: 1 stdout, 2 stderr.</summary>
    internal uint StreamAndLength;

    /// <summary>When the data was read: nanoseconds since 1970, UTC.</summary>
    internal long Time;

    internal readonly int Length => (int)(StreamAndLength & 0xffffff);

    internal readonly int Stream => (int)(StreamAndLength >> 24);
}
