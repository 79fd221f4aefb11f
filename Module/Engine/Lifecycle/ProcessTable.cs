using System.Globalization;
using System.Text;
using System.Text.Json;
using Containers.Engine.Launch;
using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// Reads the processes of a container from the host's procfs: its cgroup says which they are, and nothing is run in the container. What a
/// process says of itself (name, command line) is text and nothing else.
/// </summary>
internal sealed class ProcessTable(Container container, IReadOnlyList<ContainerUser> users, string executions)
{
    /// <summary>USER_HZ: fixed on x86-64 and arm64.</summary>
    private const int TicksPerSecond = 100;

    /// <summary>A command line may be as long as a process likes; more than this is shown of none.</summary>
    private const int MaximumCommandLine = 64 << 10;

    private readonly DateTimeOffset _boot = DateTimeOffset.UtcNow - UpTime();
    private readonly int _level = ReadLevel(container.ProcessId);

    internal List<ContainerProcess> Read(IReadOnlyList<int> pids)
    {
        List<(ContainerProcess Process, int HostParent)> found = [];
        foreach (int pid in pids)
        {
            if (TryRead(pid, out ContainerProcess? process, out int parent))
            {
                found.Add((process, parent));
            }
        }

        Dictionary<int, int> inner = found.ToDictionary(each => each.Process.HostPid, each => each.Process.Pid);
        Dictionary<(int, long), (ExecRecord Record, StateRecord State)> programs = ReadPrograms();
        List<ContainerProcess> processes = [];
        foreach ((ContainerProcess process, int parent) in found)
        {
            ContainerProcess whole = process with { ParentPid = inner.GetValueOrDefault(parent) };
            processes.Add(programs.Remove((process.HostPid, process.StartTime), out (ExecRecord Record, StateRecord State) program)
                ? whole with { ExecId = program.Record.Id, Detached = program.Record.Detached }
                : whole);
        }

        processes.AddRange(programs.Values.Where(program => program.Record.Detached).Select(Ended));
        return [.. processes.OrderBy(process => process.HasExited).ThenBy(process => process.Pid).ThenBy(process => process.HostPid)];
    }

    /// <summary>One process of the host; false when it is gone, or on its way into the container.</summary>
    internal bool TryRead(int pid, out ContainerProcess process, out int hostParent)
    {
        process = null!;
        hostParent = 0;
        try
        {
            string stat = File.ReadAllText(Path(pid, "stat"), Encoding.Latin1);
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            Dictionary<string, string> status = ReadStatus(pid);
            string[] pids = Values(status, "NSpid");
            if (pids.Length <= _level || fields.Length < 22)
            {
                return false;
            }

            hostParent = (int)Number(fields[1]);
            string name = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..stat.LastIndexOf(')')]));
            uint uid = (uint)Number(Values(status, "Uid").ElementAtOrDefault(1) ?? "");
            long start = Number(fields[19]);
            process = new ContainerProcess
            {
                Container = container.Name,
                ContainerId = container.Id,
                Pid = (int)Number(pids[_level]),
                HostPid = pid,
                Name = name,
                Command = ReadCommand(pid) is { Count: > 0 } command ? command : ["[" + name + "]"],
                Uid = uid,
                User = users.FirstOrDefault(user => user.Uid == uid)?.Name ?? uid.ToString(CultureInfo.InvariantCulture),
                State = StateOf(fields[0]),
                Started = _boot + TimeSpan.FromSeconds(start / (double)TicksPerSecond),
                CpuTime = TimeSpan.FromSeconds((Number(fields[11]) + Number(fields[12])) / (double)TicksPerSecond),
                Memory = Number(Values(status, "VmRSS").ElementAtOrDefault(0) ?? "") * 1024,
                Threads = (int)Number(fields[17]),
                CapEff = Capabilities(status),
                Seccomp = (SeccompMode)Number(Values(status, "Seccomp").ElementAtOrDefault(0) ?? ""),
                StartTime = start,
            };
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // ESRCH or ENOENT: it has ended meanwhile.
        }
    }

    private ContainerProcess Ended((ExecRecord Record, StateRecord State) program)
    {
        bool seen = program.State.Status == "exited";
        return new ContainerProcess
        {
            Container = container.Name,
            ContainerId = container.Id,
            Pid = program.State.InnerPid,
            HostPid = program.State.Pid,
            Name = System.IO.Path.GetFileName(program.Record.Command[0]),
            Command = program.Record.Command,
            User = program.Record.User ?? "",
            State = ProcessState.Exited,
            Started = DateTimeOffset.UnixEpoch.AddTicks(program.State.StartedAt / 100),
            ExecId = program.Record.Id,
            Detached = true,
            HasExited = true,
            ExitCode = seen ? program.State.ExitCode ?? 0 : null,
            Exited = seen ? DateTimeOffset.UnixEpoch.AddTicks(program.State.FinishedAt / 100) : null,
            StartTime = program.State.PidStartTime,
        };
    }

    private Dictionary<(int, long), (ExecRecord Record, StateRecord State)> ReadPrograms()
    {
        Dictionary<(int, long), (ExecRecord Record, StateRecord State)> programs = [];
        try
        {
            foreach (string directory in Directory.EnumerateDirectories(executions))
            {
                if (TryReadProgram(directory) is { } program)
                {
                    programs[(program.State.Pid, program.State.PidStartTime)] = program;
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was ever started in it.
        }

        return programs;
    }

    /// <returns>Null for one that is being written or removed in this moment.</returns>
    internal static (ExecRecord Record, StateRecord State)? TryReadProgram(string directory)
    {
        try
        {
            return (RecordFile.Read(directory + "/config.json", RecordJson.Default.ExecRecord),
                RecordFile.Read(directory + "/state.json", RecordJson.Default.StateRecord));
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    private static string Path(int pid, string file) => string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{file}");

    private static int ReadLevel(int pid) => Math.Max(0, Values(ReadStatus(pid), "NSpid").Length - 1);

    private static Dictionary<string, string> ReadStatus(int pid)
    {
        Dictionary<string, string> values = [];
        foreach (string line in File.ReadLines(Path(pid, "status"), Encoding.Latin1))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                values.TryAdd(line[..colon], line[(colon + 1)..]);
            }
        }

        return values;
    }

    private static string[] Values(Dictionary<string, string> status, string key) =>
        status.GetValueOrDefault(key, "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;

    private static List<string> ReadCommand(int pid)
    {
        byte[] buffer = new byte[MaximumCommandLine];
        int length;
        using (FileStream file = new(Path(pid, "cmdline"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0))
        {
            length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }

        string text = Encoding.UTF8.GetString(buffer, 0, length);
        return text.Length == 0 ? [] : [.. text.TrimEnd('\0').Split('\0')];
    }

    private static IReadOnlyList<string> Capabilities(Dictionary<string, string> status) =>
        ulong.TryParse(Values(status, "CapEff").ElementAtOrDefault(0), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong bits)
            ? [.. new CapabilitySet(bits).Names]
            : [];

    private static ProcessState StateOf(string letter) => letter switch
    {
        "R" => ProcessState.Running,
        "D" => ProcessState.Waiting,
        "T" or "t" => ProcessState.Stopped,
        "Z" or "X" => ProcessState.Zombie,
        "I" => ProcessState.Idle,
        _ => ProcessState.Sleeping,
    };

    private static TimeSpan UpTime() =>
        TimeSpan.FromSeconds(double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture));
}
