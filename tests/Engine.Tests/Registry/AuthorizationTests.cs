using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Containers.Engine.Registry.Auth;
using Xunit;

namespace Containers.Engine.Tests.Registry;

/// <summary>Tokens and passwords: who gets them, and how often (F15, S30).</summary>
public sealed class AuthorizationTests : IDisposable
{
    private readonly FaultRegistry _registry = new();
    private readonly FaultRegistry _realm = new();
    private readonly RegistryHome _home = new();
    private readonly RegistryService _service;
    private readonly byte[] _manifest = Encoding.UTF8.GetBytes("""{"layers":[],"config":{}}""");
    private volatile string _valid = "one";

    public AuthorizationTests()
    {
        _service = _home.Service();
        _registry.AddManifest("team/app", "v1", _manifest);
    }

    public void Dispose()
    {
        _service.Dispose();
        _home.Dispose();
        _registry.Dispose();
        _realm.Dispose();
    }

    private RegistryRepository Open(RegistryCredential? credential = null) =>
        _service.OpenForPull(ImageReference.Parse(_registry.Host + "/team/app"), credential)[^1];

    private void Demand(string challenge) => _registry.Faults.Add(r => r["Authorization"] == "Bearer " + _valid
        ? null
        : new FaultAnswer(401, """{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}""")
            .With("WWW-Authenticate", challenge));

    private string Bearer => $"Bearer realm=\"{_realm.Root}/token\",service=\"reg, \\\"x\\\"\",scope=\"repository:team/app:pull\"";

    private void Give(string answer) => _realm.Faults.Add(r => r.Path == "/token"
        ? new FaultAnswer(200, answer.Replace("$", _valid, StringComparison.Ordinal)) : null);

    [Theory]
    [InlineData("""{"token":"$"}""")]
    [InlineData("""{"access_token":"$","expires_in":300,"issued_at":"2020-01-01T00:00:00Z"}""")]
    public void A_token_is_fetched_once_for_many_requests(string answer)
    {
        Demand(Bearer);
        Give(answer);
        Open().GetManifest("v1", default);
        Open().GetManifest("v1", default);
        FaultRequest asked = Assert.Single(_realm.Requests);
        Assert.Equal("/token?service=reg%2C%20%22x%22&scope=repository%3Ateam%2Fapp%3Apull", asked.Target);
        Assert.Null(asked["Authorization"]);
        Assert.Equal(3, _registry.Requests.Count);
    }

    [Fact]
    public void A_credential_goes_to_the_token_server_and_not_to_the_registry()
    {
        Demand(Bearer);
        Give("""{"token":"$"}""");
        Open(new RegistryCredential { UserName = "u", Password = "p" }).GetManifest("v1", default);
        Assert.Equal("Basic dTpw", Assert.Single(_realm.Requests)["Authorization"]);
        Assert.DoesNotContain(_registry.Requests, r => r["Authorization"]?.StartsWith("Basic", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void An_identity_token_is_posted()
    {
        Demand(Bearer);
        Give("""{"access_token":"$"}""");
        Open(new RegistryCredential { IdentityToken = "secret+1" }).GetManifest("v1", default);
        FaultRequest asked = Assert.Single(_realm.Requests);
        Assert.Equal(("POST", null), (asked.Method, asked["Authorization"]));
        Assert.Contains("grant_type=refresh_token&client_id=containers-powershell&refresh_token=secret%2B1",
            Encoding.UTF8.GetString(asked.Body), StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_that_expires_in_the_middle_is_renewed()
    {
        Demand(Bearer);
        Give("""{"token":"$","expires_in":3600}""");
        RegistryRepository repository = Open();
        repository.GetManifest("v1", default);
        _valid = "two";
        repository.GetManifest("v1", default);
        Assert.Equal((2, 4), (_realm.Requests.Count, _registry.Requests.Count));
    }

    [Fact]
    public void A_refusal_of_a_new_token_is_final()
    {
        Demand(Bearer);
        _realm.Faults.Add(_ => new FaultAnswer(200, """{"token":"wrong"}"""));
        EngineException e = Assert.Throws<EngineException>(() => Open().GetManifest("v1", default));
        Assert.Equal(("RegistryUnauthorized", 2, 1), (e.ErrorId, _registry.Requests.Count, _realm.Requests.Count));
    }

    [Theory]
    [InlineData(401, "RegistryUnauthorized")]
    [InlineData(403, "RegistryUnauthorized")]
    [InlineData(500, "RegistryRefused")]
    public void A_wrong_password_is_that_and_stays_unsaid(int status, string id)
    {
        Demand(Bearer);
        _realm.Faults.Add(_ => new FaultAnswer(status));
        EngineException e = Assert.Throws<EngineException>(
            () => Open(new RegistryCredential { UserName = "u", Password = "hunter2" }).GetManifest("v1", default));
        Assert.Equal(id, e.ErrorId);
        Assert.DoesNotContain("hunter2", e.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("<html>")]
    [InlineData("""{"token":"a\nX: b"}""")]
    [InlineData("""{"token":"a","token":"b"}""")]
    public void What_is_no_token_is_refused(string answer)
    {
        Demand(Bearer);
        _realm.Faults.Add(_ => new FaultAnswer(200, answer));
        Assert.Equal("RegistryProtocol", Assert.Throws<EngineException>(() => Open().GetManifest("v1", default)).ErrorId);
    }

    [Theory]
    [InlineData("Bearer realm=\"http://example.com/token\"")]
    [InlineData("Bearer realm=\"file:///etc/passwd\"")]
    [InlineData("Bearer realm=\"/token\"")]
    [InlineData("Bearer service=\"x\"")]
    public void A_realm_that_must_not_be_asked_is_not(string challenge)
    {
        Demand(challenge);
        Assert.Equal("RegistryProtocol", Assert.Throws<EngineException>(() => Open().GetManifest("v1", default)).ErrorId);
    }

    [Fact]
    public void The_token_server_does_not_send_the_credential_elsewhere()
    {
        Demand(Bearer);
        _realm.Faults.Add(_ => new FaultAnswer(302).With("Location", _registry.Root + "/steal"));
        Assert.Throws<EngineException>(() => Open(new RegistryCredential { UserName = "u", Password = "p" }).GetManifest("v1", default));
        Assert.DoesNotContain(_registry.Requests, r => r.Path == "/steal");
    }

    [Fact]
    public void Basic_is_sent_only_when_asked_for()
    {
        _valid = "";
        _registry.Faults.Add(r => r["Authorization"] == "Basic dTpw" ? null
            : new FaultAnswer(401).With("WWW-Authenticate", "Basic realm=\"r\""));
        RegistryRepository repository = Open(new RegistryCredential { UserName = "u", Password = "p" });
        repository.GetManifest("v1", default);
        repository.GetManifest("v1", default);
        Assert.Equal([null, "Basic dTpw", "Basic dTpw"], _registry.Requests.Select(r => r["Authorization"]));
        EngineException e = Assert.Throws<EngineException>(
            () => Open(new RegistryCredential { UserName = "u", Password = "q" }).GetManifest("v1", default));
        Assert.Equal(("RegistryUnauthorized", 5), (e.ErrorId, _registry.Requests.Count));
    }

    [Fact]
    public void Connect_keeps_what_the_registry_accepts_and_nothing_else()
    {
        _registry.Faults.Add(r => r["Authorization"] == "Basic dTpw" ? null
            : new FaultAnswer(401).With("WWW-Authenticate", "Basic realm=\"r\""));
        string file = _home["home/.config/containers/auth.json"];
        Assert.Equal("RegistryUnauthorized", Assert.Throws<EngineException>(
            () => _service.Connect(_registry.Host, new RegistryCredential { UserName = "u", Password = "q" }, null, default)).ErrorId);
        Assert.False(File.Exists(file));
        ContainerRegistry registry = _service.Connect(_registry.Host, new RegistryCredential { UserName = "u", Password = "p" }, null,
            default);
        Assert.Equal((_registry.Host, "u", file), (registry.Registry, registry.UserName, registry.Source));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Open().GetManifest("v1", default);
        Assert.Equal(registry.Registry, Assert.Single(_service.List(null)).Registry);
        Assert.True(_service.Disconnect(_registry.Host, null));
        Assert.False(_service.Disconnect(_registry.Host, null));
        Assert.Throws<EngineException>(() => Open().GetManifest("v1", default));
    }

    [Theory]
    [InlineData("Bearer realm=\"a\",service=b", "Bearer realm=a service=b")]
    [InlineData("Basic realm=\"a, b=\\\"c\\\"\" , Bearer realm = x", "Basic realm=a, b=\"c\"|Bearer realm=x")]
    [InlineData("Negotiate, Basic realm=x", "Negotiate|Basic realm=x")]
    [InlineData("NTLM TlRMTVNT==, Basic realm=x", "NTLM|Basic realm=x")]
    [InlineData("bearer realm=\"open", "bearer")]
    [InlineData("", "")]
    [InlineData("\"\"\"", "")]
    public void Challenges_are_read_as_RFC_9110_writes_them(string header, string expected) => Assert.Equal(
        expected, string.Join('|', Challenge.Parse(header).Select(c =>
            string.Join(' ', c.Parameters.Select(p => p.Key + "=" + p.Value).Prepend(c.Scheme)))));
}
