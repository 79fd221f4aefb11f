using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// Waits for the session's monitors, so that none stays a zombie of pwsh. One thread, only once there is a monitor; it waits for these
/// processes alone and never takes one of System.Diagnostics.Process.
/// </summary>
internal sealed unsafe class ChildReaper : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<int> _new = [];
    private int _wake = -1;
    private bool _stop;

    internal void Add(int pid)
    {
        int fd = Libc.pidfd_open(pid, 0);
        if (fd < 0)
        {
            return; // Out of descriptors: it will be reaped when the session ends.
        }

        lock (_gate)
        {
            _new.Add(fd);
            if (_wake < 0)
            {
                _wake = Libc.eventfd(0, Libc.O_CLOEXEC | Libc.O_NONBLOCK);
                new Thread(Run) { IsBackground = true, Name = "Containers: reap monitors" }.Start();
            }
        }

        Wake();
    }

    public void Dispose()
    {
        _stop = true;
        Wake();
    }

    private void Wake()
    {
        ulong one = 1;
        if (_wake >= 0)
        {
            _ = Libc.write(_wake, (byte*)&one, sizeof(ulong));
        }
    }

    private void Run()
    {
        List<Libc.pollfd> polled = [new() { fd = _wake, events = Libc.POLLIN }];
        while (!_stop)
        {
            Libc.pollfd[] array = [.. polled];
            fixed (Libc.pollfd* p = array)
            {
                if (Libc.poll(p, (nuint)array.Length, -1) < 0 && Errno.Last != Errno.EINTR)
                {
                    return;
                }
            }

            for (int i = array.Length - 1; i > 0; i--)
            {
                Libc.siginfo_t information = default;
                if (array[i].revents != 0 && Libc.waitid(Libc.P_PIDFD, array[i].fd, &information, Libc.WEXITED | Libc.WNOHANG) <= 0)
                {
                    Libc.close(array[i].fd);
                    polled.RemoveAt(i);
                }
            }

            if (array[0].revents != 0)
            {
                ulong count;
                _ = Libc.read(_wake, (byte*)&count, sizeof(ulong));
                lock (_gate)
                {
                    polled.AddRange(_new.Select(fd => new Libc.pollfd { fd = fd, events = Libc.POLLIN }));
                    _new.Clear();
                }
            }
        }
    }
}
