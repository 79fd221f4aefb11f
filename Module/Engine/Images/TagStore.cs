using System.Security.Cryptography;
using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>A reference on disk and what it points to; no id where its file is damaged.</summary>
internal readonly record struct ImageTag(ImageReference Reference, Digest? Id);

/// <summary>
/// One file per reference, named after its canonical form with '%' escapes, holding the image's id. A name too long for a file
/// is "~" and its SHA-256, and the reference is the file's second line.
/// </summary>
internal sealed class TagStore(string dataRoot)
{
    private const int MaxBytes = 1024;
    private const char HashMark = '~';

    private readonly string _folder = Path.Join(dataRoot, "tags");

    /// <summary>Every reference that can be understood; files that no reference could have are left out.</summary>
    internal IEnumerable<ImageTag> List()
    {
        if (!Directory.Exists(_folder))
        {
            yield break;
        }

        foreach (string path in Directory.EnumerateFileSystemEntries(_folder))
        {
            string name = Path.GetFileName(path);
            if (name.StartsWith('.'))
            {
                continue;
            }

            string[] lines = ReadLines(path);
            string? text = name.StartsWith(HashMark) ? lines.ElementAtOrDefault(1) : Unescape(name);
            if (ImageReference.TryParse(text, out ImageReference? reference) && FileName(reference) == name)
            {
                yield return new ImageTag(reference, Digest.TryParse(lines.FirstOrDefault(), out Digest id) ? id : null);
            }
        }
    }

    /// <summary>What a reference points to. False where it does not exist; no id where its file is damaged.</summary>
    internal bool TryGet(ImageReference reference, out Digest? id)
    {
        id = null;
        string path = PathOf(reference);
        try
        {
            byte[]? content = SmallFile.Read(path, MaxBytes);
            if (content is null)
            {
                return false;
            }

            id = Digest.TryParse(FirstLine(content), out Digest digest) ? digest : null;
            return true;
        }
        catch (LinuxException e) when (IsDamage(e))
        {
            return true;
        }
    }

    /// <summary>Creates or moves a reference. The caller holds the store's lock.</summary>
    internal void Set(ImageReference reference, Digest id)
    {
        StoreFolder.Ensure(_folder);
        string path = PathOf(reference);
        if (Directory.Exists(path))
        {
            FileTree.Remove(path);
        }

        SmallFile.Replace(path, Encoding.UTF8.GetBytes($"{id}\n{reference.Canonical}\n"));
    }

    /// <summary>Removes a reference, whatever its file has become. The caller holds the store's lock.</summary>
    internal void Remove(ImageReference reference) => FileTree.Remove(PathOf(reference));

    /// <summary>Removes what crashed writers left beside. The caller holds the store's lock, so nobody is writing.</summary>
    internal void Sweep() => StoreFolder.RemoveTemporaries(_folder);

    internal static string FileName(ImageReference reference)
    {
        string canonical = reference.Canonical;
        StringBuilder name = new(canonical.Length + 16);
        foreach (char c in canonical)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            {
                name.Append(c);
            }
            else
            {
                name.Append('%').Append(((int)c).ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return name.Length <= NativePath.MaxName
            ? name.ToString()
            : HashMark + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)));
    }

    private static string Unescape(string name)
    {
        StringBuilder text = new(name.Length);
        for (int i = 0; i < name.Length; i++)
        {
            if (name[i] == '%' && i + 2 < name.Length
                && byte.TryParse(name.AsSpan(i + 1, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out byte value))
            {
                text.Append((char)value);
                i += 2;
            }
            else
            {
                text.Append(name[i]);
            }
        }

        return text.ToString();
    }

    private static bool IsDamage(LinuxException e) =>
        e.Errno is Errno.EISDIR or Errno.ELOOP or Errno.EINVAL or Errno.EFBIG or Errno.ENXIO or Errno.EIO;

    private static string? FirstLine(byte[] content)
    {
        int end = content.AsSpan().IndexOf((byte)'\n');
        return Encoding.UTF8.GetString(end < 0 ? content : content.AsSpan(0, end));
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            byte[]? content = SmallFile.Read(path, MaxBytes);
            return content is null ? [] : Encoding.UTF8.GetString(content).Split('\n');
        }
        catch (LinuxException e) when (IsDamage(e))
        {
            return [];
        }
    }

    private string PathOf(ImageReference reference) => Path.Join(_folder, FileName(reference));
}
