using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>
/// A name from an archive made safe to look at: cleaned lexically, as docker does, to names joined by single slashes, without
/// a leading slash, "." or ".."; zero-terminated for the kernel. It is still only resolved inside the root.
/// </summary>
internal sealed class EntryPath
{
    private readonly byte[] _bytes = new byte[NativePath.MaxLength];

    /// <summary>The zero-terminated path; empty for the root itself.</summary>
    internal byte[] Bytes => _bytes;

    internal int Length { get; private set; }

    /// <summary>Where the last name begins.</summary>
    internal int NameStart { get; private set; }

    internal bool IsRoot => Length == 0;

    internal ReadOnlySpan<byte> Path => _bytes.AsSpan(0, Length);

    internal ReadOnlySpan<byte> Name => _bytes.AsSpan(NameStart, Length - NameStart);

    /// <summary>The parent's path, empty for the root.</summary>
    internal ReadOnlySpan<byte> Parent => _bytes.AsSpan(0, Math.Max(NameStart - 1, 0));

    /// <summary>Replaces the last name by the part of it that begins at an offset (a whiteout's target).</summary>
    internal void CutName(int offset)
    {
        Name[offset..].CopyTo(_bytes.AsSpan(NameStart));
        Length -= offset;
        _bytes[Length] = 0;
    }

    /// <exception cref="EngineException">UnsafeArchiveEntry, ArchiveLimitExceeded.</exception>
    internal void Set(ReadOnlySpan<byte> name, int maxDepth)
    {
        if (name.IsEmpty)
        {
            throw ImageErrors.Unsafe(name, "its name is empty");
        }

        if (name.Contains((byte)0))
        {
            throw ImageErrors.Unsafe(name, "its name contains a NUL byte");
        }

        Length = 0;
        int depth = 0;
        ReadOnlySpan<byte> rest = name;
        while (!rest.IsEmpty)
        {
            int slash = rest.IndexOf((byte)'/');
            ReadOnlySpan<byte> part = slash < 0 ? rest : rest[..slash];
            rest = slash < 0 ? default : rest[(slash + 1)..];
            if (part.IsEmpty || part.SequenceEqual("."u8))
            {
                continue;
            }

            if (part.SequenceEqual(".."u8))
            {
                if (depth == 0)
                {
                    throw ImageErrors.Unsafe(name, "it points outside the image");
                }

                depth--;
                Length = Math.Max(Path.LastIndexOf((byte)'/'), 0);
                continue;
            }

            if (part.Length > NativePath.MaxName || Length + part.Length + 2 > NativePath.MaxLength)
            {
                throw ImageErrors.Unsafe(name, "its name is longer than Linux allows");
            }

            if (++depth > maxDepth)
            {
                throw ImageErrors.Limit(
                    $"a path in it is deeper than {maxDepth} directories", "Raise the limit of depth if you trust the archive.");
            }

            if (Length > 0)
            {
                _bytes[Length++] = (byte)'/';
            }

            part.CopyTo(_bytes.AsSpan(Length));
            Length += part.Length;
        }

        _bytes[Length] = 0;
        NameStart = Path.LastIndexOf((byte)'/') + 1;
    }
}
