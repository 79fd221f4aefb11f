namespace Containers.Engine.Linux;

/// <summary>
/// Waits for changes of the files in a directory: inotify(7). The directory may come and go; while it is not there, or the user has no watch
/// left (fs.inotify.max_user_watches), it is looked at four times a second instead.
/// </summary>
internal sealed unsafe class DirectoryWatch : IDisposable
{
    private const uint IN_MODIFY = 0x2;
    private const uint IN_MOVED_TO = 0x80;
    private const uint IN_CREATE = 0x100;
    private const uint IN_DELETE_SELF = 0x400;
    private const uint IN_MOVE_SELF = 0x800;
    private const uint IN_IGNORED = 0x8000;
    private const uint IN_ONLYDIR = 0x1000000;

    private const int PollMilliseconds = 250;

    private readonly string _directory;
    private readonly CancellationToken _cancel;
    private readonly CancellationTokenRegistration _registration;
    private readonly int _events;
    private readonly int _wake;
    private bool _watching;

    internal DirectoryWatch(string directory, CancellationToken cancel)
    {
        _directory = directory;
        _cancel = cancel;
        _events = Libc.inotify_init1(Libc.O_CLOEXEC | Libc.O_NONBLOCK);
        _wake = Libc.eventfd(0, Libc.O_CLOEXEC | Libc.O_NONBLOCK);
        _registration = cancel.Register(Wake);
        TryWatch();
    }

    /// <summary>Returns when something changed, when the time is over, or when cancelled; also without any of these.</summary>
    internal void Wait(int milliseconds)
    {
        if (!_watching)
        {
            _cancel.WaitHandle.WaitOne(Math.Min(milliseconds, PollMilliseconds));
            TryWatch();
            return;
        }

        Libc.pollfd* polled = stackalloc Libc.pollfd[2];
        polled[0] = new Libc.pollfd { fd = _events, events = Libc.POLLIN };
        polled[1] = new Libc.pollfd { fd = _wake, events = Libc.POLLIN };
        if (Libc.poll(polled, 2, milliseconds) > 0 && polled[0].revents != 0)
        {
            Drain();
        }
    }

    public void Dispose()
    {
        _registration.Dispose(); // First: it waits for a callback that is just running, which writes to the descriptor.
        Close(_events);
        Close(_wake);
    }

    private static void Close(int fd)
    {
        if (fd >= 0)
        {
            Libc.close(fd);
        }
    }

    private void TryWatch()
    {
        fixed (byte* path = NativePath.From(_directory))
        {
            _watching = _events >= 0 && _wake >= 0 && Libc.inotify_add_watch(
                _events, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) >= 0;
        }
    }

    /// <summary>What exactly changed does not matter, but whether it is still this directory.</summary>
    private void Drain()
    {
        const int Size = 4096;
        byte* buffer = stackalloc byte[Size];
        nint got;
        while ((got = Libc.read(_events, buffer, Size)) > 0)
        {
            // struct inotify_event: wd, mask, cookie, len, then len bytes of name.
            for (nint at = 0; at + 16 <= got; at += 16 + (nint)(*(uint*)(buffer + at + 12)))
            {
                _watching &= (*(uint*)(buffer + at + 4) & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) == 0;
            }
        }
    }

    private void Wake()
    {
        ulong one = 1;
        Libc.write(_wake, (byte*)&one, sizeof(ulong));
    }
}
