using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Containers.Engine.Images;

namespace Containers.Engine.Building.Cache;

/// <summary>
/// The name of a step's result: a hash over everything that it depends on. Each part goes in with its length, so that no two lists of parts
/// look alike.
/// </summary>
internal sealed class CacheKey : IDisposable
{
    /// <summary>Raised when a step comes to another result with the same inputs: old records are not found any more.</summary>
    private const string Version = "1";

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <param name="kind">What kind of step: keys of different kinds never meet.</param>
    internal CacheKey(string kind)
    {
        Add(Version);
        Add(kind);
    }

    internal CacheKey Add(string? text) => text is null ? Add("\0"u8) : Add(Encoding.UTF8.GetBytes(text));

    internal CacheKey Add(ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        _hash.AppendData(length);
        _hash.AppendData(bytes);
        return this;
    }

    internal CacheKey Add(long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        return Add(bytes);
    }

    internal CacheKey AddAll(IEnumerable<string> texts)
    {
        List<string> all = [.. texts];
        Add(all.Count);
        foreach (string text in all)
        {
            Add(text);
        }

        return this;
    }

    internal Digest Finish() => Digest.FromSha256(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();
}
