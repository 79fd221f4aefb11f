namespace Containers.Engine.Images;

/// <summary>Names within an archive. They are compared as text and never reach the file system of the host (S24).</summary>
internal static class MemberPath
{
    /// <summary>"./a//b/" and "a/x/../b" become "a/b"; null where it is absolute, or leaves the archive.</summary>
    internal static string? Clean(string name)
    {
        if (name.StartsWith('/') || name.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        List<string> parts = [];
        foreach (string part in name.Split('/'))
        {
            if (part.Length == 0 || part == ".")
            {
                continue;
            }

            if (part != "..")
            {
                parts.Add(part);
            }
            else if (parts.Count == 0)
            {
                return null;
            }
            else
            {
                parts.RemoveAt(parts.Count - 1);
            }
        }

        return string.Join('/', parts);
    }

    /// <summary>Where a symbolic link at a clean path leads; null where it leaves the archive.</summary>
    internal static string? Follow(string link, string target)
    {
        int slash = link.LastIndexOf('/');
        return target.StartsWith('/') ? null : Clean(slash < 0 ? target : link[..slash] + "/" + target);
    }

    /// <summary>Of a blob in an OCI layout: image specification, image-layout.md, "Blobs".</summary>
    internal static string Blob(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex}";

    /// <summary>The digest that the name of a blob is; null for other names.</summary>
    internal static Digest? BlobDigest(string member)
    {
        string[] parts = member.Split('/');
        return parts is ["blobs", _, _] && Digest.TryParse(parts[1] + ":" + parts[2], out Digest digest) ? digest : null;
    }
}
