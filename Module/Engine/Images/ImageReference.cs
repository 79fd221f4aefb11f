using System.Diagnostics.CodeAnalysis;

namespace Containers.Engine.Images;

/// <summary>
/// The name of an image with docker's grammar and defaults: <c>[domain[:port]/]path[:tag][@digest]</c>; "alpine" means
/// docker.io/library/alpine:latest. The grammar is that of the distribution project's reference package.
/// </summary>
public sealed record ImageReference
{
    private const string DefaultDomain = "docker.io";
    private const string LegacyDomain = "index.docker.io";
    private const string OfficialPrefix = "library/";
    private const int MaxPath = 255;
    private const int MaxTag = 128;

    private ImageReference(string domain, string repository, string? tag, Digest? digest)
    {
        Domain = domain;
        Repository = repository;
        Tag = tag;
        Digest = digest;
    }

    /// <summary>Host, with the port where one is given: "docker.io", "localhost:5000".</summary>
    public string Domain { get; }

    /// <summary>The whole path within the registry: "library/alpine".</summary>
    public string Repository { get; }

    /// <summary>The tag; null only where a digest is given without one.</summary>
    public string? Tag { get; }

    public Digest? Digest { get; }

    /// <summary>The repository as people write it: "alpine", "user/app", "quay.io/org/app".</summary>
    public string FamiliarName => Domain != DefaultDomain ? Domain + "/" + Repository
        : Repository.StartsWith(OfficialPrefix, StringComparison.Ordinal)
            && !Repository.AsSpan(OfficialPrefix.Length).Contains('/') ? Repository[OfficialPrefix.Length..]
        : Repository;

    /// <summary>Everything spelled out: "docker.io/library/alpine:latest".</summary>
    public string Canonical => Domain + "/" + Repository + Suffix;

    private string Suffix => (Tag is null ? string.Empty : ":" + Tag) + (Digest is null ? string.Empty : "@" + Digest);

    /// <exception cref="EngineException">InvalidImageReference, with what is wrong.</exception>
    public static ImageReference Parse(string text)
    {
        string? fault = Read(text, out ImageReference? reference);
        return fault is null && reference is not null
            ? reference
            : throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidImageReference", $"'{text}' is not an image name: {fault}.", text,
                "Write it as [registry/]name[:tag], in lower case, for example alpine:3.20.");
    }

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ImageReference? reference)
    {
        reference = null;
        return text is not null && Read(text, out reference) is null && reference is not null;
    }

    /// <summary>The familiar form: "alpine:latest".</summary>
    public override string ToString() => FamiliarName + Suffix;

    private static string? Read(string text, out ImageReference? reference)
    {
        reference = null;
        if (text.Length == 0)
        {
            return "it is empty";
        }

        if (text.Length == 64 && Images.Digest.IsHex(text))
        {
            return "64 hexadecimal digits are an image id";
        }

        string name = text;
        Digest? digest = null;
        int at = name.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            if (!Images.Digest.TryParse(name[(at + 1)..], out Digest parsed))
            {
                return "the digest is malformed";
            }

            digest = parsed;
            name = name[..at];
        }

        // The tag's colon comes after the last slash; one before it belongs to a port.
        string? tag = null;
        int colon = name.LastIndexOf(':');
        if (colon > name.LastIndexOf('/'))
        {
            tag = name[(colon + 1)..];
            name = name[..colon];
            if (!IsTag(tag))
            {
                return "the tag is malformed";
            }
        }

        string domain = DefaultDomain;
        string path = name;
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0 && LooksLikeDomain(name.AsSpan(0, slash)))
        {
            domain = name[..slash];
            path = name[(slash + 1)..];
            if (!IsDomain(domain))
            {
                return "the registry's name is malformed";
            }
        }

        if (domain == LegacyDomain)
        {
            domain = DefaultDomain;
        }

        if (domain == DefaultDomain && !path.Contains('/', StringComparison.Ordinal))
        {
            path = OfficialPrefix + path;
        }

        if (path.AsSpan().IndexOfAnyInRange('A', 'Z') >= 0)
        {
            return "the repository must be in lower case";
        }

        if (!IsPath(path))
        {
            return "the repository is malformed";
        }

        if (path.Length > MaxPath)
        {
            return "the repository is longer than 255 characters";
        }

        reference = new ImageReference(domain, path, tag ?? (digest is null ? "latest" : null), digest);
        return null;
    }

    private static bool LooksLikeDomain(ReadOnlySpan<char> first) =>
        first.IndexOfAny(".:[") >= 0 || first is "localhost" || first.IndexOfAnyInRange('A', 'Z') >= 0;

    private static bool IsDomain(string domain)
    {
        string host = domain;
        int colon = domain.LastIndexOf(':');
        if (colon > domain.LastIndexOf(']'))
        {
            ReadOnlySpan<char> port = domain.AsSpan(colon + 1);
            if (!ushort.TryParse(port, System.Globalization.NumberStyles.None, null, out _))
            {
                return false;
            }

            host = domain[..colon];
        }

        if (host.StartsWith('['))
        {
            return host.EndsWith(']') && host.Length > 2
                && System.Net.IPAddress.TryParse(host.AsSpan(1, host.Length - 2), out _);
        }

        foreach (string label in host.Split('.'))
        {
            if (label.Length == 0 || label[0] == '-' || label[^1] == '-'
                || label.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '-'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsTag(string tag) =>
        tag.Length is > 0 and <= MaxTag
        && tag[0] is not ('.' or '-')
        && tag.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static bool IsPath(string path)
    {
        foreach (string part in path.Split('/'))
        {
            if (!IsPathComponent(part))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Runs of [a-z0-9] joined by ".", "_", "__" or any number of "-".</summary>
    private static bool IsPathComponent(string part)
    {
        int i = 0;
        while (true)
        {
            int start = i;
            while (i < part.Length && (char.IsAsciiLetterLower(part[i]) || char.IsAsciiDigit(part[i])))
            {
                i++;
            }

            if (i == start)
            {
                return false;
            }

            if (i == part.Length)
            {
                return true;
            }

            char separator = part[i];
            int run = i;
            while (i < part.Length && part[i] == separator)
            {
                i++;
            }

            int length = i - run;
            bool valid = separator switch { '.' => length == 1, '_' => length <= 2, '-' => true, _ => false };
            if (!valid)
            {
                return false;
            }
        }
    }
}
