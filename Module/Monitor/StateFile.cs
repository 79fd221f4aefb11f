using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>What the monitor knows of the container: written whole, beside and renamed, so that a reader never sees a half.</summary>
/// <remarks>The engine reads it as <c>Lifecycle.StateRecord</c>; the member names are the contract.</remarks>
internal unsafe struct StateFile
{
    internal bool Running;
    internal bool Paused;
    internal bool Restarting;
    internal int Pid;
    internal ulong PidStartTime;

    /// <summary>Of a further program: its pid in the container's process namespace.</summary>
    internal int InnerPid;
    internal int MonitorPid;
    internal ulong MonitorStartTime;
    internal long StartedAt;
    internal long FinishedAt;
    internal int ExitCode;
    internal int Signal;
    internal bool OomKilled;
    internal uint RestartCount;
    internal bool StoppedByUser;
    internal int FailedStep;
    internal int FailedErrno;
    internal ulong LostLogBytes;
    internal HealthState Health;
    internal uint FailingStreak;

    /// <returns>0 or an errno. The disk may be full: the caller goes on.</returns>
    internal readonly int Write(PlanHeader* plan, bool durable)
    {
        byte* buffer = stackalloc byte[1024];
        JsonText json = new(buffer);
        json.Begin();
        json.Add("status"u8, Restarting ? "restarting"u8 : Running ? Paused ? "paused"u8 : "running"u8 : "exited"u8);
        json.Add("pid"u8, Pid);
        json.Add("pidStartTime"u8, (long)PidStartTime);
        json.Add("innerPid"u8, InnerPid);
        json.Add("monitorPid"u8, MonitorPid);
        json.Add("monitorStartTime"u8, (long)MonitorStartTime);
        json.Add("bootId"u8, new ReadOnlySpan<byte>(plan->BootId, PathText.Length(plan->BootId)));
        json.Add("startedAt"u8, StartedAt);
        json.Add("finishedAt"u8, FinishedAt);
        json.Add("exitCode"u8, ExitCode);
        json.Add("signal"u8, Signal);
        json.Add("oomKilled"u8, OomKilled ? 1 : 0);
        json.Add("restartCount"u8, (long)RestartCount);
        json.Add("stoppedByUser"u8, StoppedByUser ? 1 : 0);
        json.Add("failedStep"u8, FailedStep);
        json.Add("failedErrno"u8, FailedErrno);
        json.Add("lostLogBytes"u8, (long)LostLogBytes);
        if (Health != HealthState.None)
        {
            json.Add("health"u8, (long)Health);
            json.Add("failingStreak"u8, (long)FailingStreak);
        }

        json.End();

        int directory = Libc.openat(
            Libc.AT_FDCWD, plan->DataDirectory, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        if (directory < 0)
        {
            return Errno.Last;
        }

        int errno;
        fixed (byte* temporary = ".state.json.tmp\0"u8, name = "state.json\0"u8)
        {
            errno = Replace(directory, temporary, name, buffer, json.Length, durable);
        }

        Libc.close(directory);
        return errno;
    }

    /// <summary>Writes a file beside and renames it.</summary>
    internal static int Replace(int directory, byte* temporary, byte* name, byte* text, int length, bool durable)
    {
        int fd = Libc.openat(
            directory, temporary, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180); // 0600
        if (fd < 0)
        {
            return Errno.Last;
        }

        int errno = Libc.write(fd, text, (nuint)length) == length ? 0 : Errno.ENOSPC;
        if (errno == 0 && durable && Libc.fsync(fd) < 0)
        {
            errno = Errno.Last;
        }

        Libc.close(fd);
        if (errno == 0 && Libc.renameat(directory, temporary, directory, name) < 0)
        {
            errno = Errno.Last;
        }

        if (errno == 0 && durable)
        {
            Libc.fsync(directory);
        }

        return errno;
    }
}
