using System.Globalization;

namespace Containers.Engine.Tests.Registry;

/// <summary>Whose a port is. That somebody answers at it says nothing: tests run side by side, and another one may have been faster to take it.</summary>
internal static class ListeningPort
{
    private const string Listening = "0A";

    /// <summary>Whether a process listens at a TCP port of IPv4 (proc(5), /proc/net/tcp).</summary>
    internal static bool IsOf(int pid, int port)
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
