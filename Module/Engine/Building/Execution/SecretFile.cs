using System.Text;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Building.Execution;

/// <summary>The secrets of one step, in memory: its monitor gets the descriptor, and its process copies them into a tmpfs that only it sees (S43).</summary>
internal sealed unsafe class SecretFile : IDisposable
{
    /// <summary>As docker has it.</summary>
    private const int MaxBytes = 500 * 1024;

    private long _length;

    /// <summary>Null where nothing was put into it.</summary>
    internal SafeFileHandle? Handle { get; private set; }

    /// <summary>Reads a secret; null where it is not there.</summary>
    /// <exception cref="EngineException">SecretUnreadable. The message tells nothing of the content.</exception>
    internal static byte[]? Read(string id, BuildSecret secret)
    {
        if (secret.Variable is { } variable)
        {
            return Environment.GetEnvironmentVariable(variable) is { } value ? Encoding.UTF8.GetBytes(value) : null;
        }

        try
        {
            using FileStream file = new(secret.Path!, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
            using MemoryStream content = new();
            byte[] piece = new byte[64 * 1024];
            for (int got; (got = file.Read(piece)) > 0;)
            {
                content.Write(piece, 0, got);
                if (content.Length > MaxBytes)
                {
                    throw Unreadable(id, $"it is larger than {MaxBytes / 1024} KiB", null);
                }
            }

            return content.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(id, e.Message, e);
        }
    }

    /// <returns>Where it begins.</returns>
    internal long Add(byte[] content)
    {
        Handle ??= Create();
        long start = _length;
        fixed (byte* bytes = content)
        {
            for (int done = 0; done < content.Length;)
            {
                nint written = Libc.pwrite((int)Handle.DangerousGetHandle(), bytes + done, (nuint)(content.Length - done), start + done);
                done += written > 0 ? (int)written : throw new LinuxException("pwrite", "secrets", Errno.Last);
            }
        }

        _length += content.Length;
        return start;
    }

    public void Dispose() => Handle?.Dispose();

    private static SafeFileHandle Create()
    {
        fixed (byte* name = "build secrets\0"u8)
        {
            int fd = Libc.memfd_create(name, Libc.MFD_CLOEXEC);
            return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw new LinuxException("memfd_create", "build secrets", Errno.Last);
        }
    }

    private static EngineException Unreadable(string id, string why, Exception? inner) => new(
        EngineErrorKind.ReadError, "SecretUnreadable", $"The secret '{id}' cannot be read: {why}.", id, "Give a small file that this user may read.", inner);
}
