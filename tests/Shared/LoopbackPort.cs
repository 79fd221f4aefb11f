using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Containers.Tests.Shared;

/// <summary>
/// Ports for servers of tests that cannot be told "any": those the kernel never gives away by itself, each to one test of this process. A port that was
/// free a moment ago, of the kernel's choice, is another test's by the time it is wanted.
/// </summary>
internal static class LoopbackPort
{
    // Above what the tests name themselves, below what the kernel chooses from (net.ipv4.ip_local_port_range).
    private const int First = 20_000;

    private static readonly int Last = int.Parse(
        File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture) - 1;

    // Two processes with one loopback begin at different places.
    private static int _given = Environment.ProcessId * 97;

    /// <summary>A port at which nobody listens, given to nobody else in this process until all others were.</summary>
    internal static int Next(AddressFamily family = AddressFamily.InterNetwork)
    {
        for (int attempt = 0; attempt < Last - First; attempt++)
        {
            int port = First + (int)((uint)Interlocked.Increment(ref _given) % (uint)(Last - First));
            using Socket probe = new(family, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody's: the next one.
            }
        }

        throw new InvalidOperationException($"No port between {First} and {Last} is free.");
    }
}
