using System.Runtime.InteropServices;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>Output to the log and to attached sessions, input from them, and their requests.</summary>
internal sealed unsafe partial class Supervisor
{
    private byte* _nameFile;

    private bool AttachedClientsHaveRoom()
    {
        for (int i = 0; i < MaximumClients; i++)
        {
            if (_clients[i].Attached && !_clients[i].HasRoom)
            {
                return false;
            }
        }

        return true;
    }

    private void ReadStream(ref int fd, int stream)
    {
        byte* data = _buffer + sizeof(LogRecordHeader);
        nint got = Libc.read(fd, data, MonitorProtocol.MaximumData);
        if (got < 0 && (Errno.Last is Errno.EAGAIN or Errno.EINTR || TerminalGoesOn(Errno.Last)))
        {
            return;
        }

        if (got <= 0)
        {
            Close(ref fd);
            return;
        }

        _log.Write(_buffer, stream, (int)got);
        for (int i = 0; i < MaximumClients; i++)
        {
            ref Client client = ref _clients[i];
            if (client.Attached && !client.Send(stream == 1 ? MessageType.Output : MessageType.Error, data, (int)got))
            {
                Drop(ref client);
            }
        }
    }

    private void Accept()
    {
        int fd = Libc.accept4(_listener, null, null, Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK);
        if (fd < 0)
        {
            return;
        }

        // The directory's mode keeps others out already; this holds when somebody passes the socket on (security.md S4).
        Libc.ucred peer;
        uint length = (uint)sizeof(Libc.ucred);
        bool trusted = Libc.getsockopt(fd, Libc.SOL_SOCKET, Libc.SO_PEERCRED, &peer, &length) == 0
            && (peer.uid == 0 || peer.uid == Libc.geteuid());
        for (int i = 0; trusted && i < MaximumClients; i++)
        {
            if (_clients[i].Descriptor < 0)
            {
                _clients[i].Descriptor = fd;
                return;
            }
        }

        Libc.close(fd);
    }

    private void Serve(ref Client client, short events)
    {
        if ((events & Libc.POLLOUT) != 0 && !client.Flush())
        {
            Drop(ref client);
            return;
        }

        if ((events & (Libc.POLLIN | Libc.POLLHUP | Libc.POLLERR)) != 0)
        {
            bool open = client.Receive();
            Handle(ref client);
            if (!open || (events & Libc.POLLERR) != 0)
            {
                Drop(ref client);
                return;
            }
        }

        if (client.Closing && !client.HasOutgoing)
        {
            client.Close();
        }
    }

    private void Drop(ref Client client)
    {
        bool session = client.Descriptor == MonitorProtocol.SessionDescriptor;
        int execution = client.Execution - 1;
        client.Close();
        if (execution >= 0)
        {
            Abandon(ref _executions[execution]);
        }

        if (session && (_plan->Flags & PlanFlags.CloseInputWithSession) != 0)
        {
            CloseInput();
        }

        if (session && (_plan->Flags & PlanFlags.EndsWithSession) != 0)
        {
            _state.StoppedByUser = true;
            Stop(Libc.SIGKILL, 0);
        }
    }

    private void Handle(ref Client client)
    {
        while (client.Descriptor >= 0 && client.IncomingLength >= sizeof(MessageHeader))
        {
            MessageHeader header = *(MessageHeader*)client.Incoming;
            if (header.Length < 0 || header.Length > MonitorProtocol.MaximumData)
            {
                client.Close(); // Not our protocol.
                return;
            }

            int total = sizeof(MessageHeader) + header.Length;
            if (client.IncomingLength < total)
            {
                return;
            }

            byte* data = client.Incoming + sizeof(MessageHeader);
            if (header.Type == MessageType.Input)
            {
                int taken = WriteInput(data, header.Length);
                if (taken < header.Length)
                {
                    // Keep the rest as a shorter message, in front.
                    MessageHeader rest = new() { Type = MessageType.Input, Length = header.Length - taken };
                    client.Consume(taken);
                    *(MessageHeader*)client.Incoming = rest;
                    return;
                }
            }
            else
            {
                MessageBody body = default;
                new ReadOnlySpan<byte>(data, Math.Min(header.Length, sizeof(MessageBody))).CopyTo(
                    new Span<byte>(&body, sizeof(MessageBody)));
                Answer(ref client, header.Type, body, data, header.Length);
            }

            if (client.Descriptor >= 0)
            {
                client.Consume(total);
            }
        }
    }

    private void Answer(ref Client client, MessageType type, MessageBody request, byte* data, int length)
    {
        int errno = 0;
        bool answered = true;
        switch (type)
        {
            case MessageType.EndOfInput:
                CloseInput();
                answered = false;
                break;
            case MessageType.Execute:
                errno = Execute(ref client);
                client.CloseDescriptors();
                answered = errno != 0; // The answer to a program that could be made is what became of it.
                break;
            case MessageType.Signal when client.Execution > 0:
                errno = SendSignal(ref _executions[client.Execution - 1], request.A);
                break;
            case MessageType.Signal:
                errno = SendSignal(request.A);
                break;
            case MessageType.Stop:
                if (_state.Paused && request.C == 0)
                {
                    errno = Errno.EBUSY;
                    break;
                }

                // The answer to a stop is the exit.
                client.Waiting = true;
                answered = false;
                _state.StoppedByUser = true;
                Stop(request.A, request.B);
                break;
            case MessageType.Pause:
                errno = Pause(true);
                break;
            case MessageType.Resume:
                errno = Pause(false);
                break;
            case MessageType.SetRestart:
                _plan->Restart = (RestartKind)request.B;
                _plan->RestartMaximum = (uint)request.C;
                break;
            case MessageType.SetNameFile:
                _nameFile = (byte*)NativeMemory.Realloc(_nameFile, (nuint)length + 1);
                new ReadOnlySpan<byte>(data, length).CopyTo(new Span<byte>(_nameFile, length));
                _nameFile[length] = 0;
                break;
            case MessageType.SetEventSubject:
                _events.SetSubject(data, length);
                break;
            case MessageType.SetHealth:
                errno = SetHealth(data, length);
                break;
            case MessageType.TestHealth:
                errno = TestHealth(ref client);
                answered = errno != 0; // The answer to a check that could be made is its result.
                break;
            case MessageType.HoldPort:
                errno = length < sizeof(PlanPort) ? Errno.EINVAL : _ports.Hold((PlanPort*)&request);
                break;
            case MessageType.ReleasePort:
                errno = length < sizeof(PlanPort) ? Errno.EINVAL : _ports.Release((PlanPort*)&request);
                break;
            case MessageType.Wait:
                client.Waiting = true;
                break;
            case MessageType.Attach:
                errno = _process < 0 ? Errno.ESRCH : _state.Paused ? Errno.EBUSY : 0;
                client.Attached = errno == 0;
                client.Waiting |= client.Attached;
                break;
            case MessageType.Detach when client.Execution > 0:
                errno = LetGo(ref client);
                client.CloseDescriptors();
                break;
            case MessageType.Detach:
                // Looking away is no end of the input, also not for the session that started the container.
                client.Attached = client.Waiting = false;
                _plan->Flags &= ~PlanFlags.CloseInputWithSession;
                break;
            case MessageType.Resize:
                Resize(request.A, request.B);
                answered = false;
                break;
            default:
                errno = Errno.ENOSYS;
                break;
        }

        if (answered && client.Descriptor >= 0)
        {
            MessageBody body = new() { B = errno };
            if (!client.Send(errno == 0 ? MessageType.Done : MessageType.Refused, &body, sizeof(MessageBody)))
            {
                Drop(ref client);
            }
        }
    }

    private int SendSignal(int signal)
    {
        if (_process < 0)
        {
            return Errno.ESRCH;
        }

        if (_state.Paused)
        {
            return Errno.EBUSY;
        }

        if (signal == Libc.SIGKILL || signal == _plan->StopSignal)
        {
            _state.StoppedByUser = true; // A user's kill ends the restart loop.
        }

        int errno = Libc.pidfd_send_signal(_process, signal) < 0 ? Errno.Last : 0;
        if (errno == 0)
        {
            _events.Write("kill"u8, "signal"u8, signal);
        }

        return errno;
    }

    private int Pause(bool pause)
    {
        if (_process < 0)
        {
            return Errno.ESRCH;
        }

        if (_state.Paused == pause)
        {
            return Errno.EEXIST;
        }

        if (_killAt != long.MaxValue)
        {
            return Errno.EBUSY; // It is being stopped: a frozen process would not see the signal.
        }

        int errno = _cgroup.Freeze(pause);
        if (errno == 0)
        {
            _state.Paused = pause;
            _state.Write(_plan, durable: false);
            _events.Write(pause ? "pause"u8 : "unpause"u8);
        }

        return errno;
    }

    /// <returns>How many bytes were taken. Without a stdin everything is: it goes nowhere, as with a closed pipe.</returns>
    private int WriteInput(byte* data, int length)
    {
        int taken = 0;
        while (_input >= 0 && taken < length)
        {
            nint written = Libc.write(_input, data + taken, (nuint)(length - taken));
            if (written < 0)
            {
                if (Errno.Last == Errno.EAGAIN)
                {
                    return taken;
                }

                if (HasTerminal)
                {
                    return length; // Hung up: whoever opens it again did not mean this.
                }

                Close(ref _input); // EPIPE: nobody reads any more.
            }
            else
            {
                taken += (int)written;
            }
        }

        return length;
    }

    /// <summary>A terminal has no end of input: others may type, or the same session when it comes back.</summary>
    private void CloseInput()
    {
        if (!HasTerminal)
        {
            Close(ref _input);
        }
    }

    private bool InputIsPending()
    {
        if (_input < 0)
        {
            return false;
        }

        for (int i = 0; i < MaximumClients; i++)
        {
            ref Client client = ref _clients[i];
            if (client.Descriptor >= 0 && client.IncomingLength >= sizeof(MessageHeader)
                && ((MessageHeader*)client.Incoming)->Type == MessageType.Input)
            {
                return true;
            }
        }

        return false;
    }

    private void PumpInput()
    {
        for (int i = 0; i < MaximumClients; i++)
        {
            if (_clients[i].Descriptor >= 0)
            {
                Handle(ref _clients[i]);
            }
        }
    }

    /// <summary>Sends the rest to sessions that read slowly. The container is gone by now; the bound is for a session that hangs.</summary>
    private void FlushClients()
    {
        const long Patience = 3_600_000;
        long until = Clock.Milliseconds() + Patience;
        for (int i = 0; i < MaximumClients; i++)
        {
            ref Client client = ref _clients[i];
            while (client.Descriptor >= 0 && client.HasOutgoing && Clock.Milliseconds() < until && client.Flush())
            {
                Libc.pollfd one = new() { fd = client.Descriptor, events = Libc.POLLOUT };
                Libc.poll(&one, 1, 1000);
            }

            client.Close();
        }
    }

    /// <summary>Somebody wants the container stopped whose process has ended already: what a session has not read is given up.</summary>
    private void StopWaitingForReaders()
    {
        for (int i = 0; i < MaximumClients; i++)
        {
            _clients[i].Attached = false;
        }

        _drainUntil = 0;
    }
}
