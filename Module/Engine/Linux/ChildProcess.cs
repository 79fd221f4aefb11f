using System.Runtime.InteropServices;
using System.Text;

namespace Containers.Engine.Linux;

/// <summary>How a program ended and what it printed.</summary>
/// <param name="ExitCode">0 to 255; 128 and the signal's number when a signal ended it, as a shell counts.</param>
/// <param name="Truncated">More was printed than was asked to be kept.</param>
internal sealed record ChildResult(int ExitCode, byte[] Output, byte[] Error, bool Truncated)
{
    internal string OutputText => Encoding.UTF8.GetString(Output);

    internal string ErrorText => Encoding.UTF8.GetString(Error);
}

/// <summary>
/// A short-lived program: an absolute path, arguments, all of its input at once, bounded output. It runs in the namespaces of the thread
/// that starts it, in a session of its own, so that a Ctrl+C at the terminal does not end it half way. One thread uses it.
/// </summary>
internal sealed unsafe class ChildProcess : IDisposable
{
    private static readonly string[] s_environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"];

    private readonly string _path;
    private readonly int _pid;
    private readonly int _process;
    private readonly BoundedOutput _output;
    private readonly BoundedOutput _error;
    private bool _reaped;

    private ChildProcess(string path, int pid, int process, BoundedOutput output, BoundedOutput error) =>
        (_path, _pid, _process, _output, _error) = (path, pid, process, output, error);

    /// <summary>Starts the program and returns; <see cref="Wait"/> follows. Past 64 KiB of output the program waits for that.</summary>
    /// <param name="path">Absolute; no search.</param>
    /// <param name="arguments">Without the program's own name.</param>
    /// <param name="input">The whole of its standard input.</param>
    /// <param name="maximum">Bytes kept of each of its outputs; the rest is read and dropped.</param>
    /// <param name="environment">NAME=VALUE each; a PATH of the system's folders and LC_ALL=C where null.</param>
    /// <exception cref="LinuxException">It could not be started.</exception>
    internal static ChildProcess Start(string path, IReadOnlyList<string> arguments, ReadOnlySpan<byte> input = default,
        int maximum = 1 << 20, IReadOnlyList<string>? environment = null)
    {
        if (!Path.IsPathRooted(path) || arguments.Append(path).Concat(environment ?? [])
            .Any(a => a.Contains('\0', StringComparison.Ordinal)))
        {
            throw new ArgumentException($"\"{path}\" is not an absolute path, or an argument holds a zero byte.", nameof(path));
        }

        int stdin = input.IsEmpty ? -1 : Content(input);
        int* pipes = stackalloc int[4] { -1, -1, -1, -1 };
        int process = -1;
        try
        {
            if (Libc.pipe2(pipes, Libc.O_CLOEXEC) < 0 || Libc.pipe2(pipes + 2, Libc.O_CLOEXEC) < 0)
            {
                throw new LinuxException("pipe2", path, Errno.Last);
            }

            int pid;
            int errno = Spawn(&pid, path, arguments, environment ?? s_environment, stdin, pipes[1], pipes[3]);
            if (errno != 0)
            {
                throw new LinuxException("posix_spawn", path, errno);
            }

            process = Libc.pidfd_open(pid, 0);
            if (process < 0)
            {
                // Out of descriptors: nobody could wait for it any more.
                errno = Errno.Last;
                Libc.siginfo_t information;
                Libc.kill(pid, Libc.SIGKILL);
                Libc.waitid(Libc.P_PID, pid, &information, Libc.WEXITED);
                throw new LinuxException("pidfd_open", path, errno);
            }

            return new ChildProcess(path, pid, process, new BoundedOutput(pipes[0], maximum), new BoundedOutput(pipes[2], maximum));
        }
        finally
        {
            Close(stdin);
            Close(pipes[1]);
            Close(pipes[3]);
            if (process < 0)
            {
                Close(pipes[0]);
                Close(pipes[2]);
            }
        }
    }

    /// <summary>Starts a program and waits for its end.</summary>
    internal static ChildResult Run(
        string path, IReadOnlyList<string> arguments, ReadOnlySpan<byte> input, TimeSpan timeout, CancellationToken stop,
            int maximum = 1 << 20, IReadOnlyList<string>? environment = null)
    {
        using ChildProcess child = Start(path, arguments, input, maximum, environment);
        return child.Wait(timeout, stop);
    }

    /// <summary>
    /// Reads what it prints until it has ended. A program that does not end in time, or is not wanted any more, is killed.
    /// </summary>
    /// <exception cref="TimeoutException">It was killed because of its time.</exception>
    /// <exception cref="OperationCanceledException">It was killed because of the token.</exception>
    internal ChildResult Wait(TimeSpan timeout, CancellationToken stop)
    {
        int wake = stop.CanBeCanceled ? Libc.eventfd(0, Libc.O_CLOEXEC | Libc.O_NONBLOCK) : -1;
        CancellationTokenRegistration registration = wake < 0 ? default : stop.Register(() => Signal(wake));
        try
        {
            long end = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
            while (_output.IsOpen || _error.IsOpen)
            {
                WaitFor(wake, end, true, stop);
            }

            // Both outputs are closed, which is nearly always the end; a program that closed them may still be at work.
            Libc.siginfo_t information = default;
            while (!Reap(&information, Libc.WNOHANG))
            {
                WaitFor(wake, end, false, stop);
            }

            int code = information.si_code == Libc.CLD_EXITED ? information.si_status : 128 + information.si_status;
            return new ChildResult(code, _output.Content, _error.Content, _output.Truncated || _error.Truncated);
        }
        finally
        {
            // First: it waits for a callback that is just running, which writes to the descriptor.
            registration.Dispose();
            Close(wake);
        }
    }

    /// <summary>Kills the program, and what it has started in its group, if nobody has waited for its end.</summary>
    public void Dispose()
    {
        if (!_reaped)
        {
            Libc.siginfo_t information;

            // It leads a group of its own, and the number stays its own until it is waited for.
            Libc.kill(-_pid, Libc.SIGKILL);
            Reap(&information, 0);
        }

        Libc.close(_process);
        _output.Dispose();
        _error.Dispose();
    }

    private void WaitFor(int wake, long end, bool output, CancellationToken stop)
    {
        // poll(2) passes over negative descriptors.
        Libc.pollfd* polled = stackalloc Libc.pollfd[4]
        {
            new() { fd = output ? -1 : _process, events = Libc.POLLIN },
            new() { fd = output ? _output.Descriptor : -1, events = Libc.POLLIN },
            new() { fd = output ? _error.Descriptor : -1, events = Libc.POLLIN },
            new() { fd = wake, events = Libc.POLLIN },
        };
        stop.ThrowIfCancellationRequested();
        long left = end - Environment.TickCount64;
        if (left <= 0)
        {
            throw new TimeoutException($"\"{_path}\" did not end in time.");
        }

        int ready = Libc.poll(polled, 4, (int)Math.Min(left, int.MaxValue));
        if (ready < 0 && Errno.Last != Errno.EINTR)
        {
            throw new LinuxException("poll", _path, Errno.Last);
        }

        if (ready > 0 && polled[1].revents != 0)
        {
            _output.Read();
        }

        if (ready > 0 && polled[2].revents != 0)
        {
            _error.Read();
        }
    }

    private bool Reap(Libc.siginfo_t* information, int options)
    {
        int result;
        do
        {
            *information = default;
            result = Libc.waitid(Libc.P_PIDFD, _process, information, Libc.WEXITED | options);
        }
        while (result < 0 && Errno.Last == Errno.EINTR);
        if (result < 0)
        {
            int errno = Errno.Last;
            _reaped = true;
            throw new LinuxException("waitid", _path, errno);
        }

        return _reaped = information->si_pid != 0;
    }

    private static void Signal(int wake)
    {
        ulong one = 1;
        _ = Libc.write(wake, (byte*)&one, sizeof(ulong));
    }

    private static void Close(int fd)
    {
        if (fd >= 0)
        {
            Libc.close(fd);
        }
    }

    /// <summary>A memory file is read at the program's own pace: no pipe that fills, nobody who must feed it.</summary>
    internal static int Content(ReadOnlySpan<byte> input)
    {
        int fd;
        fixed (byte* name = "input\0"u8)
        {
            fd = Libc.memfd_create(name, Libc.MFD_CLOEXEC);
        }

        if (fd < 0)
        {
            throw new LinuxException("memfd_create", "input", Errno.Last);
        }

        fixed (byte* p = input)
        {
            for (nint done = 0; done < input.Length;)
            {
                // At an offset, so that the file's position, which the program inherits, stays at its beginning.
                nint written = Libc.pwrite(fd, p + done, (nuint)(input.Length - done), done);
                if (written < 0 && Errno.Last != Errno.EINTR)
                {
                    int errno = Errno.Last;
                    Libc.close(fd);
                    throw new LinuxException("pwrite", "input", errno);
                }

                done += Math.Max(written, 0);
            }
        }

        return fd;
    }

    internal static int Spawn(
        int* pid, string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, int stdin, int stdout, int stderr)
    {
        // posix_spawn_file_actions_t and posix_spawnattr_t have at most 336 bytes in glibc and musl.
        byte* actions = stackalloc byte[512];
        byte* attributes = stackalloc byte[512];
        byte* signals = stackalloc byte[128];
        Libc.posix_spawn_file_actions_init(actions);
        Libc.posix_spawnattr_init(attributes);
        nint[] texts = [.. arguments.Prepend(path).Select(Marshal.StringToCoTaskMemUTF8), 0];
        nint[] variables = [.. environment.Select(Marshal.StringToCoTaskMemUTF8), 0];
        try
        {
            fixed (byte* nothing = "/dev/null\0"u8)
            fixed (nint* argv = texts, envp = variables)
            {
                if (stdin < 0)
                {
                    Libc.posix_spawn_file_actions_addopen(actions, 0, nothing, Libc.O_RDONLY, 0);
                }
                else
                {
                    Libc.posix_spawn_file_actions_adddup2(actions, stdin, 0);
                }

                Libc.posix_spawn_file_actions_adddup2(actions, stdout, 1);
                Libc.posix_spawn_file_actions_adddup2(actions, stderr, 2);
                Libc.posix_spawnattr_setflags(attributes,
                    Libc.POSIX_SPAWN_SETSID | Libc.POSIX_SPAWN_SETSIGMASK | Libc.POSIX_SPAWN_SETSIGDEF);
                new Span<byte>(signals, 128).Clear();
                Libc.posix_spawnattr_setsigmask(attributes, signals);
                new Span<byte>(signals, 128).Fill(0xff);
                Libc.posix_spawnattr_setsigdefault(attributes, signals);
                return Libc.posix_spawn(pid, (byte*)texts[0], actions, attributes, (byte**)argv, (byte**)envp);
            }
        }
        finally
        {
            foreach (nint text in texts.Concat(variables))
            {
                Marshal.FreeCoTaskMem(text);
            }

            Libc.posix_spawn_file_actions_destroy(actions);
            Libc.posix_spawnattr_destroy(attributes);
        }
    }
}
