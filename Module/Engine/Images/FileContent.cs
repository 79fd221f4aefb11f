using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>Copies an open file into an archive, as long as it was when its header was written.</summary>
internal static unsafe class FileContent
{
    internal static void Copy(
        int fd, long size, TarWriter writer, byte[] buffer, ReadOnlySpan<byte> path, CancellationToken cancel)
    {
        long left = size;
        while (left > 0)
        {
            cancel.ThrowIfCancellationRequested();
            nint got;
            fixed (byte* start = buffer)
            {
                got = Libc.read(fd, start, (nuint)Math.Min(buffer.Length, left));
            }

            if (got < 0)
            {
                int error = Errno.Last;
                if (error == Errno.EINTR)
                {
                    continue;
                }

                throw new LinuxException("read", NativePath.ToText(path), error);
            }

            if (got == 0)
            {
                throw Changed(path);
            }

            writer.WriteData(buffer.AsSpan(0, (int)got));
            left -= got;
        }

        if (size > 0)
        {
            writer.EndData();
        }
    }

    internal static EngineException Changed(ReadOnlySpan<byte> path)
    {
        string text = NativePath.ToText(path);
        return new EngineException(
            EngineErrorKind.ReadError, "SourceChanged", $"The file '{text}' changed while it was read.", text,
            "Try again when nobody writes to the directory.");
    }
}
