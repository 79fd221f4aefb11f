namespace Containers.Engine.Images;

/// <summary>
/// Skopeo's "dir:" (containers-transports(5)), which podman calls docker-dir: manifest.json is the manifest as a registry would give it,
/// every blob a file named by the digits of its digest, further manifests of a list are DIGITS.manifest.json. It holds no name.
/// </summary>
internal static class TransportDirectoryReader
{
    internal static ArchivedImage Read(ArchiveMembers members, byte[] manifest, LoadOptions options)
    {
        StoredManifest top = new()
        {
            Digest = Digest.Of(manifest),
            MediaType = ManifestJson.Parse(manifest, null, members.Subject).MediaType,
            Content = manifest,
        };
        return LayoutReader.ReadImage(members, top, options, entry => Fetch(members, entry), digest => digest.Hex);
    }

    private static StoredManifest Fetch(ArchiveMembers members, OciDescriptor entry) => new()
    {
        Digest = entry.Digest,
        MediaType = entry.MediaType,
        Content = members.Read(entry.Digest.Hex + ".manifest.json", entry.Digest),
    };
}
