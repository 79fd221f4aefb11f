using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Containers.Engine.Registry.Auth;
using Containers.Engine.Registry.Http;
using Xunit;

namespace Containers.Engine.Tests.Registry;

/// <summary>registries.conf, auth files, credential helpers, proxies: the files and variables of others.</summary>
public sealed class ConfigurationTests : IDisposable
{
    private readonly RegistryHome _home = new();

    public void Dispose() => _home.Dispose();

    private string Candidates(string text)
    {
        using RegistryService service = _home.Service();
        return string.Join(' ', service.Candidates(ImageReference.Parse(text), text).Select(r => r.Canonical));
    }

    private static string Auth(string user) => Convert.ToBase64String(Encoding.UTF8.GetBytes(user + ":pass:word"));

    private RegistryCredential? Find(string name) => new CredentialStore(_home.Options).Find(name, null, default);

    [Fact]
    public void Without_a_file_short_names_are_of_Docker_Hub()
    {
        Assert.Equal("docker.io/library/alpine:latest", Candidates("alpine"));
        Assert.Equal("quay.io/org/app:1", Candidates("quay.io/org/app:1"));
    }

    [Fact]
    public void Aliases_win_over_the_search_list_and_drop_ins_over_the_file()
    {
        _home.Write("etc/registries.conf", """
            unqualified-search-registries = ["quay.io", 'docker.io', "localhost:5000"]
            [aliases]
            "tool" = "a.test/x/tool"
            """);
        _home.Write("etc/registries.conf.d/50.conf", "[aliases]\n\"tool\" = \"b.test/y/tool\"\ntwo = \"b.test/two\"");
        Assert.Equal("b.test/y/tool:3", Candidates("tool:3"));
        Assert.Equal("quay.io/team/app:latest docker.io/team/app:latest localhost:5000/team/app:latest", Candidates("team/app"));
        Assert.Equal("docker.io/library/alpine:latest", Candidates("docker.io/alpine"));
        Assert.Equal("b.test/two:latest", Candidates("two"));
    }

    [Fact]
    public void Mirrors_come_first_and_have_their_own_place()
    {
        using FaultRegistry mirror = new();
        using FaultRegistry real = new();
        _home.Write("etc/registries.conf", $"""
            [[registry]]
            prefix = "big.test/team"
            location = "{real.Host}/moved"
            [[registry.mirror]]
            location = "{mirror.Host}/cache"
            [[registry.mirror]]
            location = "{mirror.Host}/digests"
            pull-from-mirror = "digest-only"
            """);
        using RegistryService service = _home.Service();
        IReadOnlyList<RegistryRepository> all = service.OpenForPull(ImageReference.Parse("big.test/team/app"), null);
        Assert.Equal(["big.test/team/app", "big.test/team/app"], all.Select(r => r.Name));
        Assert.All(all, r => Assert.Null(r.HeadManifest("v1", default)));
        Assert.Equal("/v2/cache/app/manifests/v1", Assert.Single(mirror.Requests).Path);
        Assert.Equal("/v2/moved/app/manifests/v1", Assert.Single(real.Requests).Path);
    }

    [Fact]
    public void A_blocked_registry_is_not_asked()
    {
        _home.Write("etc/registries.conf", "[[registry]]\nprefix = \"*.bad.test\"\nblocked = true\n");
        using RegistryService service = _home.Service();
        Assert.Equal("RegistryBlocked", Assert.Throws<EngineException>(() =>
            service.OpenForPull(ImageReference.Parse("x.bad.test/app"), null)).ErrorId);
        Assert.Single(service.OpenForPull(ImageReference.Parse("good.test/app"), null));
        Assert.True(Assert.Single(service.List(null)).Blocked);
    }

    [Theory]
    [InlineData("[[registry]\n")]
    [InlineData("unqualified-search-registries = \"docker.io\"")]
    [InlineData("[[registry]]\nlocation = \"a.test\"\ninsecure = \"yes\"")]
    [InlineData("[[registry]]\ninsecure = true")]
    [InlineData("[registries.search]\nregistries = []")]
    public void A_file_that_makes_no_sense_is_named(string text)
    {
        string file = _home.Write("etc/registries.conf", text);
        EngineException e = Assert.Throws<EngineException>(() => Candidates("alpine"));
        Assert.Equal("RegistriesConfInvalid", e.ErrorId);
        Assert.Contains(file, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_file_that_knows_a_registry_counts()
    {
        _home.Write("home/.docker/config.json", $$"""
            {"auths":{"https://index.docker.io/v1/":{"auth":"{{Auth("hub")}}"},"a.test":{"auth":"{{Auth("docker")}}"},"empty.test":{} } }
            """);
        _home.Write("home/.config/containers/auth.json", $$"""
            {"auths":{"a.test":{"auth":"{{Auth("podman")}}"},"a.test/team/app":{"identitytoken":"idt","auth":"{{Auth("app")}}"} } }
            """);
        Assert.Equal(("hub", "pass:word"), (Find("docker.io/library/alpine")!.UserName, Find("docker.io/library/alpine")!.Password));
        Assert.Equal("podman", Find("a.test/team/other")!.UserName);
        Assert.Equal("idt", Find("a.test/team/app")!.IdentityToken);
        Assert.Null(Find("empty.test/x"));
        Assert.Null(Find("nobody.test/x"));
    }

    [Fact]
    public void What_a_file_has_besides_stays()
    {
        string file = _home.Write("auth.json", $$"""
            {"psFormat":"x","auths":{"https://a.test/v2/":{"auth":"{{Auth("old")}}"},"b.test":{"auth":"{{Auth("b")}}","more":1} },"n":[1,2]}
            """);
        _home.Environment["REGISTRY_AUTH_FILE"] = file;
        CredentialStore store = new(_home.Options);
        Assert.Equal(file, store.Save("a.test", new RegistryCredential { UserName = "new", Password = "p" }, null, default));
        Assert.Equal("new", Find("a.test/x")!.UserName);
        string text = File.ReadAllText(file);
        Assert.All((string[])["psFormat", "\"more\"", "\"n\""], t => Assert.Contains(t, text, StringComparison.Ordinal));
        Assert.DoesNotContain("https://a.test", text, StringComparison.Ordinal);
        Assert.True(store.Remove("a.test", null, default));
        Assert.Null(Find("a.test/x"));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"auths":{"a.test":{"auth":"%%%"}}}""")]
    public void A_damaged_file_is_named_and_not_quoted(string text)
    {
        _home.Write("home/.docker/config.json", text);
        EngineException e = Assert.Throws<EngineException>(() => Find("a.test/x"));
        Assert.Equal("AuthFileInvalid", e.ErrorId);
        Assert.DoesNotContain("%%%", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_helper_gets_keeps_and_erases_with_the_environment_it_needs()
    {
        string kept = _home["kept"];
        string program = _home.Write("bin/docker-credential-fake", $$"""
            #!/bin/sh
            env > {{_home["env"]}}
            case $1 in
            get) if [ -f {{kept}} ]; then cat {{kept}}; else echo credentials not found in native keychain; exit 1; fi ;;
            store) cat > {{kept}} ;;
            erase) rm {{kept}} ;;
            esac
            """);
        File.SetUnixFileMode(program, (UnixFileMode)Convert.ToInt32("755", 8));
        string file = _home.Write("home/.config/containers/auth.json", """{"credHelpers":{"a.test":"fake"}}""");
        _home.Environment["SECRET_OF_SOMEBODY"] = "x";
        CredentialStore store = new(_home.Options);
        Assert.Null(Find("a.test/x"));
        Assert.Equal("helper fake", store.Save("a.test", new RegistryCredential { UserName = "u", Password = "p" }, null, default));
        Assert.Equal(("u", "p"), (Find("a.test/x")!.UserName, Find("a.test/x")!.Password));
        Assert.DoesNotContain("auths", File.ReadAllText(file), StringComparison.Ordinal);
        string environment = File.ReadAllText(_home["env"]);
        Assert.Contains("HOME=" + _home["home"], environment, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET_OF_SOMEBODY", environment, StringComparison.Ordinal);
        Assert.True(store.Remove("a.test", null, default));
        Assert.False(File.Exists(kept));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("../../evil")]
    public void A_helper_that_is_none_is_named(string helper)
    {
        _home.Write("home/.docker/config.json", $$"""{"credsStore":"{{helper}}"}""");
        Assert.Equal("CredentialHelperFailed", Assert.Throws<EngineException>(() => Find("a.test/x")).ErrorId);
    }

    [Theory]
    [InlineData("https://a.test/", "http://proxy.test:3128/")]
    [InlineData("http://a.test/", "http://plain.test/")]
    [InlineData("https://localhost/", null)]
    [InlineData("https://127.0.0.1:5000/", null)]
    [InlineData("https://x.direct.test/", null)]
    [InlineData("https://indirect.test/", "http://proxy.test:3128/")]
    [InlineData("https://10.1.2.3/", null)]
    [InlineData("https://port.test:5000/", null)]
    [InlineData("https://port.test/", "http://proxy.test:3128/")]
    public void Proxies_are_the_environments(string address, string? proxy)
    {
        _home.Environment["HTTPS_PROXY"] = "http://u:p@proxy.test:3128";
        _home.Environment["http_proxy"] = "plain.test";
        _home.Environment["NO_PROXY"] = "direct.test, 10.0.0.0/8,port.test:5000";
        Assert.Equal(proxy, new EnvironmentProxy(_home.Options.Environment).GetProxy(new Uri(address))?.ToString());
    }

    [Theory]
    [InlineData("http://169.254.0.1")]
    [InlineData("not a host")]
    [InlineData("nodots")]
    public void What_is_no_registry_is_not_asked(string name)
    {
        if (name.StartsWith("http", StringComparison.Ordinal))
        {
            Assert.Equal("169.254.0.1", RegistryName.Parse(name).Host);
            return;
        }

        Assert.Equal("InvalidRegistryName", Assert.Throws<EngineException>(() => RegistryName.Parse(name)).ErrorId);
    }

    [Fact]
    public void A_search_asks_the_hub_or_the_catalog()
    {
        using FaultRegistry registry = new();
        registry.Script(
            r => r.Path == "/v1/search",
            new FaultAnswer(200, """
                {"num_pages":1,"results":[{"name":"nginx","description":"a\nb","star_count":5,"is_official":true},{"name":"u/nginx"}]}
                """));
        registry.Faults.Add(r => r.Path == "/v2/_catalog" ? new FaultAnswer(200, """{"repositories":["team/nginx","team/other"]}""")
            : null);
        _home.Options = _home.Options with { HubSearch = new Uri(registry.Root + "/v1/search") };
        using RegistryService service = _home.Service();
        ContainerImageSearchResult[] hub = [.. service.Search("nginx", null, 10, null, default)];
        Assert.Equal(("nginx", "a b", 5, true), (hub[0].Name, hub[0].Description, hub[0].Stars, hub[0].Official));
        Assert.Equal(2, hub.Length);
        Assert.Equal(registry.Host + "/team/nginx", Assert.Single(service.Search(registry.Host + "/nginx", null, 10, null, default)).Name);
        Assert.Single(service.Search("team", registry.Host, 1, null, default));
    }
}
