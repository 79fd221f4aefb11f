using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>Collects differences for people. The root itself is left out, as docker diff does.</summary>
internal sealed class ChangeList : IDifferenceSink
{
    internal List<ContainerChange> Changes { get; } = [];

    public void Report(in Difference difference)
    {
        if (difference.Path.IsEmpty)
        {
            return;
        }

        uint type = difference.Status.stx_mode & Libc.S_IFMT;
        Changes.Add(new ContainerChange
        {
            Kind = difference.Kind,
            Path = "/" + Text(difference.Path),
            Type = type switch
            {
                Libc.S_IFREG => ChangedFileType.File,
                Libc.S_IFDIR => ChangedFileType.Directory,
                Libc.S_IFLNK => ChangedFileType.SymbolicLink,
                Libc.S_IFCHR or Libc.S_IFBLK => ChangedFileType.Device,
                _ => ChangedFileType.Other,
            },
            Size = type == Libc.S_IFREG && difference.Kind != ChangeKind.Deleted ? (long)difference.Status.stx_size : 0,
        });
    }

    /// <summary>UTF-8, with each byte that is none as \xNN.</summary>
    internal static string Text(ReadOnlySpan<byte> path)
    {
        if (Utf8.IsValid(path))
        {
            return Encoding.UTF8.GetString(path);
        }

        StringBuilder text = new();
        while (!path.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(path, out Rune rune, out int length) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                length = 1;
                text.Append(CultureInfo.InvariantCulture, $"\\x{path[0]:X2}");
            }

            path = path[length..];
        }

        return text.ToString();
    }
}
