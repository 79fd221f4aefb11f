using System.Globalization;
using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;
using Containers.Engine.Networking;

namespace Containers.Engine.Lifecycle;

internal sealed partial class ContainerLauncher
{
    /// <summary>The plan of a further program in a container that runs, by the container's own files as they are now.</summary>
    /// <param name="record">The container.</param>
    /// <param name="state">Its state.</param>
    /// <param name="exec">The program.</param>
    /// <param name="id">Names its record; null keeps none.</param>
    internal LaunchPlan CompileExec(ContainerRecord record, StateRecord state, ExecSpec exec, string? id)
    {
        ImageRecord image = images.Open(record.ImageId);
        NetworkState? network = networks.Store.State(record.Id);
        SecuritySpec security = record.Spec.Security with { Privileged = record.Spec.Security.Privileged || exec.Privileged };
        return ExecPlanCompiler.Compile(new ExecInput
        {
            ContainerId = record.Id,
            Spec = record.Spec,
            Image = Defaults(image.Config),
            Host = Host,
            Exec = exec,
            User = FindUser(record, state, image, exec.User),
            Cgroup = JoinedCgroup(record, state),
            LinkVariables = network is null ? [] : LinkVariables(record, network),
            Seccomp = exec.Privileged ? null : Filter(security),
            Directory = id is null ? "" : paths.Executions(record.Id) + "/" + id,
            Record = id is null ? null : JsonSerializer.Serialize(
                new ExecRecord { Id = id, Command = exec.Command, User = exec.User, Detached = exec.Detach, Privileged = exec.Privileged },
                RecordJson.Default.ExecRecord),
        });
    }

    /// <summary>The root of a running container's mount namespace, whatever its processes made of their own; null when it has just ended.</summary>
    internal static RootedDirectory? TryOpenRoot(StateRecord state)
    {
        RootedDirectory root;
        try
        {
            root = RootedDirectory.Open(string.Create(
                CultureInfo.InvariantCulture, $"/proc/{state.MonitorPid}/fd/{MonitorProtocol.RootDescriptor}"));
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ESRCH)
        {
            return null;
        }

        // Looked at after the opening: a stranger that got the pid has another start time.
        if (new ProcessIdentity(state.MonitorPid, state.MonitorStartTime).IsAlive)
        {
            return root;
        }

        root.Dispose();
        return null;
    }

    private static UserIdentity FindUser(ContainerRecord record, StateRecord state, ImageRecord image, string? user)
    {
        using RootedDirectory root = TryOpenRoot(state) ?? throw Ended(record.Name);
        return UserResolver.Resolve(
            user ?? record.Spec.Process.User ?? image.Config.Config.User, record.Spec.Process.AdditionalGroups,
            root.ReadSmallFile("/etc/passwd", MaximumAccountFile, followLast: true),
            root.ReadSmallFile("/etc/group", MaximumAccountFile, followLast: true), "container");
    }

    internal static IReadOnlyList<ContainerUser> ReadUsers(RootedDirectory root) =>
        UserResolver.List(root.ReadSmallFile("/etc/passwd", MaximumAccountFile, followLast: true));

    internal static EngineException Ended(string name) => new(
        EngineErrorKind.InvalidOperation, "ContainerNotRunning", $"Container \"{name}\" is not running.", name, $"Run: Start-Container {name}");

    /// <summary>
    /// A container that manages cgroups itself, as systemd does, has moved its processes to groups below: then the kernel takes no process in
    /// the upper one, and the new one goes where the first is (cgroup v2, "no internal processes").
    /// </summary>
    private PlanCgroup JoinedCgroup(ContainerRecord record, StateRecord state)
    {
        PlanCgroup cgroup = Cgroup(record).Describe();
        if (cgroup.CloneIntoDirectory is not { } directory || cgroup.JoinFiles.Count > 0)
        {
            return cgroup;
        }

        string? below = FindGroupBelow(state.Pid, record.Id);
        return below is null ? cgroup : cgroup with { CloneIntoDirectory = directory + below };
    }

    /// <returns>The part of the group's path after the container's own, or null when it is in that itself.</returns>
    private static string? FindGroupBelow(int pid, string id)
    {
        const string Unified = "0::";
        string? line;
        try
        {
            line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cgroup"))
                .FirstOrDefault(text => text.StartsWith(Unified, StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return null; // It ended: the monitor will say so.
        }

        int at = line?.IndexOf(id + "/", StringComparison.Ordinal) ?? -1;
        string rest = at < 0 ? "" : line![(at + id.Length)..];
        return rest.Length == 0 || rest.Contains("/..", StringComparison.Ordinal) ? null : rest;
    }
}
