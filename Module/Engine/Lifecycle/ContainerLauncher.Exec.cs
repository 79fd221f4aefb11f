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
    private static readonly string[] s_shells = ["bash", "ash", "sh"];

    /// <summary>The plan of a further program in a container that runs, by the container's own files as they are now.</summary>
    /// <param name="record">The container.</param>
    /// <param name="state">Its state.</param>
    /// <param name="exec">The program.</param>
    /// <param name="id">Names its record; null keeps none.</param>
    internal LaunchPlan CompileExec(ContainerRecord record, StateRecord state, ExecSpec exec, string? id)
    {
        ImageRecord image = images.Open(record.ImageId);
        NetworkState? network = networks.Store.State(record.Id);
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
            Seccomp = Filter(record.Spec.Security),
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

    /// <summary>Where a shell of the user is, by the container's files as they are now; null when there is none.</summary>
    internal string? FindShell(ContainerRecord record, StateRecord state, string? user)
    {
        ImageRecord image = images.Open(record.ImageId);
        UserIdentity identity = FindUser(record, state, image, user);
        string name = (user ?? record.Spec.Process.User ?? image.Config.Config.User ?? "").Split(':')[0];
        using RootedDirectory root = TryOpenRoot(state) ?? throw Ended(record.Name);
        string? own = ReadUsers(root).Where(each => each.Uid == identity.Uid).OrderByDescending(each => each.Name == name).FirstOrDefault()?.Shell;
        IEnumerable<string> common = s_shells.SelectMany(shell =>
            LaunchPlanCompiler.Candidates(shell, LaunchPlanCompiler.DefaultPath));
        return common.Prepend(own ?? "").FirstOrDefault(path => IsShell(root, path, identity));
    }

    /// <summary>Accounts that nobody logs in to have a program for a shell that says so and ends: for whoever is in already, that is none.</summary>
    private static bool IsShell(RootedDirectory root, string path, UserIdentity user)
    {
        const uint AnyExecute = 0x49; // 0111
        if (!path.StartsWith('/') || Path.GetFileName(path) is "nologin" or "false" or "true")
        {
            return false;
        }

        try
        {
            return root.TryStat(path, out Libc.statx_t status) && (status.stx_mode & Libc.S_IFMT) == Libc.S_IFREG
                && (status.stx_mode & (user.Uid == 0 ? AnyExecute : 1u | (status.stx_uid == user.Uid ? 0x40u : 0) | (user.Groups.Contains(status.stx_gid) ? 8u : 0))) != 0;
        }
        catch (LinuxException)
        {
            return false; // A path that cannot be walked, a circle of links for example, leads to no shell.
        }
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
