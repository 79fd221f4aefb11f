using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Containers.Engine.Registry.Http;

/// <summary>
/// Authorities and client certificates of one registry: certs.d/HOST[:PORT]/*.crt, *.cert with *.key of the same name
/// (containers-certs.d(5); docker, "Verify repository client with certificates"). Read at each handshake that needs them, so that a file
/// put there counts at once.
/// </summary>
internal sealed class CertificateFolders(RegistryOptions options, string authority)
{
    private const int MaximumSize = 1 << 20;

    private IEnumerable<string> Folders =>
        ((string[])[options.UserFolder, options.SystemFolder, options.DockerFolder]).Select(f => Path.Join(f, "certs.d", authority));

    /// <exception cref="EngineException">RegistryTlsFailed: a file is no certificate.</exception>
    internal X509Certificate2Collection Authorities()
    {
        X509Certificate2Collection all = [];
        foreach (string file in Files("*.crt"))
        {
            Guard(file, () =>
            {
                string text = ReadText(file);
                if (text.Contains("-----BEGIN", StringComparison.Ordinal))
                {
                    all.ImportFromPem(text);
                }
                else
                {
                    all.Add(X509CertificateLoader.LoadCertificateFromFile(file));
                }
            });
        }

        return all;
    }

    /// <summary>The first pair, or null.</summary>
    /// <exception cref="EngineException">RegistryTlsFailed: a certificate without key, or what is neither.</exception>
    internal X509Certificate2? Client()
    {
        X509Certificate2? client = null;
        string? file = Files("*.cert").FirstOrDefault();
        if (file is not null)
        {
            Guard(file, () => client = X509Certificate2.CreateFromPem(ReadText(file), ReadText(Path.ChangeExtension(file, ".key"))));
        }

        return client;
    }

    private IEnumerable<string> Files(string pattern) => Folders
        .Where(Directory.Exists)
        .SelectMany(f => Directory.EnumerateFiles(f, pattern).Order(StringComparer.Ordinal));

    private void Guard(string file, Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw RegistryErrors.Tls(authority, $"\"{file}\" cannot be used ({e.Message.TrimEnd('.')})", "Repair or remove that file.", e);
        }
    }

    private static string ReadText(string file) => new FileInfo(file) is { Length: <= MaximumSize }
        ? File.ReadAllText(file)
        : throw new IOException("It is larger than 1 MiB.");
}
