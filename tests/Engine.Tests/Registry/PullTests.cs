using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Containers.Engine.Registry.Http;
using Xunit;

namespace Containers.Engine.Tests.Registry;

/// <summary>What registries answer, and what becomes of it: F15, S29, S30 of the design.</summary>
public sealed class PullTests : IDisposable
{
    private const string Index = "application/vnd.oci.image.index.v1+json";

    private readonly FaultRegistry _registry = new();
    private readonly RegistryHome _home = new();
    private readonly RegistryService _service;
    private readonly byte[] _manifest = Encoding.UTF8.GetBytes("""{"schemaVersion":2,"config":{},"layers":[]}""");

    public PullTests() => _service = _home.Service();

    public void Dispose()
    {
        _service.Dispose();
        _home.Dispose();
        _registry.Dispose();
    }

    private RegistryRepository Open(int? retry = null) =>
        _service.OpenForPull(ImageReference.Parse(_registry.Host + "/team/app"), null, retry)[^1];

    private static bool IsManifest(FaultRequest r) => r.Path.Contains("/manifests/", StringComparison.Ordinal);

    private static bool IsBlob(FaultRequest r) => r.Path.Contains("/blobs/", StringComparison.Ordinal);

    private static FaultAnswer[] Times(int n, FaultAnswer answer) => [.. Enumerable.Repeat(answer, n)];

    private EngineException GetFails() => Assert.Throws<EngineException>(() => Open().GetManifest("v1", default));

    private byte[] ReadBlob(byte[] content)
    {
        using Stream stream = Open().OpenBlob(RegistryHome.Describe(content), default);
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    [Fact]
    public void A_manifest_comes_as_it_is_by_tag_and_by_digest()
    {
        string digest = _registry.AddManifest("team/app", "v1", _manifest);
        StoredManifest byTag = Open().GetManifest("v1", default);
        Assert.Equal((digest, "application/vnd.oci.image.manifest.v1+json"), (byTag.Digest.ToString(), byTag.MediaType));
        Assert.Equal(_manifest, Open().GetManifest(digest, default).Content.ToArray());
        OciDescriptor head = Open().HeadManifest("v1", default)!;
        Assert.Equal((digest, (long)_manifest.Length), (head.Digest.ToString(), head.Size));
        Assert.Null(Open().HeadManifest("v2", default));
        Assert.All(_registry.Requests, r => Assert.StartsWith("containers-powershell/", r["User-Agent"]));
    }

    [Theory]
    [InlineData(403, "RegistryDenied", 1)]
    [InlineData(404, "ManifestNotFound", 1)]
    [InlineData(405, "RegistryRefused", 1)]
    [InlineData(401, "RegistryUnauthorized", 1)]
    [InlineData(408, "RegistryRefused", 4)]
    [InlineData(429, "RegistryTooManyRequests", 4)]
    [InlineData(500, "RegistryRefused", 4)]
    [InlineData(503, "RegistryRefused", 4)]
    public void A_status_has_its_meaning_and_its_number_of_attempts(int status, string id, int requests)
    {
        _registry.Script(IsManifest, Times(9, new FaultAnswer(status, """{"errors":[{"code":"X","message":"its own\nwords"}]}""")));
        EngineException e = GetFails();
        Assert.Equal((id, requests), (e.ErrorId, _registry.Count("GET", "/manifests/")));
        Assert.Contains("its own words", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public void What_passes_is_waited_for(int status)
    {
        _registry.AddManifest("team/app", "v1", _manifest);
        _registry.Script(IsManifest, Times(3, new FaultAnswer(status).With("Retry-After", "0")));
        Assert.Equal(_manifest, Open().GetManifest("v1", default).Content.ToArray());
        Assert.Equal(4, _registry.Count("GET", "/manifests/"));
    }

    [Theory]
    [InlineData("1000000000")]
    [InlineData("99999999999999999")]
    [InlineData("Tue, 31 Dec 2199 23:59:59 GMT")]
    public void Too_much_patience_is_an_error_at_once(string after)
    {
        _registry.Script(IsManifest, Times(9, new FaultAnswer(429).With("Retry-After", after)));
        Assert.Equal(("RegistryTooManyRequests", 1), (GetFails().ErrorId, _registry.Count("GET", "/manifests/")));
    }

    [Fact]
    public void A_date_of_the_past_means_now()
    {
        _registry.AddManifest("team/app", "v1", _manifest);
        _registry.Script(IsManifest, new FaultAnswer(503).With("Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT"));
        Assert.Equal(_manifest.Length, Open().GetManifest("v1", default).Content.Length);
    }

    [Fact]
    public void The_number_of_attempts_can_be_chosen()
    {
        _registry.Script(IsManifest, Times(9, new FaultAnswer(500)));
        Assert.Throws<EngineException>(() => Open(retry: 0).GetManifest("v1", default));
        Assert.Equal(1, _registry.Count("GET", "/manifests/"));
    }

    [Fact]
    public void A_manifest_that_is_cut_or_hangs_is_asked_for_again()
    {
        _registry.AddManifest("team/app", "v1", _manifest);
        _registry.Script(
            IsManifest, new FaultAnswer(200, _manifest) { CutAfter = 5 }, new FaultAnswer(200, _manifest) { HangAfter = 7 },
            new FaultAnswer(200) { Drop = true });
        Assert.Equal(_manifest, Open().GetManifest("v1", default).Content.ToArray());
    }

    [Fact]
    public void Content_that_is_not_what_was_asked_for_is_refused()
    {
        byte[] other = Encoding.UTF8.GetBytes("{}");
        _registry.Script(IsManifest, new FaultAnswer(200, other),
            new FaultAnswer(200, other).With("Docker-Content-Digest", FaultRegistry.DigestOf([1])));
        RegistryRepository repository = Open();
        Assert.Equal("DigestMismatch", Assert.Throws<EngineException>(() =>
            repository.GetManifest(FaultRegistry.DigestOf(_manifest), default)).ErrorId);
        Assert.Equal("DigestMismatch", Assert.Throws<EngineException>(() => repository.GetManifest("v1", default)).ErrorId);
    }

    [Theory]
    [InlineData("""{"manifests":[],"layers":[]}""", Index)]
    [InlineData("""{"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}""", Index)]
    [InlineData("""{"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}""", "")]
    [InlineData("""{"layers":[],"layers":[]}""", "")]
    [InlineData("""{"mediaType":5}""", "")]
    [InlineData("<html>", "text/html")]
    [InlineData("[]", Index)]
    public void A_document_that_is_two_things_is_refused(string document, string type)
    {
        _registry.AddManifest("team/app", "v1", Encoding.UTF8.GetBytes(document), type);
        Assert.Equal("RegistryProtocol", GetFails().ErrorId);
    }

    [Theory]
    [InlineData("""{"manifests":[]}""", "", Index)]
    [InlineData("""{"manifests":[]}""", "application/json; charset=utf-8", Index)]
    [InlineData("""{"layers":[],"config":{}}""", "", "application/vnd.oci.image.manifest.v1+json")]
    public void Without_a_type_the_document_tells(string document, string type, string expected)
    {
        _registry.AddManifest("team/app", "v1", Encoding.UTF8.GetBytes(document), type);
        Assert.Equal(expected, Open().GetManifest("v1", default).MediaType);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(-1L)]
    public void Five_mebibytes_are_no_manifest(long? length)
    {
        _registry.Script(IsManifest, new FaultAnswer(200, new byte[5 << 20]) { Length = length });
        Assert.Equal("RegistryProtocol", GetFails().ErrorId);
    }

    [Fact]
    public void An_encoding_nobody_asked_for_is_refused()
    {
        _registry.Script(IsManifest, new FaultAnswer(200, _manifest).With("Content-Encoding", "gzip"));
        Assert.Equal("RegistryProtocol", GetFails().ErrorId);
    }

    [Fact]
    public void A_blob_goes_on_where_it_was_cut()
    {
        byte[] content = RegistryHome.Bytes(100_000);
        _registry.AddBlob(content);
        _registry.Script(
            IsBlob,
            new FaultAnswer(200, content) { CutAfter = 30_000 },
            new FaultAnswer(503),
            new FaultAnswer(206, content[30_000..]) { HangAfter = 20_000, Headers = [("Content-Range", "bytes 30000-99999/100000")] });
        Assert.Equal(content, ReadBlob(content));
        Assert.Equal(
            [null, "bytes=30000-99999", "bytes=30000-99999", "bytes=50000-99999"],
                _registry.Requests.Where(IsBlob).Select(r => r["Range"]));
    }

    [Fact]
    public void A_server_without_ranges_costs_a_second_reading()
    {
        byte[] content = RegistryHome.Bytes(100_000);
        _registry.Script(IsBlob, new FaultAnswer(200, content) { CutAfter = 30_000 }, new FaultAnswer(200, content));
        Assert.Equal(content, ReadBlob(content));
    }

    [Fact]
    public void Progress_begins_the_count_again_and_standstill_ends_it()
    {
        byte[] content = RegistryHome.Bytes(1000);
        _registry.AddBlob(content);
        _registry.Faults.Add(r => IsBlob(r) && r["Range"] is { } range && int.Parse(range[6..].Split('-')[0]) is int from
            ? new FaultAnswer(206, content[from..]) { CutAfter = 100, Headers = [("Content-Range", $"bytes {from}-999/1000")] }
            : IsBlob(r) ? new FaultAnswer(200, content) { CutAfter = 100 } : null);
        Assert.Equal(content, ReadBlob(content));
        Assert.Equal(10, _registry.Count("GET", "/blobs/"));
        _registry.Faults.Insert(0, r => IsBlob(r) ? new FaultAnswer(200, content) { CutAfter = 0 } : null);
        Assert.Equal("RegistryUnreachable", Assert.Throws<EngineException>(() => ReadBlob(content)).ErrorId);
        Assert.Equal(14, _registry.Count("GET", "/blobs/"));
    }

    [Theory]
    [InlineData("bytes 0-99/100", 206)]
    [InlineData("bytes 60-99/100", 206)]
    [InlineData("bytes 50-199/200", 206)]
    [InlineData("", 206)]
    public void Another_part_than_asked_for_is_refused(string range, int status)
    {
        byte[] content = RegistryHome.Bytes(100);
        _registry.Script(
            IsBlob, new FaultAnswer(200, content) { CutAfter = 50 },
            new FaultAnswer(status, content[50..]) { Headers = range.Length > 0 ? [("Content-Range", range)] : [] });
        Assert.Equal("RegistryProtocol", Assert.Throws<EngineException>(() => ReadBlob(content)).ErrorId);
    }

    [Fact]
    public void Status_416_for_the_rest_is_an_error()
    {
        byte[] content = RegistryHome.Bytes(100);
        _registry.Script(IsBlob, new FaultAnswer(200, content) { CutAfter = 50 }, new FaultAnswer(416));
        Assert.Equal("RegistryRefused", Assert.Throws<EngineException>(() => ReadBlob(content)).ErrorId);
    }

    [Theory]
    [InlineData(99, null)]
    [InlineData(101, null)]
    [InlineData(101, -1L)]
    public void A_blob_of_another_size_is_refused(int size, long? length)
    {
        _registry.Script(IsBlob, new FaultAnswer(200, RegistryHome.Bytes(size)) { Length = length });
        Assert.Equal("RegistryProtocol", Assert.Throws<EngineException>(() => ReadBlob(RegistryHome.Bytes(100))).ErrorId);
    }

    [Fact]
    public void A_small_blob_is_checked()
    {
        byte[] content = RegistryHome.Bytes(100);
        _registry.Script(IsBlob, new FaultAnswer(200, content), new FaultAnswer(200, new byte[100]));
        Assert.Equal(content, Open().GetBlob(RegistryHome.Describe(content), default));
        Assert.Equal("DigestMismatch", Assert.Throws<EngineException>(() => Open().GetBlob(RegistryHome.Describe(content), default))
            .ErrorId);
        Assert.Equal("BlobNotFound", Assert.Throws<EngineException>(() => Open().GetBlob(RegistryHome.Describe(content), default)).ErrorId);
        Assert.False(Open().HasBlob(Digest.Of(content), default));
        _registry.AddBlob(content);
        Assert.True(Open().HasBlob(Digest.Of(content), default));
    }

    [Fact]
    public void A_cancel_ends_a_read_that_hangs()
    {
        _home.Options = _home.Options with { Stall = TimeSpan.FromMinutes(1) };
        using RegistryService service = _home.Service();
        byte[] content = RegistryHome.Bytes(100);
        _registry.Script(IsBlob, new FaultAnswer(200, content) { HangAfter = 50 });
        using CancellationTokenSource cancel = new();
        using Stream stream = service.OpenForPull(ImageReference.Parse(_registry.Host + "/team/app"), null)[0]
            .OpenBlob(RegistryHome.Describe(content), cancel.Token);
        stream.ReadExactly(new byte[50]);
        cancel.CancelAfter(50);
        Assert.ThrowsAny<OperationCanceledException>(() => stream.Read(new byte[50]));
    }

    [Fact]
    public void A_cancel_ends_the_wait_between_attempts()
    {
        _registry.Script(IsManifest, new FaultAnswer(503).With("Retry-After", "59"));
        using CancellationTokenSource cancel = new(100);
        Assert.ThrowsAny<OperationCanceledException>(() => Open().GetManifest("v1", cancel.Token));
    }

    [Fact]
    public void A_redirect_leads_to_a_blob_and_the_credential_stays_behind()
    {
        using FaultRegistry store = new();
        byte[] content = RegistryHome.Bytes(100);
        _registry.Script(r => IsBlob(r) && r["Authorization"] is null, new FaultAnswer(401).With("WWW-Authenticate", "Basic realm=\"x\""));
        _registry.Script(IsBlob, new FaultAnswer(307).With("Location", store.Root + "/signed?x=1"));
        store.Script(r => r.Target == "/signed?x=1", new FaultAnswer(200, content));
        RegistryRepository repository = _service.OpenForPull(
            ImageReference.Parse(_registry.Host + "/team/app"), new RegistryCredential { UserName = "u", Password = "p" })[0];
        Assert.Equal(content, repository.GetBlob(RegistryHome.Describe(content), default));
        Assert.Equal("Basic dTpw", _registry.Requests.Last()["Authorization"]);
        Assert.Null(Assert.Single(store.Requests)["Authorization"]);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("file:///etc/shadow")]
    [InlineData("ftp://host/x")]
    [InlineData("http://u:p@127.0.0.1/x")]
    [InlineData(null)]
    public void A_redirect_that_leads_astray_is_refused(string? location)
    {
        FaultAnswer answer = new(307);
        _registry.Script(IsBlob, Times(9, location is null ? answer : answer.With("Location", location)));
        EngineException e = Assert.Throws<EngineException>(() => ReadBlob([1, 2]));
        Assert.Equal(("RegistryProtocol", 1), (e.ErrorId, _registry.Count("GET", "/blobs/")));
    }

    [Fact]
    public void Redirects_that_never_end_do()
    {
        _registry.Faults.Add(r => IsBlob(r) ? new FaultAnswer(302).With("Location", r.Target) : null);
        Assert.Equal("RegistryProtocol", Assert.Throws<EngineException>(() => ReadBlob([1])).ErrorId);
        Assert.Equal(6, _registry.Count("GET", "/blobs/"));
    }

    [Fact]
    public void Tags_come_page_by_page()
    {
        _registry.Script(
            r => r.Target.Contains("n=1000", StringComparison.Ordinal),
            new FaultAnswer(200, """{"name":"team/app","tags":["a","b"]}""").With("Link", "</v2/team/app/tags/list?last=b>; rel=\"next\""));
        _registry.Script(
            r => r.Target.Contains("last=b", StringComparison.Ordinal),
            new FaultAnswer(200, """{"tags":["c"]}""").With("Link", $"<{_registry.Root}/v2/team/app/tags/list?last=c>; rel=next"));
        _registry.Script(r => r.Target.Contains("last=c", StringComparison.Ordinal), new FaultAnswer(200, """{"tags":null}"""));
        Assert.Equal(["a", "b", "c"], Open().Tags(default));
        Assert.Equal("RepositoryNotFound", Assert.Throws<EngineException>(() => Open().Tags(default).ToList()).ErrorId);
    }

    [Theory]
    [InlineData("</v2/team/app/tags/list?last=a>; rel=\"next\"")]
    [InlineData("<http://127.0.0.2:1/v2/team/app/tags/list>; rel=\"next\"")]
    public void Pages_that_lead_in_a_circle_or_elsewhere_end(string link)
    {
        _registry.Faults.Add(r => r.Path.EndsWith("/tags/list", StringComparison.Ordinal)
            ? new FaultAnswer(200, """{"tags":["a"]}""").With("Link", link) : null);
        Assert.Equal("RegistryProtocol", Assert.Throws<EngineException>(() => Open().Tags(default).ToList()).ErrorId);
    }

    [Fact]
    public void Nobody_at_home_is_unreachable()
    {
        _registry.Dispose();
        Assert.Equal("RegistryUnreachable", GetFails().ErrorId);
    }

    [Theory]
    [InlineData(null, false, 2)]
    [InlineData(7, false, 7)]
    [InlineData(null, true, 5)]
    public void Who_never_answered_is_given_up_soon_unless_somebody_said_how_often_and_who_restarts_is_waited_for(int? retry, bool reached, int attempts)
    {
        RegistryOptions options = _home.Options with { Retries = 5 };
        RetryBudget budget = new(options, retry, () => reached);
        int waited = 0;
        while (budget.Wait(null, default, neverConnected: true))
        {
            waited++;
        }

        Assert.Equal(attempts, waited);
    }

    [Fact]
    public async Task A_registry_that_restarts_in_a_pull_is_waited_for()
    {
        _registry.AddManifest("team/app", "v1", _manifest);
        _home.Options = _home.Options with { FirstDelay = TimeSpan.FromMilliseconds(200), LongestDelay = TimeSpan.FromMilliseconds(200), Retries = 20 };
        using RegistryService service = _home.Service();
        RegistryRepository place = service.OpenForPull(ImageReference.Parse(_registry.Host + "/team/app"), null)[^1];
        place.GetManifest("v1", default);
        int port = _registry.Port;
        _registry.Dispose();
        Task<FaultRegistry> restart = Task.Run(async () =>
        {
            await Task.Delay(1000);
            FaultRegistry again = new(port: port);
            again.AddManifest("team/app", "v1", _manifest);
            return again;
        });
        Assert.Equal(_manifest, place.GetManifest("v1", default).Content.ToArray());
        (await restart).Dispose();
    }

    [Fact]
    public void An_IPv6_address_is_a_registry_too()
    {
        using FaultRegistry six = new(address: System.Net.IPAddress.IPv6Loopback);
        six.AddManifest("team/app", "v1", _manifest);
        Assert.Equal(_manifest, _service.OpenForPull(ImageReference.Parse(six.Host + "/team/app"), null)[0].GetManifest("v1", default)
            .Content.ToArray());
    }
}
