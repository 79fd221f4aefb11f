using System.Text;

namespace Containers.Engine.Linux;

/// <summary>Paths as the kernel takes them: bytes that end with a zero.</summary>
internal static class NativePath
{
    /// <summary>PATH_MAX: the longest path in one call, its final zero included.</summary>
    internal const int MaxLength = 4096;

    /// <summary>NAME_MAX: the longest single name.</summary>
    internal const int MaxName = 255;

    /// <summary>The path in UTF-8 with a final zero. A zero inside would cut it short in the kernel, so it is refused.</summary>
    internal static byte[] From(string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A path cannot contain a NUL character.", nameof(path));
        }

        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(path) + 1];
        Encoding.UTF8.GetBytes(path, bytes);
        return bytes;
    }

    /// <summary>The bytes with a final zero.</summary>
    internal static byte[] From(ReadOnlySpan<byte> path)
    {
        if (path.Contains((byte)0))
        {
            throw new ArgumentException("A path cannot contain a NUL byte.", nameof(path));
        }

        byte[] bytes = new byte[path.Length + 1];
        path.CopyTo(bytes);
        return bytes;
    }

    /// <summary>For messages: invalid UTF-8 becomes the replacement character.</summary>
    internal static string ToText(ReadOnlySpan<byte> path) => Encoding.UTF8.GetString(path);

    /// <summary>For messages, from a zero-terminated name.</summary>
    internal static unsafe string ToText(byte* path) =>
        ToText(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(path));
}
