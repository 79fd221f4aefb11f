using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Xunit;

namespace Containers.Engine.Tests.Registry;

/// <summary>Against docker's own registry: plain, with passwords, with TLS.</summary>
public sealed class RealRegistryTests : IDisposable
{
    private readonly RegistryHome _home = new();
    private DockerRegistry? _registry;
    private string _host = "";

    public void Dispose()
    {
        _registry?.Dispose();
        _home.Dispose();
    }

    private void Start(string http = "", string more = "")
    {
        _registry = DockerRegistry.Start(_home, http, more);
        _host = _registry.Host;
    }

    private void RoundTrip(RegistryService service)
    {
        RegistryRepository push = service.OpenForPush(ImageReference.Parse(_host + "/team/app"), null);
        byte[] layer = RegistryHome.Bytes(5_000_000);
        byte[] config = Encoding.UTF8.GetBytes("{}");
        foreach (byte[] blob in (byte[][])[layer, config])
        {
            Assert.False(push.HasBlob(Digest.Of(blob), default));
            push.Upload(Digest.Of(blob), blob.Length, o => new MemoryStream(blob[(int)o..]), null, default);
            Assert.True(push.HasBlob(Digest.Of(blob), default));
        }

        const string Type = "application/vnd.oci.image.manifest.v1+json";
        byte[] text = Encoding.UTF8.GetBytes(
            $$"""
            {"schemaVersion":2,"mediaType":"{{Type}}","config":
            {"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{Digest.Of(config)}}","size":2},
            "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{Digest.Of(layer)}}","size":{{layer.Length}}}]}
            """);
        StoredManifest manifest = new() { Digest = Digest.Of(text), MediaType = Type, Content = text };
        push.PutManifest("v1", manifest, default);
        push.PutManifest("v2", manifest, default);

        RegistryRepository pull = service.OpenForPull(ImageReference.Parse(_host + "/team/app"), null)[0];
        Assert.Equal(text, pull.GetManifest("v1", default).Content.ToArray());
        Assert.Equal(text, pull.GetManifest(manifest.Digest.ToString(), default).Content.ToArray());
        Assert.Equal(manifest.Digest, pull.HeadManifest("v2", default)!.Digest);
        using MemoryStream copy = new();
        using (Stream stream = pull.OpenBlob(RegistryHome.Describe(layer), default))
        {
            stream.CopyTo(copy);
        }

        Assert.Equal(layer, copy.ToArray());
        Assert.Equal(["v1", "v2"], pull.Tags(default).Order(StringComparer.Ordinal));
        Assert.Equal("ManifestNotFound", Assert.Throws<EngineException>(() => pull.GetManifest("v9", default)).ErrorId);
        RegistryRepository other = service.OpenForPush(ImageReference.Parse(_host + "/team/other"), null);
        Assert.True(other.TryMount(Digest.Of(layer), "team/app", default));
        Assert.True(other.HasBlob(Digest.Of(layer), default));
        Assert.Equal("RepositoryNotFound", Assert.Throws<EngineException>(
            () => service.OpenForPull(ImageReference.Parse(_host + "/team/none"), null)[0].Tags(default).ToList()).ErrorId);
        Assert.Contains(_host + "/team/app", service.Search("app", _host, 10, null, default).Select(r => r.Name));
    }

    private RegistryService Service() => new(_home.Options with { ChunkSize = 1 << 20, Stall = TimeSpan.FromSeconds(20),
        MonolithicSize = 1000 });

    [SkippableFact]
    public void Plain()
    {
        Start();
        using RegistryService service = Service();
        RoundTrip(service);
    }

    [SkippableFact]
    public void With_a_password()
    {
        _home.Write("users", "me:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n"); // As htpasswd -B writes it: bcrypt of "secret".
        Start(more: $"auth:\n  htpasswd:\n    realm: test\n    path: {_home["users"]}\n");
        using RegistryService service = Service();
        RegistryCredential wrong = new() { UserName = "me", Password = "wrong" };
        Assert.Equal("RegistryUnauthorized", Assert.Throws<EngineException>(() => service.Connect(_host, wrong, null, default)).ErrorId);
        Assert.Equal("RegistryUnauthorized", Assert.Throws<EngineException>(
            () => service.OpenForPull(ImageReference.Parse(_host + "/team/app"), null)[0].GetManifest("v1", default)).ErrorId);
        service.Connect(_host, wrong with { Password = "secret" }, null, default);
        RoundTrip(service);
    }

    [SkippableFact]
    public void With_TLS_of_an_authority_of_its_own()
    {
        using System.Security.Cryptography.X509Certificates.X509Certificate2 authority = TlsTests.Authority();
        using System.Security.Cryptography.X509Certificates.X509Certificate2 server = TlsTests.Server(authority, "127.0.0.1");
        _home.Write("server.crt", server.ExportCertificatePem());
        _home.Write("server.key", System.Security.Cryptography.X509Certificates.RSACertificateExtensions.GetRSAPrivateKey(
            server)!.ExportPkcs8PrivateKeyPem());
        Start($"  tls:\n    certificate: {_home["server.crt"]}\n    key: {_home["server.key"]}\n");
        using RegistryService service = Service();
        Assert.Equal("RegistryTlsFailed", Assert.Throws<EngineException>(
            () => service.OpenForPull(ImageReference.Parse(_host + "/team/app"), null)[0].GetManifest("v1", default)).ErrorId);
        _home.Write($"etc/certs.d/{_host}/ca.crt", authority.ExportCertificatePem());
        RoundTrip(service);
    }
}
