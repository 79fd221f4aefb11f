using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Xunit;

namespace Containers.Engine.Tests.Registry;

/// <summary>Who is trusted, and that nobody falls back to http (S31).</summary>
public sealed class TlsTests : IDisposable
{
    private readonly RegistryHome _home = new();
    private readonly X509Certificate2 _authority = Authority();

    public void Dispose()
    {
        _home.Dispose();
        _authority.Dispose();
    }

    internal static X509Certificate2 Authority()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=An authority of a test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(30));
    }

    internal static X509Certificate2 Server(X509Certificate2? authority, string host, int days = 10)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=A server of a test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        if (IPAddress.TryParse(host, out IPAddress? address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-20);
        DateTimeOffset until = DateTimeOffset.UtcNow.AddDays(days);
        if (authority is null)
        {
            return request.CreateSelfSigned(from, until);
        }

        using X509Certificate2 bare = request.Create(authority, from, until, RandomNumberGenerator.GetBytes(8));
        return bare.CopyWithPrivateKey(key);
    }

    private EngineException? Pull(FaultRegistry registry, string host = "127.0.0.1")
    {
        registry.AddManifest("app", "v1", Encoding.UTF8.GetBytes("""{"layers":[],"config":{}}"""));
        using RegistryService service = _home.Service();
        try
        {
            service.OpenForPull(ImageReference.Parse($"{host}:{registry.Port}/app"), null)[0].GetManifest("v1", default);
            return null;
        }
        catch (EngineException e)
        {
            return e;
        }
    }

    private void Trust(FaultRegistry registry, string host = "127.0.0.1", string folder = "etc") =>
        _home.Write($"{folder}/certs.d/{host}:{registry.Port}/ca.crt", _authority.ExportCertificatePem());

    [Theory]
    [InlineData("etc")]
    [InlineData("docker")]
    [InlineData("home/.config/containers")]
    public void An_authority_in_the_folder_of_the_registry_is_trusted(string folder)
    {
        using FaultRegistry registry = new(Server(_authority, "127.0.0.1"));
        Trust(registry, folder: folder);
        Assert.Null(Pull(registry));
    }

    [Fact]
    public void A_file_put_there_counts_at_once()
    {
        using FaultRegistry registry = new(Server(_authority, "registry.test"));
        registry.AddManifest("app", "v1", "{\"layers\":[]}"u8.ToArray());
        using RegistryService service = _home.Service();
        RegistryRepository repository = service.OpenForPull(ImageReference.Parse($"registry.test:{registry.Port}/app"), null)[0];
        Assert.Equal("RegistryTlsFailed", Assert.Throws<EngineException>(() => repository.GetManifest("v1", default)).ErrorId);
        Trust(registry, "registry.test");
        Assert.NotNull(repository.GetManifest("v1", default));
    }

    [Theory]
    [InlineData(false, "127.0.0.1", 10, "no authority this host knows")]
    [InlineData(true, "127.0.0.1", 10, "no authority this host knows")]
    [InlineData(true, "other.test", 10, "for another host (other.test)")]
    [InlineData(true, "127.0.0.1", -1, "has expired on")]
    public void A_certificate_that_is_not_good_is_refused_with_its_reason(bool signed, string host, int days, string reason)
    {
        using FaultRegistry registry = new(Server(signed ? _authority : null, host, days));
        if (days != 10 || host != "127.0.0.1")
        {
            Trust(registry);
        }

        EngineException e = Pull(registry)!;
        Assert.Equal("RegistryTlsFailed", e.ErrorId);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Empty(registry.Requests);
    }

    [Fact]
    public void A_server_of_plain_http_is_refused_where_it_is_not_this_host()
    {
        using FaultRegistry registry = new();
        EngineException e = Pull(registry, "registry.test")!;
        Assert.Equal("RegistryTlsFailed", e.ErrorId);
        Assert.Contains("plain http", e.Message, StringComparison.Ordinal);
        Assert.Empty(registry.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_registries_conf_calls_insecure_may_be(bool tls)
    {
        using X509Certificate2 certificate = Server(null, "other.test", -1);
        using FaultRegistry registry = new(tls ? certificate : null);
        _home.Write("etc/registries.conf", $"[[registry]]\nlocation = \"registry.test:{registry.Port}\"\ninsecure = true\n");
        Assert.Null(Pull(registry, "registry.test"));
    }

    [Fact]
    public void A_redirect_from_https_to_http_is_refused()
    {
        using FaultRegistry plain = new();
        using FaultRegistry registry = new(Server(_authority, "127.0.0.1"));
        Trust(registry);
        registry.Faults.Add(_ => new FaultAnswer(307).With("Location", plain.Root + "/x"));
        Assert.Equal("RegistryProtocol", Pull(registry)!.ErrorId);
        Assert.Empty(plain.Requests);
    }

    [Fact]
    public void A_file_that_is_no_certificate_is_named()
    {
        using FaultRegistry registry = new(Server(_authority, "127.0.0.1"));
        string file = _home.Write($"etc/certs.d/127.0.0.1:{registry.Port}/ca.crt", "nonsense");
        EngineException e = Pull(registry)!;
        Assert.Equal("RegistryTlsFailed", e.ErrorId);
        Assert.Contains(file, e.Message, StringComparison.Ordinal);
    }
}
