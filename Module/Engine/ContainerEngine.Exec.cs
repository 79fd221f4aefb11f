using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;

namespace Containers.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>
    /// Runs a further program in a container that runs. An attached one ends with its session; one with <see cref="ExecSpec.Detach"/> is nobody's,
    /// and its record tells how it ended as long as the container runs.
    /// </summary>
    /// <exception cref="EngineException">
    /// ContainerNotRunning, ContainerPaused, ContainerRestarting, ContainerNotSupervised, CommandEmpty, CommandNotFound, CommandNotExecutable,
    /// UserNotFound, WorkingDirectoryNotUsable and the other ids of a start.
    /// </exception>
    public ExecSession StartExec(string nameOrId, ExecSpec exec, IList<string> warnings, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(exec);
        Validate(exec);
        string id = _store.Resolve(nameOrId);
        Container container = _store.Get(id);
        RequireRunning(container);
        string execution = ExecRecord.NewId();
        LaunchPlan plan = _launcher.CompileExec(_store.Record(id), _store.State(id), exec, execution);
        MonitorConnection connection = MonitorConnection.TryConnect(_paths.Run(id)) ?? throw NotRunning(container);
        ExecPipes? pipes = null;
        try
        {
            pipes = exec.Detach || exec.Terminal ? null : new ExecPipes(exec.Interactive);
            Send(connection, plan, pipes);
            pipes?.CloseFar();
            ProcessIdentity process = AwaitExec(container, plan, connection, cancellation);
            if (exec.Terminal && !exec.Detach)
            {
                pipes = new ExecPipes(connection.TakeDescriptor(), exec.Interactive);
            }

            return new ExecSession(container, execution, process, connection, pipes, () => LeaveRecord(id, execution));
        }
        catch
        {
            connection.Dispose();
            pipes?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The shell for a user of a container that runs: the one of its /etc/passwd, then bash, ash and sh in the directories of PATH. Nothing is run.
    /// </summary>
    /// <param name="nameOrId">The container.</param>
    /// <param name="user">As <see cref="ExecSpec.User"/>.</param>
    /// <param name="cancellation">Not looked at for long.</param>
    /// <returns>An absolute path in the container.</returns>
    /// <exception cref="EngineException">ShellNotFound, UserNotFound, and those of a container that takes no programs.</exception>
    public string FindShell(string nameOrId, string? user, CancellationToken cancellation)
    {
        string id = _store.Resolve(nameOrId);
        Container container = _store.Get(id);
        RequireRunning(container);
        cancellation.ThrowIfCancellationRequested();
        return _launcher.FindShell(_store.Record(id), _store.State(id), user) ?? throw new EngineException(
            EngineErrorKind.ObjectNotFound, "ShellNotFound",
            $"Container \"{container.Name}\" has no shell: neither that of its user nor bash, ash or sh.", container.Name,
            $"Name a program that it has with -Shell, or look from outside: Get-ContainerProcess {container.Name}, Copy-ContainerFile.");
    }

    /// <summary>Users of a running container, as its /etc/passwd has them.</summary>
    public IReadOnlyList<ContainerUser> GetUsers(string nameOrId)
    {
        string id = _store.Resolve(nameOrId);
        using RootedDirectory root = ContainerLauncher.TryOpenRoot(_store.State(id)) ?? throw NotRunning(_store.Get(id));
        return ContainerLauncher.ReadUsers(root);
    }

    private static void Validate(ExecSpec exec)
    {
        if (exec.Command.Count == 0 || exec.Command[0].Length == 0)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "CommandEmpty", "There is no program to run.", null, "Give the name of a program in the container.");
        }

        if (exec.WorkingDirectory is { } directory && !directory.StartsWith('/'))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidWorkingDirectory", $"The working directory \"{directory}\" is no absolute path.", directory,
                "Begin it with a slash.");
        }

        if (exec.Environment.Keys.FirstOrDefault(name => name.Length == 0 || name.Contains('=', StringComparison.Ordinal)) is { } wrong)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidEnvironment", $"\"{wrong}\" is no name of a variable.", wrong, "Write name=value.");
        }
    }

    /// <summary>A program that goes on without its session counts as one that never had any.</summary>
    private void LeaveRecord(string id, string execution)
    {
        string directory = _paths.Executions(id) + "/" + execution;
        if (ProcessTable.TryReadProgram(directory) is not { } program)
        {
            return; // It has just ended.
        }

        try
        {
            RecordFile.Write(directory + "/config.json", program.Record with { Detached = true }, RecordJson.Default.ExecRecord, durable: false);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or LinuxException { Errno: Errno.ENOENT })
        {
            // The same, a moment later.
        }
    }

    private static void RequireRunning(Container container)
    {
        switch (container.State)
        {
            case ContainerState.Running when container.Supervised:
                return;
            case ContainerState.Running or ContainerState.Paused when !container.Supervised:
                throw new EngineException(
                    EngineErrorKind.InvalidOperation, "ContainerNotSupervised",
                    $"The monitor of container \"{container.Name}\" was killed: nothing can be started in it any more.", container.Name,
                    $"Run: Restart-Container {container.Name}");
            case ContainerState.Paused:
                throw Paused(container);
            case ContainerState.Restarting:
                throw new EngineException(
                    EngineErrorKind.InvalidOperation, "ContainerRestarting", $"Container \"{container.Name}\" is restarting.", container.Name,
                    $"Run: Wait-Container {container.Name} -Condition Running");
            default:
                throw NotRunning(container);
        }
    }

    internal static unsafe void Send(MonitorConnection connection, LaunchPlan plan, ExecPipes? pipes)
    {
        int file;
        fixed (byte* name = "containers-plan\0"u8)
        {
            file = Libc.memfd_create(name, Libc.MFD_CLOEXEC);
        }

        if (file < 0)
        {
            throw new LinuxException("memfd_create", "plan", Errno.Last);
        }

        try
        {
            byte[] content = PlanWriter.Write(plan);
            fixed (byte* p = content)
            {
                if (Libc.write(file, p, (nuint)content.Length) != content.Length)
                {
                    throw new LinuxException("write", "plan", Errno.Last);
                }
            }

            connection.Send(MessageType.Execute, default, pipes is null ? [file] : [file, .. pipes.Far]);
        }
        finally
        {
            Libc.close(file);
        }
    }

    private ProcessIdentity AwaitExec(Container container, LaunchPlan plan, MonitorConnection connection, CancellationToken cancellation)
    {
        if (!connection.Receive(out MessageType type, out ReadOnlyMemory<byte> data, cancellation))
        {
            throw NotRunning(_store.TryGet(container.Id) ?? container); // It ended in this moment.
        }

        MessageBody body = MonitorConnection.Body(data);
        return type switch
        {
            MessageType.Started => new ProcessIdentity(body.A, (long)body.E),
            MessageType.Failed when body.A < 0 && body.B == Errno.ESRCH => throw NotRunning(container),
            MessageType.Failed => throw LaunchFailure.Describe(plan, container.Name, body.A, body.B),
            _ when body.B == Errno.EMFILE => throw new EngineException(
                EngineErrorKind.LimitsExceeded, "TooManyPrograms", $"Too many further programs run in container \"{container.Name}\".", container.Name,
                "Wait until some have ended: Get-ContainerProcess shows them."),
            _ when body.B is Errno.EINVAL or Errno.ENOSYS => throw new EngineException(
                EngineErrorKind.InvalidOperation, "MonitorProtocolError",
                $"Container \"{container.Name}\" was started by another version of the module.", container.Name,
                $"Run: Restart-Container {container.Name}"),
            _ => throw Refusal(container, MessageType.Execute, body.B),
        };
    }
}
