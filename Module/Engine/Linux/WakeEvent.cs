namespace Containers.Engine.Linux;

/// <summary>Makes the cancellation of a token readable in poll(2): an eventfd(2).</summary>
internal sealed unsafe class WakeEvent : IDisposable
{
    private readonly Lock _gate = new();

    private int _descriptor = -1;

    private bool _disposed;

    /// <summary>To be polled for POLLIN together with the rest; -1 before the first <see cref="Watch"/>. It stays readable.</summary>
    internal int Descriptor => _descriptor;

    /// <param name="token">The token.</param>
    /// <returns>To be disposed when the wait is over.</returns>
    internal CancellationTokenRegistration Watch(CancellationToken token)
    {
        if (!token.CanBeCanceled)
        {
            return default;
        }

        if (_descriptor < 0)
        {
            _descriptor = Libc.eventfd(0, Libc.O_CLOEXEC | Libc.O_NONBLOCK);
            if (_descriptor < 0)
            {
                throw new LinuxException("eventfd", "", Errno.Last);
            }
        }

        return token.UnsafeRegister(static state => ((WakeEvent)state!).Set(), this);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            if (_descriptor >= 0)
            {
                Libc.close(_descriptor);
                _descriptor = -1;
            }
        }
    }

    private void Set()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                ulong one = 1;
                Libc.write(_descriptor, (byte*)&one, sizeof(ulong));
            }
        }
    }
}
