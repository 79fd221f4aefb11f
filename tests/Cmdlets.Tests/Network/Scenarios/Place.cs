using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Containers.Cmdlets.Tests.Network.Scenarios;

/// <summary>A network namespace that traffic starts or ends in: the host's, a neighbour's or a container's.</summary>
internal sealed partial class Place
{
    private const int CloneNewNet = 0x40000000;

    private readonly string _namespace;

    private Place(string path) => _namespace = path;

    /// <summary>The one the engine and this process are in.</summary>
    internal static Place Host { get; } = new("/proc/self/ns/net");

    internal static Place OfProcess(int pid) => new($"/proc/{pid}/ns/net");

    /// <summary>Runs on a thread that is in the namespace and ends with the call; a socket made there stays in it.</summary>
    internal T Run<T>(Func<T> inside)
    {
        using SafeFileHandle handle = File.OpenHandle(_namespace);
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                result = setns((int)handle.DangerousGetHandle(), CloneNewNet) == 0
                    ? inside() : throw new Win32Exception(Marshal.GetLastPInvokeError());
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    /// <summary>A server that tells each client the address it sees it at.</summary>
    internal MirrorServer Serve(int port, ProtocolType protocol = ProtocolType.Tcp, IPAddress? address = null) =>
        new(Run(() => NewSocket(address ?? IPAddress.Any, protocol)), address ?? IPAddress.Any, port);

    /// <summary>Asks a <see cref="MirrorServer"/> from here.</summary>
    /// <returns>The address it sees; "refused", or "silence" when nothing comes within the time.</returns>
    internal string Ask(string address, int port, ProtocolType protocol = ProtocolType.Tcp, int milliseconds = 2000)
    {
        IPAddress target = IPAddress.Parse(address);
        using Socket? socket = Connect(target, port, protocol, milliseconds, out string problem);
        return socket is null ? problem : Talk(socket, milliseconds);
    }

    /// <summary>Whether nothing comes back from there: for guards, so that a second is enough to be sure.</summary>
    internal bool CannotReach(string address, int port, ProtocolType protocol = ProtocolType.Tcp) =>
        Ask(address, port, protocol, 400) is "refused" or "silence";

    /// <summary>A connection that stays open.</summary>
    internal Socket Connect(string address, int port) =>
        Connect(IPAddress.Parse(address), port, ProtocolType.Tcp, 2000, out string problem)
        ?? throw new IOException($"{address}:{port}: {problem}");

    /// <summary>One question over an open connection.</summary>
    internal static string Talk(Socket socket, int milliseconds = 2000)
    {
        byte[] answer = new byte[128];
        try
        {
            socket.Send("?"u8);
            if (!socket.Poll(TimeSpan.FromMilliseconds(milliseconds), SelectMode.SelectRead))
            {
                return "silence";
            }

            int length = socket.Receive(answer);
            return length == 0 ? "refused" : Encoding.ASCII.GetString(answer, 0, length);
        }
        catch (SocketException)
        {
            return "refused";
        }
    }

    private Socket? Connect(IPAddress target, int port, ProtocolType protocol, int milliseconds, out string problem)
    {
        Socket socket = Run(() => NewSocket(target, protocol));
        socket.Blocking = false;
        try
        {
            socket.Connect(target, port);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // The answer is waited for below.
        }
        catch (SocketException)
        {
            socket.Dispose();
            problem = "refused";
            return null;
        }

        bool connected = socket.Poll(TimeSpan.FromMilliseconds(milliseconds), SelectMode.SelectWrite);
        int error = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        problem = connected ? "refused" : "silence";
        if (!connected || error != 0)
        {
            socket.Dispose();
            return null;
        }

        socket.Blocking = true;
        return socket;
    }

    private static Socket NewSocket(IPAddress address, ProtocolType protocol) =>
        new(address.AddressFamily, protocol == ProtocolType.Udp ? SocketType.Dgram : SocketType.Stream, protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int fd, int type);
}
