using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Networking;

/// <summary>Kernel parameters below /proc/sys/net, of the network namespace the calling thread is in (sysctl(8)).</summary>
internal static unsafe class KernelSetting
{
    internal static string? Read(string name)
    {
        try
        {
            return File.ReadAllText("/proc/sys/net/" + name).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null; // Not in this kernel: IPv6 may be compiled out.
        }
    }

    /// <summary>Nothing is written where the value stands already: some hosts have /proc/sys read-only, with everything as it should be.</summary>
    /// <exception cref="LinuxException">The kernel, or the mount, refuses.</exception>
    internal static void Write(string name, string value)
    {
        string? now = Read(name);
        if (now is null || now == value)
        {
            return;
        }

        string path = "/proc/sys/net/" + name;
        int fd = Files.Open(path, Libc.O_WRONLY);
        if (fd < 0)
        {
            throw new LinuxException("open", path, -fd);
        }

        int errno = 0;
        fixed (byte* text = Encoding.ASCII.GetBytes(value))
        {
            errno = Libc.write(fd, text, (nuint)value.Length) < 0 ? Errno.Last : 0;
        }

        Libc.close(fd);
        if (errno != 0)
        {
            throw new LinuxException("write", path, errno);
        }
    }
}
