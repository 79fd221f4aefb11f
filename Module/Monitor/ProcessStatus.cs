using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>Reads proc_pid_stat(5).</summary>
internal static unsafe class ProcessStatus
{
    internal const int Parent = 4;
    internal const int Session = 6;
    internal const int ArgumentsStart = 48;
    internal const int ArgumentsEnd = 49;
    private const int StartTimeField = 22;

    /// <summary>Clock ticks since boot; 0 when there is no such process.</summary>
    internal static ulong StartTime(int pid) => Field(pid, StartTimeField);

    /// <summary>The same from a path of the form /proc/PID/stat; the child uses it, so it allocates nothing.</summary>
    internal static ulong StartTime(byte* path) => Field(path, StartTimeField);

    /// <param name="pid">The process.</param>
    /// <param name="number">The field, counted from 1 as the man page does; above 2.</param>
    internal static ulong Field(int pid, int number)
    {
        byte* path = stackalloc byte[32];
        "/proc/"u8.CopyTo(new Span<byte>(path, 32));
        int length = 6 + JsonText.Digits(path + 6, pid);
        "/stat\0"u8.CopyTo(new Span<byte>(path + length, 8));
        return Field(path, number);
    }

    /// <summary>The pid in the innermost process namespace: the last number of NSpid in proc_pid_status(5); 0 when there is no such process.</summary>
    internal static int InnerPid(int pid)
    {
        const int Size = 4096;
        byte* path = stackalloc byte[32];
        "/proc/"u8.CopyTo(new Span<byte>(path, 32));
        int length = 6 + JsonText.Digits(path + 6, pid);
        "/status\0"u8.CopyTo(new Span<byte>(path + length, 8));
        int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return 0;
        }

        byte* text = stackalloc byte[Size];
        nint got = Libc.read(fd, text, Size);
        Libc.close(fd);

        // The name, in the first line, has its newlines escaped: a line that begins so is no invention of the process.
        ReadOnlySpan<byte> content = new(text, got < 0 ? 0 : (int)got);
        int at = content.IndexOf("\nNSpid:"u8);
        int number = 0;
        for (int i = at < 0 ? content.Length : at + 7; i < content.Length && content[i] != (byte)'\n'; i++)
        {
            number = content[i] is >= (byte)'0' and <= (byte)'9' ? (number * 10) + content[i] - (byte)'0' : 0;
        }

        return number;
    }

    private static ulong Field(byte* path, int number)
    {
        const int Size = 1024;
        int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return 0;
        }

        byte* text = stackalloc byte[Size];
        nint got = Libc.read(fd, text, Size);
        Libc.close(fd);

        // The command name may hold anything, spaces and parentheses too: count from the last ')'.
        nint i = got - 1;
        while (i > 0 && text[i] != ')')
        {
            i--;
        }

        int field = 2;
        ulong value = 0;
        for (i++; i < got && field <= number; i++)
        {
            if (text[i] == ' ')
            {
                field++;
            }
            else if (field == number && text[i] is >= (byte)'0' and <= (byte)'9')
            {
                value = (value * 10) + (ulong)(text[i] - '0');
            }
        }

        return value;
    }
}
