using System.Text;

namespace Containers.Engine.Storage;

/// <summary>
/// What every start makes in a root that lacks it, to mount something there. Nobody wrote it, so it is no change: docker keeps the same
/// names in a layer of its own below the container's.
/// </summary>
internal sealed class MountPoints
{
    private static readonly string[] s_directories = ["proc", "sys", "dev", "etc"];
    private static readonly string[] s_files = ["etc/hosts", "etc/hostname", "etc/resolv.conf"];

    private readonly HashSet<string> _directories = new(s_directories, StringComparer.Ordinal);
    private readonly HashSet<string> _files = new(s_files, StringComparer.Ordinal);

    /// <param name="targets">Absolute paths of what else was mounted, files and directories; those above them are made with them.</param>
    internal MountPoints(IEnumerable<string> targets)
    {
        foreach (string target in targets)
        {
            string[] parts = target.Split('/', StringSplitOptions.RemoveEmptyEntries);
            for (int i = 1; i <= parts.Length; i++)
            {
                _directories.Add(string.Join('/', parts.Take(i)));
            }

            _files.Add(string.Join('/', parts));
        }
    }

    /// <summary>What a container without mounts of its own has.</summary>
    internal static MountPoints Usual { get; } = new([]);

    internal bool IsDirectory(ReadOnlySpan<byte> path) => Holds(_directories, path);

    internal bool IsFile(ReadOnlySpan<byte> path) => Holds(_files, path);

    private static bool Holds(HashSet<string> set, ReadOnlySpan<byte> path)
    {
        if (path.Length > 4096)
        {
            return false;
        }

        Span<char> text = stackalloc char[path.Length];
        return Encoding.UTF8.TryGetChars(path, text, out int length)
            && set.GetAlternateLookup<ReadOnlySpan<char>>().Contains(text[..length]);
    }
}
