using System.Globalization;
using System.Text;

namespace Containers.Engine.Networking;

/// <summary>
/// What listens in a process's network namespace, from /proc/PID/net/{tcp,udp}{,6} (proc_pid_net(5)). Looking does not disturb a server, as a
/// connection would that says nothing and goes away.
/// </summary>
internal static class ListeningSockets
{
    private const string Listening = "0A"; // TCP_LISTEN

    private const string Unconnected = "07"; // TCP_CLOSE: a UDP socket that takes datagrams from anybody

    /// <param name="processId">A process in the namespace.</param>
    /// <param name="port">The port.</param>
    /// <param name="protocol">tcp or udp; empty is tcp.</param>
    internal static bool Contains(int processId, int port, string protocol)
    {
        string table = protocol.Length == 0 ? "tcp" : protocol;
        return Read(processId, table).Concat(Read(processId, table + "6")).Any(line => IsOn(line, port, table == "udp" ? Unconnected : Listening));
    }

    /// <param name="line">"  0: 0100007F:1F90 00000000:0000 0A ...": slot, local address and port, remote ones, state.</param>
    internal static bool IsOn(string line, int port, string state)
    {
        string[] fields = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length >= 4 && fields[3] == state
            && fields[1].LastIndexOf(':') is > 0 and int colon
            && int.TryParse(fields[1].AsSpan(colon + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int local) && local == port;
    }

    private static string[] Read(int processId, string table)
    {
        try
        {
            return File.ReadAllLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/net/{table}"), Encoding.Latin1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // It has ended, or the kernel has no IPv6: nothing listens there.
        }
    }
}
