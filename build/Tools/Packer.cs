using System.Formats.Tar;
using System.IO.Compression;

namespace Containers.Build.Tools;

/// <summary>Packs a folder as .zip and .tar.gz whose bytes depend on the files alone: sorted names, one time, no owner.</summary>
internal static class Packer
{
    private const int RegularFile = 0x8000;

    public static void Pack(string folder, string target, DateTimeOffset time)
    {
        folder = Path.GetFullPath(folder);
        var parent = Path.GetDirectoryName(folder)!;
        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => (Path: file, Name: Path.GetRelativePath(parent, file)))
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .ToList();
        Zip(files, target + ".zip", time);
        Tar(files, target + ".tar.gz", time);
    }

    private static void Zip(List<(string Path, string Name)> files, string target, DateTimeOffset time)
    {
        using var archive = new ZipArchive(File.Create(target), ZipArchiveMode.Create);
        foreach (var (path, name) in files)
        {
            var entry = archive.CreateEntry(name, CompressionLevel.SmallestSize);
            entry.LastWriteTime = time;
            entry.ExternalAttributes = (RegularFile | (int)Mode(path)) << 16;
            using var content = entry.Open();
            using var source = File.OpenRead(path);
            source.CopyTo(content);
        }
    }

    private static void Tar(List<(string Path, string Name)> files, string target, DateTimeOffset time)
    {
        using var compressed = new GZipStream(File.Create(target), CompressionLevel.SmallestSize);
        using var writer = new TarWriter(compressed, TarEntryFormat.Ustar);
        foreach (var (path, name) in files)
        {
            using var content = File.OpenRead(path);
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
            {
                ModificationTime = time,
                Mode = Mode(path),
                DataStream = content,
            });
        }
    }

    // Two modes only, so that the umask of the builder does not show.
    private static UnixFileMode Mode(string path) => (File.GetUnixFileMode(path) & UnixFileMode.UserExecute) != 0
        ? (UnixFileMode)Convert.ToInt32("755", 8)
        : (UnixFileMode)Convert.ToInt32("644", 8);
}
