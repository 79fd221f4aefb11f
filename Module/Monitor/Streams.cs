using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>The two sides of a process's standard input, output and error: what it is born with, and what the monitor keeps.</summary>
internal unsafe struct Streams
{
    /// <summary>The process's; -1 where there is none. With a terminal they are /dev/null until the process opens it.</summary>
    internal int ChildInput;
    internal int ChildOutput;
    internal int ChildError;

    /// <summary>The monitor's; -1 where there is none.</summary>
    internal int Input;
    internal int Output;
    internal int Error;

    /// <returns>0 or an errno; nothing stays open then.</returns>
    internal int Open(PlanFlags flags)
    {
        ChildInput = ChildOutput = ChildError = Input = Output = Error = -1;
        bool terminal = (flags & PlanFlags.Terminal) != 0;
        bool made = terminal
            ? Null(ref ChildInput) && Null(ref ChildOutput) && Null(ref ChildError)
            : Pipe(ref Output, ref ChildOutput) && Pipe(ref Error, ref ChildError)
                && ((flags & PlanFlags.StandardInput) != 0 ? Pipe(ref ChildInput, ref Input) : Null(ref ChildInput));
        if (made)
        {
            return 0;
        }

        int errno = Errno.Last; // Of the call that failed: what follows may set another one.
        CloseChildSide();
        CloseOwnSide();
        return errno;
    }

    internal void CloseChildSide()
    {
        Close(ref ChildInput);
        Close(ref ChildOutput);
        Close(ref ChildError);
    }

    internal void CloseOwnSide()
    {
        Close(ref Input);
        Close(ref Output);
        Close(ref Error);
    }

    private static bool Pipe(ref int read, ref int write)
    {
        int* ends = stackalloc int[2];
        if (Libc.pipe2(ends, Libc.O_CLOEXEC) < 0)
        {
            return false;
        }

        read = ends[0];
        write = ends[1];
        return true;
    }

    private static bool Null(ref int fd)
    {
        fixed (byte* path = "/dev/null\0"u8)
        {
            fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDWR | Libc.O_CLOEXEC, 0);
        }

        return fd >= 0;
    }

    private static void Close(ref int fd)
    {
        if (fd >= 0)
        {
            Libc.close(fd);
            fd = -1;
        }
    }
}
