using System.Runtime.InteropServices;

namespace Containers.Engine.Launch.Plan;

/// <summary>
/// The plan file: a memory image that the monitor loads and uses in place. All texts are NUL-terminated UTF-8 and all lists
/// NULL-terminated arrays, just as the kernel wants them, because the child that walks the plan may not allocate. In the file a
/// pointer is an offset from the file's start; the relocation table at the end names every pointer. Written and read on one
/// machine by one version: <see cref="Version"/> is checked, nothing is converted.
/// </summary>
internal static class PlanFormat
{
    /// <summary>"CPLN", little endian.</summary>
    internal const uint Magic = 0x4e4c5043;

    /// <summary>Raised with every change of a structure, an opcode or a message.</summary>
    internal const uint Version = 9;

    /// <summary>Larger plans are refused (security.md S8): arguments and environment have their own limits far below.</summary>
    internal const int MaximumSize = 16 << 20;

    /// <summary>Numbered places for descriptors that steps hand to each other.</summary>
    internal const int Slots = 128;

    /// <summary>Ports that one container holds: each is a descriptor of its monitor.</summary>
    internal const int MaximumPorts = 4096;

    /// <summary>
    /// The slot in which the plan of a further program finds a descriptor (pidfd) of the container's first process: the monitor puts it there.
    /// </summary>
    internal const int ContainerSlot = 23;

    /// <summary>
    /// The slot in which the plan of a further program finds the socket that takes the master of its terminal. It is closed before the container
    /// can see the process: the report pipe that stays open carries numbers only.
    /// </summary>
    internal const int TerminalSlot = 22;

    /// <summary>Not a failed step, but the news on the report pipe that the process is made that will be the program; its pid takes the errno's place.</summary>
    internal const int EnteredStep = -2;

    /// <summary>Not a failed step, but the message that carries the master of a terminal: on the report socket, or on the one in <see cref="TerminalSlot"/>.</summary>
    internal const int TerminalStep = -3;

    /// <summary>Not a failed step, but the message on the report socket that carries the container's root directory.</summary>
    internal const int RootStep = -4;

    /// <summary>A start that fails with this step or a higher one could not take a port: the rest is its index. No plan is so long.</summary>
    internal const int FirstPortStep = 1 << 20;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PlanHeader
{
    internal uint Magic;
    internal uint Version;
    internal uint Size;
    internal uint RelocationCount;
    internal uint RelocationOffset;
    internal uint StepCount;
    internal PlanStepData* Steps;

    /// <summary>Namespaces the child is born with (CLONE_NEW*).</summary>
    internal ulong CloneFlags;
    internal byte* ContainerId;
    internal byte* BootId;

    /// <summary>Where the container's record lives; the monitor writes <c>state.json</c> there.</summary>
    internal byte* DataDirectory;

    /// <summary>Where <see cref="DataDirectory"/> is moved before it is deleted (RemoveOnExit).</summary>
    internal byte* TrashDirectory;

    /// <summary>Holds the control socket and the lock; removed at the end.</summary>
    internal byte* RunDirectory;

    /// <summary>The file that reserves the container's name; removed with a container that removes itself.</summary>
    internal byte* NameFile;
    internal byte* LogDirectory;

    /// <summary>Path of <see cref="Plan.EventFile"/>, or null; and what each record says of the container (EventText.Subject).</summary>
    internal byte* EventFile;
    internal byte* EventSubject;
    internal ulong LogMaximumBytes;
    internal uint LogMaximumFiles;
    internal uint LogNumber;

    /// <summary>For <see cref="LogFormat.Journal"/>: the socket's path, and the fields that all messages have, NAME=value lines.</summary>
    internal byte* JournalSocket;
    internal byte* JournalFields;
    internal LogFormat LogFormat;

    /// <summary>Path of the health check's plan, or null without one.</summary>
    internal byte* HealthPlan;
    internal PlanHealth Health;
    internal PlanFlags Flags;
    internal RestartKind Restart;
    internal uint RestartMaximum;
    internal uint RestartCount;
    internal int StopSignal;
    internal uint StopTimeoutMilliseconds;

    /// <summary>Process namespace of another container the child is born into, or null.</summary>
    internal byte* PidNamespace;

    /// <summary>/proc/PID/stat of the process that <see cref="PidNamespace"/> belongs to, and its start time there: a pid is reused.</summary>
    internal byte* PidNamespaceStatus;
    internal ulong PidNamespaceStartTime;
    internal byte* CgroupCloneInto;
    internal byte* CgroupKillFile;
    internal byte* CgroupFreezeFile;
    internal byte* CgroupProcessesFile;
    internal byte* CgroupOomFile;
    internal byte** CgroupDirectories;

    /// <summary>Where the monitor's own command line lies in memory: set by the monitor, for the init that must not show it.</summary>
    internal byte* ArgumentsStart;
    internal byte* ArgumentsEnd;

    /// <summary>cgroup.procs files of the monitors' own cgroup: a detached monitor leaves the session's cgroup, or null.</summary>
    internal byte** MonitorCgroupFiles;

    /// <summary>The engine's network lock (flock(2)), or null when there is nothing to undo.</summary>
    internal byte* NetworkLockFile;

    /// <summary>Run at the container's final end, each if its script is there.</summary>
    internal PlanUndoData* NetworkUndo;

    /// <summary>Held by the monitor from before the first run until the final end.</summary>
    internal PlanPort* Ports;
    internal uint NetworkUndoCount;
    internal uint PortCount;

    /// <summary>A further program: what the monitor writes down about it, as JSON. See <see cref="PlanFlags.Further"/>.</summary>
    internal byte* Record;

    /// <summary>The files that make a container that removes itself a user of volumes; or null.</summary>
    internal byte** VolumeUsers;

    /// <summary>
    /// Volumes that go with it, five texts each: the lock (flock(2)), the directory of users, its own file there, the volume, where it is moved
    /// before it is deleted; or null.
    /// </summary>
    internal byte** PassingVolumes;
}

[Flags]
internal enum PlanFlags : uint
{
    None = 0,

    /// <summary>The container has a stdin pipe; otherwise it reads /dev/null.</summary>
    StandardInput = 1,

    /// <summary>The session stays connected and wants output and exit.</summary>
    Foreground = 2,
    RemoveOnExit = 4,
    FreezeIsV1 = 8,

    /// <summary>Output is not written to a log.</summary>
    NoLog = 16,

    /// <summary>The init of the container shares the host's process namespace: its other processes must be killed by cgroup.</summary>
    SharedProcessNamespace = 32,

    /// <summary>Standard input ends when the session that started the container closes its side.</summary>
    CloseInputWithSession = 64,

    /// <summary>The cgroups above the container's are the engine's own: the last container removes them.</summary>
    RemoveCgroupParents = 128,

    /// <summary>The monitor gets the network namespace as <see cref="MonitorProtocol.NetworkDescriptor"/>.</summary>
    NetworkDescriptor = 256,

    /// <summary>A further program in a container that runs: its directory is <see cref="PlanHeader.RunDirectory"/>.</summary>
    Further = 512,

    /// <summary>Nobody waits for the further program: it runs on without a session, and its record stays as long as the container runs.</summary>
    Detached = 1024,

    /// <summary>The process has a terminal for its input and output; <see cref="StandardInput"/> says whether anybody may type.</summary>
    Terminal = 2048,

    /// <summary>The container is killed when the session that started it is gone: nobody else has a use for it.</summary>
    EndsWithSession = 1 << 16,

    /// <summary>The monitor gets secrets as <see cref="MonitorProtocol.SecretDescriptor"/>.</summary>
    SecretDescriptor = 1 << 17,
}

/// <summary>What a container's checks say; the numbers are part of state.json and the protocol.</summary>
public enum HealthState
{
    /// <summary>There is no check, or the container does not run.</summary>
    None = 0,

    /// <summary>No check has succeeded yet, and not so many have failed that it would be unhealthy.</summary>
    Starting = 1,
    Healthy = 2,
    Unhealthy = 3,
}

/// <summary>When the health check is made, and what comes of it. Times are milliseconds.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PlanHealth
{
    internal long Interval;
    internal long Timeout;
    internal long StartPeriod;
    internal long StartInterval;
    internal uint Retries;
    internal HealthAction Action;
}

/// <summary>What the monitor does with a container that has become unhealthy.</summary>
public enum HealthAction
{
    /// <summary>It is only shown, and told as an event.</summary>
    None = 0,

    /// <summary>Its processes are killed; what comes then is the restart policy's.</summary>
    Kill = 1,

    /// <summary>It is stopped and started again.</summary>
    Restart = 2,

    /// <summary>It is stopped.</summary>
    Stop = 3,
}

/// <summary>Where the output is written, unless <see cref="PlanFlags.NoLog"/>.</summary>
internal enum LogFormat : uint
{
    /// <summary>Numbered files of <see cref="LogRecordHeader"/>.</summary>
    Records = 0,

    /// <summary>Docker's json-file.</summary>
    Json = 1,

    /// <summary>The systemd journal.</summary>
    Journal = 2,
}

/// <summary>What happens when the container ends by itself; the numbers are part of the plan and the protocol.</summary>
public enum RestartKind
{
    /// <summary>It stays ended.</summary>
    No = 0,

    /// <summary>It is started again, whatever its exit code was.</summary>
    Always = 1,

    /// <summary>It is started again after an exit code other than 0.</summary>
    OnFailure = 2,

    /// <summary>Like Always, but a stopped container stays stopped over a reboot.</summary>
    UnlessStopped = 3,
}

/// <summary>One step. The meaning of the fields depends on <see cref="Code"/>: see the records under Launch/Steps.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PlanStepData
{
    internal PlanOpcode Code;
    internal ushort Flags;
    internal int Slot;
    internal int Slot2;
    internal uint Mode;
    internal ulong X;
    internal ulong Y;
    internal ulong Z;
    internal byte* Text1;
    internal byte* Text2;
    internal byte* Text3;
    internal byte** List1;
    internal byte** List2;
    internal byte** List3;
}

internal enum PlanOpcode : ushort
{
    None = 0,
    WriteHostFile,
    Unshare,
    JoinNamespace,
    MakeMountsPrivate,
    ChangeHostDirectory,
    Mount,
    OpenHost,
    OpenInRoot,
    CreateFileSystem,
    Attach,
    MakeNode,
    MakeDirectory,
    MakeSymbolicLink,
    CloneTree,
    SetMountAttributes,
    MaskPath,
    ReadOnlyPath,
    WriteInSlot,
    PivotRoot,
    SetHostName,
    SetDomainName,
    RaiseLoopback,
    SetResourceLimit,
    JoinSessionKeyring,
    SetUmask,
    DropBoundingSet,
    SetUser,
    SetCapabilities,
    NoNewPrivileges,
    LoadSeccomp,
    ChangeDirectory,
    RunInit,
    Execute,
    CloseSlot,
    OpenNullInput,
    JoinNetworkDescriptor,
    OpenTerminal,
    AttachConsole,
    OpenBeneath,
    MakeUserNamespace,
    JoinContainer,
    OpenNull,
    EnterProcessNamespace,
    CopySecret,
}

/// <summary>Flags of <see cref="PlanOpcode.OpenInRoot"/>.</summary>
[Flags]
internal enum OpenInRootFlags : ushort
{
    None = 0,

    /// <summary>Make missing directories on the way, and the last one.</summary>
    CreateDirectory = 1,

    /// <summary>Make missing directories on the way, and an empty file at the end.</summary>
    CreateFile = 2,

    /// <summary>The last component may not be a symbolic link: for the mount points an image must not redirect.</summary>
    NoLink = 4,

    /// <summary>A directory is required.</summary>
    Directory = 8,

    /// <summary>A missing path leaves the slot empty, and steps that use it do nothing.</summary>
    Optional = 16,

    /// <summary>Nothing but procfs itself may be mounted on procfs, whatever links lead there (security.md S10).</summary>
    NotProc = 32,

    /// <summary>A directory for a directory and a file for a file: X is the slot of what will be mounted there.</summary>
    LikeSource = 64,
}
