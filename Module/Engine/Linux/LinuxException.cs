namespace Containers.Engine.Linux;

/// <summary>A system call failed. Carries the call, what it acted on and errno; the meaning is given by whoever knows it.</summary>
public sealed class LinuxException : IOException
{
    /// <param name="call">Name of the call as its man page spells it, for example <c>mount</c>.</param>
    /// <param name="subject">Path, name or number the call acted on.</param>
    /// <param name="errno">The error number, read right after the call.</param>
    public LinuxException(string call, string subject, int errno)
        : base($"{call} '{subject}': {Linux.Errno.Describe(errno)}")
    {
        Call = call;
        Subject = subject;
        Errno = errno;
    }

    public string Call { get; }

    public string Subject { get; }

    public int Errno { get; }
}
