using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Containers.Engine.Linux;

/// <summary>Records on disk: small JSON files, written beside and renamed, read with a size limit.</summary>
internal static class RecordFile
{
    private const int MaximumSize = 4 << 20;

    internal static T Read<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
        if (file.Length > MaximumSize)
        {
            throw new JsonException($"The file has {file.Length} bytes.");
        }

        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return JsonSerializer.Deserialize(bytes, type) ?? throw new JsonException("The file holds null.");
    }

    /// <param name="path">The record; the temporary file lies beside it.</param>
    /// <param name="value">What is written.</param>
    /// <param name="type">Its JSON contract.</param>
    /// <param name="durable">Flushed to the disk before the name points to it. The name itself is, once its directory is synced.</param>
    internal static void Write<T>(string path, T value, JsonTypeInfo<T> type, bool durable)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(value, type);
        string temporary = path + ".tmp";
        using (FileStream file = Create(temporary))
        {
            file.Write(bytes);
            if (durable)
            {
                file.Flush(flushToDisk: true);
            }
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static FileStream Create(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Create,
        Access = FileAccess.Write,
        BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });
}
