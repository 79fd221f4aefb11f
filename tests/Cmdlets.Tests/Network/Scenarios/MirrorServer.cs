using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Containers.Cmdlets.Tests.Network.Scenarios;

/// <summary>Answers every question with the address it comes from. Listens when the constructor returns.</summary>
internal sealed class MirrorServer : IDisposable
{
    private readonly Socket _socket;
    private readonly List<Socket> _clients = [];

    internal MirrorServer(Socket socket, IPAddress address, int port)
    {
        _socket = socket;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(address, port));
        if (socket.ProtocolType == ProtocolType.Tcp)
        {
            socket.Listen(64);
            Start(Accept);
        }
        else
        {
            Start(AnswerDatagrams);
        }
    }

    /// <summary>Also ends what is connected: a socket keeps a namespace and its interfaces alive.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        lock (_clients)
        {
            _clients.ForEach(client => client.Dispose());
        }
    }

    private static void Start(Action work) => new Thread(() =>
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The socket was closed: the end.
        }
    })
    { IsBackground = true }.Start();

    private void Accept()
    {
        while (true)
        {
            Socket client = _socket.Accept();
            lock (_clients)
            {
                _clients.Add(client);
            }

            Start(() => Answer(client));
        }
    }

    private static void Answer(Socket client)
    {
        byte[] question = new byte[16];
        byte[] answer = Encoding.ASCII.GetBytes(((IPEndPoint)client.RemoteEndPoint!).Address.ToString());
        while (client.Receive(question) > 0)
        {
            client.Send(answer);
        }

        client.Dispose();
    }

    private void AnswerDatagrams()
    {
        byte[] question = new byte[16];
        while (true)
        {
            EndPoint client = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
            _socket.ReceiveFrom(question, ref client);
            _socket.SendTo(Encoding.ASCII.GetBytes(((IPEndPoint)client).Address.ToString()), client);
        }
    }
}
