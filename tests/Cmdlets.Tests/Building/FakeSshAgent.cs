using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>An ssh agent that has one key of a name (draft-miller-ssh-agent) and keeps the requests it got.</summary>
internal sealed class FakeSshAgent : IDisposable
{
    private const byte RequestIdentities = 11;
    private const byte IdentitiesAnswer = 12;
    private const byte Failure = 5;

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly byte[] _answer;

    internal FakeSshAgent(string path, string comment)
    {
        byte[] key = [.. Text("ssh-ed25519"), .. Text(new string('k', 32))];
        _answer = [IdentitiesAnswer, .. Number(1), .. Number(key.Length), .. key, .. Text(comment)];
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        _ = AcceptAsync();
    }

    /// <summary>The first byte of each: what it asks for.</summary>
    internal ConcurrentQueue<byte> Requests { get; } = [];

    public void Dispose() => _listener.Dispose();

    private static byte[] Text(string text) => [.. Number(text.Length), .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Number(int number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await _listener.AcceptAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(Socket client)
    {
        await using NetworkStream stream = new(client, ownsSocket: true);
        try
        {
            byte[] length = new byte[4];
            while (true)
            {
                await stream.ReadExactlyAsync(length);
                byte[] request = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
                await stream.ReadExactlyAsync(request);
                Requests.Enqueue(request[0]);
                byte[] answer = request[0] == RequestIdentities ? _answer : [Failure];
                await stream.WriteAsync((byte[])[.. Number(answer.Length), .. answer]);
            }
        }
        catch (IOException)
        {
            // The client has what it wanted.
        }
    }
}
