using System.Net.Sockets;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Execution;

/// <summary>
/// A socket that a step may talk to an ssh agent through: the agent's own belongs to the user and stays where it is, this one belongs to whom the
/// mount says. Gone with the step.
/// </summary>
internal sealed class SshAgentRelay : IDisposable
{
    private const int BufferSize = 64 * 1024;

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _agent;
    private readonly Task _accepting;

    internal SshAgentRelay(string agent, string path, uint mode, uint uid, uint gid)
    {
        _agent = agent;
        try
        {
            _listener.Bind(new UnixDomainSocketEndPoint(path));
            GiveTo(path, mode, uid, gid);
            _listener.Listen();
        }
        catch
        {
            _listener.Dispose();
            throw;
        }

        _accepting = AcceptAsync();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _ = _accepting.Wait(TimeSpan.FromSeconds(2));
        _stop.Dispose();
    }

    private static unsafe void GiveTo(string path, uint mode, uint uid, uint gid)
    {
        fixed (byte* native = NativePath.From(path))
        {
            if (Libc.fchownat(Libc.AT_FDCWD, native, uid, gid, Libc.AT_SYMLINK_NOFOLLOW) != 0 || Libc.fchmodat(Libc.AT_FDCWD, native, mode, 0) != 0)
            {
                throw new LinuxException("fchownat", path, Errno.Last);
            }
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = RelayAsync(await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false));
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The step is over.
        }
    }

    private async Task RelayAsync(Socket client)
    {
        using Socket near = client;
        using Socket far = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await far.ConnectAsync(new UnixDomainSocketEndPoint(_agent), _stop.Token).ConfigureAwait(false);
            await Task.WhenAny(CopyAsync(near, far), CopyAsync(far, near)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The agent does not answer: the program in the step sees its connection end, and says so itself.
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[BufferSize];
        for (int got; (got = await from.ReceiveAsync(buffer, SocketFlags.None, _stop.Token).ConfigureAwait(false)) > 0;)
        {
            for (int sent = 0; sent < got;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, got - sent), SocketFlags.None, _stop.Token).ConfigureAwait(false);
            }
        }
    }
}
