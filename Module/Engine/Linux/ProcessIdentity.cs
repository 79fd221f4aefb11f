using System.Globalization;
using System.Text;

namespace Containers.Engine.Linux;

/// <summary>A process: a pid alone is reused, pid and start time together are not (rule 8 of security.md).</summary>
/// <param name="Pid">Pid in this process's namespace.</param>
/// <param name="StartTime">Clock ticks since boot: field 22 of proc_pid_stat(5).</param>
internal readonly record struct ProcessIdentity(int Pid, long StartTime)
{
    /// <summary>Whether this very process exists and is no zombie.</summary>
    internal bool IsAlive => Pid > 0 && TryRead(Pid, out long start, out char state) && start == StartTime && state is not ('Z' or 'X');

    /// <summary>Opens the process for signals and waiting (pidfd_open(2)); -1 when it is gone.</summary>
    internal int Open()
    {
        int fd = Libc.pidfd_open(Pid, 0);
        if (fd >= 0 && !IsAlive)
        {
            Libc.close(fd);
            return -1;
        }

        return fd < 0 ? -1 : fd;
    }

    /// <returns>False when it is gone.</returns>
    internal bool TrySignal(int signal)
    {
        int fd = Open();
        if (fd < 0)
        {
            return false;
        }

        bool sent = Libc.pidfd_send_signal(fd, signal) == 0;
        Libc.close(fd);
        return sent;
    }

    /// <summary>Waits until it has ended.</summary>
    /// <param name="milliseconds">At most so long; negative for ever.</param>
    /// <param name="cancellation">Looked at every 50 milliseconds.</param>
    /// <returns>False when it still runs.</returns>
    internal unsafe bool AwaitEnd(int milliseconds, CancellationToken cancellation)
    {
        int fd = Open();
        if (fd < 0)
        {
            return true;
        }

        long until = milliseconds < 0 ? long.MaxValue : Environment.TickCount64 + milliseconds;
        Libc.pollfd one = new() { fd = fd, events = Libc.POLLIN };
        bool ended = false;
        while (!ended && Environment.TickCount64 < until && !cancellation.IsCancellationRequested)
        {
            ended = Libc.poll(&one, 1, 50) > 0;
        }

        Libc.close(fd);
        cancellation.ThrowIfCancellationRequested();
        return ended;
    }

    internal static bool TryRead(int pid, out long startTime, out char state)
    {
        startTime = 0;
        state = '?';
        string text;
        try
        {
            text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"), Encoding.Latin1);
        }
        catch (IOException)
        {
            return false; // The process ended: that is the answer.
        }

        int end = text.LastIndexOf(')');
        if (end < 0)
        {
            return false;
        }

        string[] fields = text[(end + 2)..].Split(' ');
        if (fields.Length < 20)
        {
            return false;
        }

        state = fields[0][0];
        return long.TryParse(fields[19], NumberStyles.None, CultureInfo.InvariantCulture, out startTime);
    }
}
