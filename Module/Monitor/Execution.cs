using Containers.Engine.Launch.Plan;

namespace Containers.Monitor;

/// <summary>Who wants to know how a further program ends.</summary>
internal enum ExecutionOwner
{
    /// <summary>The place in the table is free.</summary>
    None,

    /// <summary>A session that is attached; the program ends with its connection.</summary>
    Session,

    /// <summary>Nobody: a record is kept.</summary>
    Detached,

    /// <summary>The monitor itself: it is the health check.</summary>
    Health,
}

/// <summary>A further program in the container, from the moment its process is made until it was waited for.</summary>
internal unsafe struct Execution
{
    internal ExecutionOwner Owner;
    internal PlanHeader* Plan;

    /// <summary>The place of the session in the table of connections; -1 when there is none, or none any more.</summary>
    internal int Client;

    /// <summary>The report pipe; -1 once the program runs.</summary>
    internal int Report;

    /// <summary>The process that goes into the container and makes the other one there (pidfd); -1 once it was waited for.</summary>
    internal int Guide;

    /// <summary>The program's process (pidfd); -1 before it is made.</summary>
    internal int Process;

    /// <summary>Over which the master of its terminal comes; -1 without, and once it has come.</summary>
    internal int TerminalSocket;

    /// <summary>The master of its terminal: until its session gets it, or for good when there is none.</summary>
    internal int Terminal;

    /// <summary>The slave, held open as long as nobody but the monitor has the master, see <see cref="Supervisor"/>.</summary>
    internal int Slave;

    /// <summary>What prevented it: a step and an errno.</summary>
    internal int FailedStep;
    internal int FailedErrno;

    /// <summary>When it is killed that was asked to end.</summary>
    internal long KillAt;

    /// <summary>What is written down.</summary>
    internal StateFile State;
}
