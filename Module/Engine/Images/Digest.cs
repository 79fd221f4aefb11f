using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Containers.Engine.Images;

/// <summary>
/// A content address, <c>sha256:</c> and 64 lower-case hexadecimal digits (or sha512 and 128), as the OCI image specification
/// writes it (descriptor.md, "Digests"). Nothing else is a digest: no upper case, no other algorithm, no path in disguise.
/// </summary>
public readonly record struct Digest
{
    private const int Sha256Length = 64;
    private const int Sha512Length = 128;

    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789abcdef");

    private readonly string? _text;

    private Digest(string text) => _text = text;

    /// <summary>"sha256" or "sha512".</summary>
    public string Algorithm => Text[..Text.IndexOf(':', StringComparison.Ordinal)];

    /// <summary>The hexadecimal digits.</summary>
    public string Hex => Text[(Text.IndexOf(':', StringComparison.Ordinal) + 1)..];

    private string Text => _text ?? throw new InvalidOperationException("This digest was never set.");

    /// <exception cref="EngineException">InvalidDigest: not of the grammar.</exception>
    public static Digest Parse(string text) => TryParse(text, out Digest digest)
        ? digest
        : throw new EngineException(
            EngineErrorKind.InvalidArgument, "InvalidDigest", $"'{text}' is not a digest.", text,
            "Write it as sha256: and 64 lower-case hexadecimal digits.");

    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        if (text is null)
        {
            return false;
        }

        int length = text.StartsWith("sha256:", StringComparison.Ordinal) ? Sha256Length
            : text.StartsWith("sha512:", StringComparison.Ordinal) ? Sha512Length
            : -1;
        if (length < 0 || text.Length != length + 7 || !IsHex(text.AsSpan(7)))
        {
            return false;
        }

        digest = new Digest(text);
        return true;
    }

    /// <summary>Made from a hash value of 32 bytes (SHA-256).</summary>
    public static Digest FromSha256(ReadOnlySpan<byte> hash) => hash.Length == SHA256.HashSizeInBytes
        ? new Digest("sha256:" + Convert.ToHexStringLower(hash))
        : throw new ArgumentException("A SHA-256 value has 32 bytes.", nameof(hash));

    /// <summary>The SHA-256 of a content.</summary>
    public static Digest Of(ReadOnlySpan<byte> content) => FromSha256(SHA256.HashData(content));

    /// <summary>Algorithm, colon, digits.</summary>
    public override string ToString() => _text ?? string.Empty;

    internal static bool IsHex(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(s_hex) < 0;
}
