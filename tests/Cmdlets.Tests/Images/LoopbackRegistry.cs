using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Containers.Cmdlets.Tests.Images;

/// <summary>Debian's docker-registry on loopback, with a folder of its own. Ended by its process id.</summary>
public sealed class LoopbackRegistry : IDisposable
{
    private const string Program = "/usr/bin/docker-registry";

    private readonly string _folder = Directory.CreateTempSubdirectory("containers-registry-").FullName;
    private readonly string? _users;
    private Process? _process;

    public LoopbackRegistry()
        : this(null)
    {
    }

    /// <param name="users">name:bcrypt, one a line, as htpasswd writes it: it is for these alone. Null for everybody.</param>
    internal LoopbackRegistry(string? users)
    {
        _users = users;
        if (Missing is not null)
        {
            return;
        }

        Start(LoopbackPort.Next());

        Assert.True(_process is not null, "docker-registry does not start");
    }

    public static string? Missing { get; } = File.Exists(Program) ? null : "docker-registry is not installed";

    /// <summary>127.0.0.1:PORT.</summary>
    public string Address { get; private set; } = "";

    public void Dispose()
    {
        if (_process is not null)
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static bool Answers(int port)
    {
        try
        {
            using TcpClient client = new();
            client.Connect(IPAddress.Loopback, port);

            // Two ends of one socket: the kernel chose the very port to connect from, and nobody listens there yet.
            return !Equals(client.Client.LocalEndPoint, client.Client.RemoteEndPoint);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Start(int port)
    {
        Address = $"127.0.0.1:{port}";
        string configuration = Path.Combine(_folder, "config.yml");
        File.WriteAllText(
            configuration,
            "version: 0.1\nlog: { level: error, accesslog: { disabled: true } }\n"
            + $"storage: {{ filesystem: {{ rootdirectory: {_folder}/data }}, delete: {{ enabled: true }} }}\nhttp: {{ addr: {Address} }}\n"
            + (_users is null ? "" : $"auth: {{ htpasswd: {{ realm: test, path: {_folder}/users }} }}\n"));
        File.WriteAllText(Path.Combine(_folder, "users"), _users ?? "");
        ProcessStartInfo start = new(Program, ["serve", configuration]) { RedirectStandardError = true, RedirectStandardOutput = true };

        // It takes REGISTRY_* for its own settings, also what other programs mean by REGISTRY_AUTH_FILE.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("REGISTRY_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.OutputDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        Stopwatch time = Stopwatch.StartNew();
        while (!Answers(port))
        {
            if (process.HasExited)
            {
                process.Dispose();
                return;
            }

            Assert.True(time.Elapsed.TotalSeconds < 20, "docker-registry does not answer");
            Thread.Sleep(20);
        }

        _process = process;
    }
}
