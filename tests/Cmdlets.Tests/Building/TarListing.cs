using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>A tree as lines, one for each path: what two trees must have in common to be the same.</summary>
internal static class TarListing
{
    /// <summary>Whatever comes from a base image or a context is older than this; what a build makes is younger, and its time is its own.</summary>
    private static readonly DateTimeOffset s_made = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Type, mode, owner, content, link target or device number, attributes, other names of the same file, and the time where the build did not
    /// make it. The root is left out, which docker's exports do not have.
    /// </summary>
    internal static SortedDictionary<string, string> Read(string tar)
    {
        SortedDictionary<string, string> lines = new(StringComparer.Ordinal);
        List<(string Path, string First)> links = [];
        using FileStream stream = File.OpenRead(tar);
        using TarReader reader = new(stream);
        while (reader.GetNextEntry() is { } entry)
        {
            string path = Clean(entry.Name);
            if (entry.EntryType == TarEntryType.HardLink)
            {
                links.Add((path, Clean(entry.LinkName)));
            }
            else if (path.Length > 0)
            {
                lines[path] = Describe(entry);
            }
        }

        foreach (IGrouping<string, (string Path, string First)> file in links.GroupBy(link => link.First))
        {
            string[] names = [.. file.Select(link => link.Path).Append(file.Key).Order(StringComparer.Ordinal)];
            string line = lines[file.Key] + " = " + string.Join(' ', names);
            Array.ForEach(names, name => lines[name] = line);
        }

        return lines;
    }

    private static string Describe(TarEntry entry)
    {
        string what = entry switch
        {
            { EntryType: TarEntryType.Directory } => "directory",
            { EntryType: TarEntryType.SymbolicLink } => "link to " + entry.LinkName,
            { EntryType: TarEntryType.Fifo } => "fifo",
            PosixTarEntry { EntryType: TarEntryType.CharacterDevice or TarEntryType.BlockDevice } device =>
                string.Create(CultureInfo.InvariantCulture, $"{device.EntryType} {device.DeviceMajor}:{device.DeviceMinor}"),
            { DataStream: null } => "empty file",
            _ => string.Create(CultureInfo.InvariantCulture, $"file {entry.Length} {Convert.ToHexStringLower(SHA256.HashData(entry.DataStream))[..12]}"),
        };
        string mode = Convert.ToString((int)entry.Mode, 8);
        string attributes = string.Concat((entry as PaxTarEntry)?.ExtendedAttributes
            .Where(one => one.Key.StartsWith("SCHILY.xattr.", StringComparison.Ordinal)).OrderBy(one => one.Key, StringComparer.Ordinal)
            .Select(one => $" {one.Key[13..]}={Convert.ToHexStringLower(Encoding.UTF8.GetBytes(one.Value))}") ?? []);

        // Links have no mode, and a directory's time is that of the last change in it.
        string time = entry.EntryType == TarEntryType.Directory || entry.ModificationTime >= s_made
            ? "" : string.Create(CultureInfo.InvariantCulture, $" of {entry.ModificationTime.ToUnixTimeSeconds()}");
        return $"{what} {(entry.EntryType == TarEntryType.SymbolicLink ? "" : mode + " ")}{entry.Uid}:{entry.Gid}{attributes}{time}";
    }

    private static string Clean(string name)
    {
        string bare = name.Trim('/');
        return bare == "." ? "" : bare.StartsWith("./", StringComparison.Ordinal) ? bare[2..] : bare;
    }
}
