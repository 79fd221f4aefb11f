using System.Net;
using System.Net.Sockets;

namespace Containers.Engine.Registry.Http;

/// <summary>
/// Connects to the first address of a host that takes it; the families take turns, so that a broken one costs seconds, not the pull.
/// </summary>
internal sealed class Connector(RegistryOptions options, bool guarded)
{
    private static readonly TimeSpan s_eachAddress = TimeSpan.FromSeconds(5);

    /// <summary>Runs on a thread of the pool, never on the caller's.</summary>
    internal ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        string host = context.DnsEndPoint.Host;
        List<IPAddress> addresses = Interleave(IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? literal)
            ? [literal]
            : options.Resolve?.Invoke(host) ?? Dns.GetHostAddresses(host));
        SocketException? last = null;
        foreach (IPAddress address in addresses)
        {
            if (guarded && IsLinkLocal(address))
            {
                throw new SocketException((int)SocketError.AccessDenied,
                    $"A redirect led to {address}, which only this host's own services use.");
            }

            cancel.ThrowIfCancellationRequested();
            try
            {
                return new ValueTask<Stream>(new NetworkStream(Connect(address, context.DnsEndPoint.Port, addresses.Count > 1, cancel),
                    ownsSocket: true));
            }
            catch (SocketException e)
            {
                last = e;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>169.254/16, fe80::/10, and the metadata service of a cloud: a stranger's redirect must not read them (S30).</summary>
    internal static bool IsLinkLocal(IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        byte[] bytes = plain.GetAddressBytes();
        return plain.IsIPv6LinkLocal || (bytes.Length == 4 && bytes[0] == 169 && bytes[1] == 254)
            || plain.Equals(IPAddress.Parse("fd00:ec2::254"));
    }

    private static Socket Connect(IPAddress address, int port, bool others, CancellationToken cancel)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (others)
        {
            limit.CancelAfter(s_eachAddress);
        }

        // A synchronous connect knows no token; closing its socket ends it.
        using (limit.Token.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket))
        {
            try
            {
                socket.Connect(address, port);
                return socket;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                socket.Dispose();
                cancel.ThrowIfCancellationRequested();
                throw limit.IsCancellationRequested ? new SocketException((int)SocketError.TimedOut) : e as SocketException
                    ?? new SocketException((int)SocketError.OperationAborted);
            }
        }
    }

    private static List<IPAddress> Interleave(IPAddress[] addresses)
    {
        List<IPAddress> mixed = [];
        if (addresses.Length == 0)
        {
            return mixed;
        }

        AddressFamily first = addresses[0].AddressFamily;
        List<IPAddress> same = [.. addresses.Where(a => a.AddressFamily == first)];
        List<IPAddress> other = [.. addresses.Where(a => a.AddressFamily != first)];
        for (int i = 0; i < Math.Max(same.Count, other.Count); i++)
        {
            mixed.AddRange(same.Skip(i).Take(1));
            mixed.AddRange(other.Skip(i).Take(1));
        }

        return mixed;
    }
}
