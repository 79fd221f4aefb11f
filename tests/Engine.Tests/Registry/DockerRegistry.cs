using System.Diagnostics;
using System.Globalization;
using System.Net;
using Xunit;

namespace Containers.Engine.Tests.Registry;

/// <summary>Docker's own registry, in a process of its own on a port of loopback.</summary>
internal sealed class DockerRegistry : IDisposable
{
    private const string Program = "/usr/bin/docker-registry";
    private const string Listening = "0A";

    private readonly Process _process;

    private DockerRegistry(Process process, string host) => (_process, Host) = (process, host);

    /// <summary>Address and port.</summary>
    internal string Host { get; }

    /// <summary>
    /// Started, and listening. It takes no port 0: one that was free a moment ago, and another where somebody was faster. That somebody answers at the
    /// port says nothing then: it must be its own.
    /// </summary>
    /// <param name="http">More lines of the configuration's part http.</param>
    /// <param name="more">More parts.</param>
    internal static DockerRegistry Start(RegistryHome home, string http = "", string more = "")
    {
        Skip.IfNot(File.Exists(Program), "docker-registry is not installed.");
        for (int attempt = 0; attempt < 4; attempt++)
        {
            string host = $"127.0.0.1:{LoopbackPort.Next()}";
            string file = home.Write("config.yml", $"""
                version: 0.1
                storage:
                  filesystem:
                    rootdirectory: {home["data"]}
                http:
                  addr: {host}
                {http}
                {more}
                """);
            Process process = Process.Start(new ProcessStartInfo(Program, ["serve", file])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            DockerRegistry registry = new(process, host);
            if (registry.IsUp())
            {
                return registry;
            }

            registry.Dispose();
        }

        throw new InvalidOperationException("docker-registry does not start.");
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private bool IsUp()
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!_process.HasExited && clock.Elapsed < TimeSpan.FromSeconds(20))
        {
            if (Listens(_process.Id, IPEndPoint.Parse(Host).Port))
            {
                return true;
            }

            _process.WaitForExit(20);
        }

        return false;
    }

    /// <summary>Whether a process listens at a TCP port of IPv4 (proc(5), /proc/net/tcp).</summary>
    private static bool Listens(int pid, int port)
    {
        string suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        HashSet<string> sockets = [.. File.ReadLines("/proc/net/tcp").Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[1].EndsWith(suffix, StringComparison.Ordinal) && fields[3] == Listening)
            .Select(fields => $"socket:[{fields[9]}]")];
        try
        {
            return Directory.EnumerateFiles($"/proc/{pid}/fd").Any(fd => new FileInfo(fd).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // It ended in this moment, or closed one.
        }
    }
}
