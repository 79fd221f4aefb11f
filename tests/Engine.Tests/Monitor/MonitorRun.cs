using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using Containers.Engine.Tests.Images;
using Containers.Engine.Tests.Launch;
using Xunit;

namespace Containers.Engine.Tests.Monitor;

/// <summary>
/// The staged monitor with a plan of two steps at most: join the network, run a program of the host. No root, no cgroup, no image:
/// what is tested is what the monitor itself does.
/// </summary>
internal sealed class MonitorRun : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly TestFolder _folder = new();
    private readonly MonitorProcess _monitors = new(Program ?? "");
    private readonly CancellationTokenSource _patience = new(s_patience);
    private readonly StringBuilder _output = new();
    private MonitorConnection? _session;

    /// <summary>Why there can be no such test here; null when there can.</summary>
    internal static string? Missing =>
        Environment.UserName != "root" ? "network namespaces need root"
        : Program is null ? "the monitor is not staged (./build.sh build)"
        : !File.Exists(Busybox) ? "busybox-static is not installed"
        : null;

    internal const string Busybox = "/usr/bin/busybox";

    internal static string? Program
    {
        get
        {
            string? module = Environment.GetEnvironmentVariable("CONTAINERS_TEST_MODULE");
            IEnumerable<string> places = Above().Select(folder => Path.Combine(folder, "out/Containers/bin/containers-monitor"));
            return (module is { Length: > 0 } ? places.Prepend(Path.Combine(Path.GetDirectoryName(module)!, "bin/containers-monitor")) : places)
                .FirstOrDefault(File.Exists);
        }
    }

    private static IEnumerable<string> Above()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            yield return folder.FullName;
        }
    }

    internal string this[string name] => _folder[name];

    /// <summary>Pid of the container's process, once started.</summary>
    internal int ProcessId { get; private set; }

    internal ProcessIdentity Monitor { get; private set; }

    internal string Output => _output.ToString();

    internal LaunchPlan Plan(string script, bool joins = false) => new()
    {
        Id = PlanInput.Id,
        BootId = "boot",
        Steps =
        [
            .. joins ? [LaunchSteps.JoinNetworkDescriptor()] : Array.Empty<LaunchStep>(),
            LaunchSteps.Execute(["busybox", "sh", "-c", script], ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], [Busybox]),
        ],
        CloneFlags = 0,
        Cgroup = new PlanCgroup(),
        Flags = PlanFlags.Foreground | PlanFlags.NoLog | (joins ? PlanFlags.NetworkDescriptor : 0),
        DataDirectory = _folder["data"],
        TrashDirectory = _folder["trash"],
        RunDirectory = _folder["run"],
        NameFile = _folder["name"],
        LogDirectory = _folder["log"],
        StopSignal = Libc.SIGTERM,
        StopTimeout = TimeSpan.FromSeconds(2),
    };

    /// <summary>Starts a monitor on the plan.</summary>
    /// <returns>The step and errno it failed with, or null when the process runs.</returns>
    internal (int Step, int Errno)? Start(LaunchPlan plan, NetworkSandbox? network = null)
    {
        foreach (string name in new[] { "data", "run", "log" })
        {
            Directory.CreateDirectory(_folder[name]);
        }

        File.WriteAllBytes(_folder["plan"], PlanWriter.Write(plan));
        _session = _monitors.Start(_folder["plan"], network?.Handle);
        Assert.True(_session.Receive(out MessageType type, out ReadOnlyMemory<byte> data, _patience.Token), "the monitor died");
        MessageBody body = MonitorConnection.Body(data);
        if (type == MessageType.Failed)
        {
            return (body.A, body.B);
        }

        Assert.Equal(MessageType.Started, type);
        ProcessId = body.A;
        using JsonDocument state = JsonDocument.Parse(File.ReadAllBytes(_folder["data"] + "/" + MonitorProtocol.StateFileName));
        Monitor = new ProcessIdentity(
            state.RootElement.GetProperty("monitorPid").GetInt32(), state.RootElement.GetProperty("monitorStartTime").GetInt64());
        return null;
    }

    /// <summary>Reads until the output contains a text.</summary>
    internal void AwaitOutput(string text)
    {
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            Assert.True(Read(out _), $"the run ended before it said '{text}': {Output}");
        }
    }

    /// <summary>Reads to the report of the exit.</summary>
    internal int AwaitExit()
    {
        MessageBody? exit;
        while (Read(out exit))
        {
        }

        Assert.True(exit is not null, "the monitor left without a word");
        return exit.Value.A;
    }

    private bool Read(out MessageBody? exit)
    {
        exit = null;
        if (!_session!.Receive(out MessageType type, out ReadOnlyMemory<byte> data, _patience.Token))
        {
            return false;
        }

        if (type is MessageType.Output or MessageType.Error)
        {
            _output.Append(Encoding.UTF8.GetString(data.Span));
            return true;
        }

        exit = type == MessageType.Exited ? MonitorConnection.Body(data) : null;
        return type != MessageType.Exited;
    }

    /// <summary>A request over the control socket, as other sessions send it.</summary>
    /// <returns>0, or the errno it was refused with.</returns>
    internal int Ask(Action<MonitorConnection> send)
    {
        using MonitorConnection connection = MonitorConnection.TryConnect(_folder["run"])!;
        send(connection);
        Assert.True(connection.Receive(out MessageType type, out ReadOnlyMemory<byte> data, _patience.Token));
        Assert.True(type is MessageType.Done or MessageType.Refused, type.ToString());
        return type == MessageType.Done ? 0 : MonitorConnection.Body(data).B;
    }

    /// <summary>A message of the session that has no answer.</summary>
    internal void Tell(MessageType type, MessageBody body) => _session!.Send(type, body);

    internal void Type(string text) => _session!.Send(MessageType.Input, Encoding.UTF8.GetBytes(text));

    /// <summary>A further session's connection.</summary>
    internal MonitorConnection Connect() => MonitorConnection.TryConnect(_folder["run"])!;

    /// <summary>Replaces the session by a new one that is attached.</summary>
    /// <returns>False between two runs.</returns>
    internal bool Attach()
    {
        MonitorConnection next = Connect();
        next.Send(MessageType.Attach, default(MessageBody));
        if (!next.Receive(out MessageType answer, out _, _patience.Token) || answer != MessageType.Done)
        {
            next.Dispose();
            return false;
        }

        _session!.Dispose();
        _session = next;
        return true;
    }

    internal string StateText => File.ReadAllText(_folder["data"] + "/" + MonitorProtocol.StateFileName);

    /// <summary>Clock ticks that the monitor has computed for: fields 14 and 15 of proc_pid_stat(5).</summary>
    internal long MonitorTicks()
    {
        string stat = File.ReadAllText($"/proc/{Monitor.Pid}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }

    internal void Stop(int milliseconds = 0)
    {
        using MonitorConnection connection = MonitorConnection.TryConnect(_folder["run"])!;
        connection.Send(MessageType.Stop, new MessageBody { A = Libc.SIGTERM, B = milliseconds });
        Assert.True(connection.Receive(out MessageType type, out _, _patience.Token));
        Assert.Equal(MessageType.Exited, type);
    }

    /// <summary>Waits until the monitor has left.</summary>
    internal TimeSpan AwaitMonitor(int seconds = 30)
    {
        Stopwatch watch = Stopwatch.StartNew();
        Assert.True(Monitor.AwaitEnd(seconds * 1000, CancellationToken.None), "the monitor stays");
        return watch.Elapsed;
    }

    internal bool HasLock => FileLock.IsHeldByMonitor(_folder["run"] + ".lock");

    internal static void Eventually(Func<bool> condition, string otherwise) =>
        Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(10)), otherwise);

    public void Dispose()
    {
        if (Monitor.IsAlive)
        {
            // Of a test that failed: its program first, so that the monitor ends as always.
            new ProcessIdentity(ProcessId, ProcessIdentity.TryRead(ProcessId, out long start, out _) ? start : 0).TrySignal(Libc.SIGKILL);
            Monitor.TrySignal(Libc.SIGTERM);
            if (!Monitor.AwaitEnd(20_000, CancellationToken.None))
            {
                Monitor.TrySignal(Libc.SIGKILL);
            }
        }

        _session?.Dispose();
        _monitors.Dispose();
        _patience.Dispose();
        _folder.Dispose();
    }
}
