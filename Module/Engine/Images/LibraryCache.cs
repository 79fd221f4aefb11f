using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Containers.Engine.Images;

/// <summary>
/// The loader's cache of libraries, /etc/ld.so.cache in the format "glibc-ld.so.cache1.1" (dl-cache.h of glibc), which may follow
/// the older one in the same file. Variants for special processors are left out: the plain library runs everywhere.
/// </summary>
internal sealed class LibraryCache
{
    private const int MaxBytes = 16 << 20;
    private const int HeaderSize = 48;
    private const int EntrySize = 24;

    private readonly Dictionary<string, List<string>> _paths = new(StringComparer.Ordinal);

    /// <summary>Reads the cache; empty where there is none or it is of an unknown format.</summary>
    internal static LibraryCache Read(string path)
    {
        LibraryCache cache = new();
        byte[]? bytes = Linux.SmallFile.Read(path, MaxBytes);
        if (bytes is not null)
        {
            cache.Parse(bytes);
        }

        return cache;
    }

    /// <summary>The paths for a soname, in the cache's order; they may be of several architectures.</summary>
    internal IReadOnlyList<string> Find(string name) => _paths.TryGetValue(name, out List<string>? paths) ? paths : [];

    private void Parse(ReadOnlySpan<byte> file)
    {
        int start = file.IndexOf("glibc-ld.so.cache1.1"u8);
        if (start < 0)
        {
            return;
        }

        ReadOnlySpan<byte> cache = file[start..];
        if (cache.Length < HeaderSize)
        {
            return;
        }

        int count = MemoryMarshal.Read<int>(cache[20..]);
        for (int i = 0; i < count && HeaderSize + ((i + 1) * EntrySize) <= cache.Length; i++)
        {
            ReadOnlySpan<byte> entry = cache.Slice(HeaderSize + (i * EntrySize), EntrySize);
            if (BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]) != 0)
            {
                continue;
            }

            string key = Text(cache, MemoryMarshal.Read<uint>(entry[4..]));
            string value = Text(cache, MemoryMarshal.Read<uint>(entry[8..]));
            if (key.Length > 0 && value.StartsWith('/'))
            {
                if (!_paths.TryGetValue(key, out List<string>? paths))
                {
                    _paths[key] = paths = [];
                }

                paths.Add(value);
            }
        }
    }

    private static string Text(ReadOnlySpan<byte> cache, uint offset)
    {
        if (offset >= cache.Length)
        {
            return string.Empty;
        }

        ReadOnlySpan<byte> rest = cache[(int)offset..];
        int end = rest.IndexOf((byte)0);
        return end < 0 ? string.Empty : Encoding.UTF8.GetString(rest[..end]);
    }
}
