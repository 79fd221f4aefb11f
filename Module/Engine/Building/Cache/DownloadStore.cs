using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Cache;

/// <summary>
/// Files that ADD downloaded, by their addresses. One is used again when its server says that it has not changed, or when a checksum says what it
/// must be. An entry is a directory that comes and goes as a whole; its content is believed only after it was hashed.
/// </summary>
internal sealed class DownloadStore(string dataRoot) : IBuildCacheFolder
{
    private const int MaxRecordBytes = 64 * 1024;
    private const string RecordName = "/download.json";
    private const string ContentName = "/content";

    private readonly string _folder = dataRoot + "/build/downloads";

    public string Kind => "Download";

    public string ItemType => "Download";

    public IEnumerable<BuildCacheEntry> List(CancellationToken cancel)
    {
        foreach (string folder in Directory.Exists(_folder) ? Directory.EnumerateDirectories(_folder) : [])
        {
            cancel.ThrowIfCancellationRequested();
            string name = Path.GetFileName(folder);
            yield return new BuildCacheEntry
            {
                Id = name,
                Kind = Kind,
                Description = Read(folder)?.Address ?? name,
                Size = DiskUsage.Of(folder),
                Created = File.GetCreationTimeUtc(folder + RecordName),
                LastUsed = Directory.GetLastWriteTimeUtc(folder),
            };
        }
    }

    public bool Remove(string id)
    {
        string folder = _folder + "/" + Path.GetFileName(id);
        return Directory.Exists(folder) && BuildTrash.TryRemove(dataRoot, folder);
    }

    /// <summary>What is known of an address; user and password are part of it.</summary>
    internal DownloadRecord? Find(Uri address) => Read(FolderOf(address));

    /// <summary>Gives the content of a record another name.</summary>
    /// <param name="path">Does not exist; on the file system of the data root.</param>
    /// <returns>False where it is gone, or is not what the record says: then nothing is at the path.</returns>
    internal bool TryLink(Uri address, DownloadRecord record, string path)
    {
        string folder = FolderOf(address);
        if (!Files.TryLink(folder + ContentName, path))
        {
            return false;
        }

        using (FileStream content = File.OpenRead(path))
        {
            if (content.Length == record.Size && Digest.FromSha256(SHA256.HashData(content)).ToString() == record.Digest)
            {
                Touch(folder);
                return true;
            }
        }

        _ = SmallFile.Remove(path);
        return false;
    }

    /// <summary>Keeps a file under another name of it, in place of what there was. No sync: what a power cut spoils is found by its hash.</summary>
    /// <param name="path">In a directory of the build, which nobody sweeps while it lives. Nobody writes to the file from now on.</param>
    internal void Keep(Uri address, DownloadRecord record, string path)
    {
        StoreFolder.Ensure(_folder);
        string made = path + ".kept";
        StoreFolder.Create(made);
        bool kept = false;
        try
        {
            if (Files.TryLink(path, made + ContentName))
            {
                Files.Write(made + RecordName, JsonSerializer.SerializeToUtf8Bytes(record, DownloadJson.Default.DownloadRecord), 0x180); // 0600
                string folder = FolderOf(address);
                _ = BuildTrash.TryRemove(dataRoot, folder);
                kept = Files.TryRename(made, folder); // Else another session was faster: its file is as good.
            }
        }
        finally
        {
            if (!kept)
            {
                FileTree.Remove(made);
            }
        }
    }

    /// <summary>When it was last used, for those who clear what is old.</summary>
    private static void Touch(string folder)
    {
        try
        {
            Directory.SetLastWriteTimeUtc(folder, DateTime.UtcNow);
        }
        catch (IOException)
        {
            // Another session has cleared it in this moment.
        }
    }

    private static DownloadRecord? Read(string folder)
    {
        try
        {
            byte[]? json = SmallFile.Read(folder + RecordName, MaxRecordBytes);
            DownloadRecord? record = json is null ? null : JsonSerializer.Deserialize(json, DownloadJson.Default.DownloadRecord);
            return record is { Version: DownloadRecord.CurrentVersion } ? record : null;
        }
        catch (Exception e) when (e is LinuxException or JsonException)
        {
            return null; // As good as none: the file is downloaded again.
        }
    }

    private string FolderOf(Uri address) => _folder + "/" + Digest.Of(Encoding.UTF8.GetBytes(address.AbsoluteUri)).Hex;
}
