using Containers.Engine.Images;
using Containers.Engine.Registry;
using Xunit;

namespace Containers.Engine.Tests.Registry;

/// <summary>What can happen on the way to a registry (F16).</summary>
public sealed class PushTests : IDisposable
{
    private readonly FaultRegistry _registry = new();
    private readonly RegistryHome _home = new();
    private readonly RegistryService _service;
    private readonly byte[] _content = RegistryHome.Bytes(3500);

    public PushTests() => _service = _home.Service();

    public void Dispose()
    {
        _service.Dispose();
        _home.Dispose();
        _registry.Dispose();
    }

    private RegistryRepository Open() => _service.OpenForPush(ImageReference.Parse(_registry.Host + "/team/app"), null);

    private void Upload(byte[] content, Digest? digest = null) => Open().Upload(
        digest ?? Digest.Of(content), content.Length, offset => new MemoryStream(content[(int)offset..]), null, default);

    private void Arrives(byte[]? content = null)
    {
        content ??= _content;
        Upload(content);
        Assert.Equal(content, _registry.Blobs[Digest.Of(content).ToString()]);
    }

    private EngineException Fails() => Assert.Throws<EngineException>(() => Upload(_content));

    private static Func<FaultRequest, bool> Is(string method, int from = -1) => r => r.Method == method
        && r.Path.Contains("/uploads/", StringComparison.Ordinal)
        && (from < 0 || r["Content-Range"]?.StartsWith(from + "-", StringComparison.Ordinal) == true);

    [Fact]
    public void A_small_blob_goes_in_one_request_and_a_large_one_in_chunks()
    {
        Arrives(RegistryHome.Bytes(100));
        Assert.Equal(["POST", "PUT"], _registry.Requests.Select(r => r.Method));
        Arrives();
        Assert.Equal(
            ["0-999", "1000-1999", "2000-2999", "3000-3499"],
                _registry.Requests.Where(r => r.Method == "PATCH").Select(r => r["Content-Range"]));
        Arrives([]);
    }

    [Fact]
    public void Progress_is_told_on_the_calling_thread()
    {
        List<(long Bytes, int Thread)> told = [];
        Open().Upload(
            Digest.Of(_content), _content.Length, o => new MemoryStream(_content[(int)o..]),
            new Listener(b => told.Add((b, Environment.CurrentManagedThreadId))), default);
        Assert.Equal(3500, told[^1].Bytes);
        Assert.All(told, t => Assert.Equal(Environment.CurrentManagedThreadId, t.Thread));
    }

    [Fact]
    public void A_smallest_chunk_is_heeded()
    {
        _registry.Faults.Add(r =>
        {
            if (r.Method != "POST")
            {
                return null;
            }

            _registry.Uploads["s"] = new MemoryStream();
            return new FaultAnswer(202).With("Location", "s").With("OCI-Chunk-Min-Length", "3000");
        });
        Arrives();
        Assert.Equal(2, _registry.Count("PATCH", ""));
    }

    [Fact]
    public void After_a_cut_the_registry_tells_where_to_go_on()
    {
        _registry.Script(Is("PATCH", 1000), new FaultAnswer(202) { Drop = true });
        _registry.Script(Is("PATCH", 2000), new FaultAnswer(500), new FaultAnswer(429).With("Retry-After", "0"));
        Arrives();
        Assert.Equal((1, 3), (_registry.Count("POST", ""), _registry.Count("GET", "/uploads/")));
    }

    [Fact]
    public void A_chunk_that_arrived_in_part_is_not_sent_whole_again()
    {
        _registry.Faults.Add(r =>
        {
            if (r["Content-Range"] != "1000-1999")
            {
                return null;
            }

            _registry.Uploads["1"].Write(r.Body, 0, 400);
            return new FaultAnswer(202) { Drop = true };
        });
        Arrives();
        Assert.Contains(_registry.Requests, r => r["Content-Range"] == "1400-2399");
    }

    [Fact]
    public void A_chunk_out_of_order_is_asked_about()
    {
        _registry.Script(Is("PATCH", 1000), new FaultAnswer(416).With("Range", "0-999"));
        Arrives();
        Assert.Equal(1, _registry.Count("POST", ""));
    }

    [Fact]
    public void A_session_that_is_lost_begins_again()
    {
        _registry.Script(Is("PATCH", 2000), new FaultAnswer(404));
        Arrives();
        Assert.Equal(2, _registry.Count("POST", ""));
    }

    [Fact]
    public void Sessions_that_are_always_lost_end()
    {
        _registry.Faults.Add(r => r.Method == "PATCH" ? new FaultAnswer(404) : null);
        Assert.Equal("RegistryRefused", Fails().ErrorId);
        Assert.Equal(4, _registry.Count("POST", ""));
    }

    [Fact]
    public void A_commit_whose_answer_was_lost_is_not_done_twice()
    {
        _registry.Faults.Add(r =>
        {
            if (r.Method != "PUT")
            {
                return null;
            }

            _registry.Blobs[Digest.Of(_content).ToString()] = _content;
            return new FaultAnswer(500);
        });
        Arrives();
        Assert.Equal((1, 1), (_registry.Count("POST", ""), _registry.Count("PUT", "")));
    }

    [Theory]
    [InlineData("POST", 202, "RegistryProtocol")]
    [InlineData("POST", 200, "RegistryProtocol")]
    [InlineData("POST", 403, "RegistryDenied")]
    [InlineData("PATCH", 202, "RegistryProtocol")]
    [InlineData("PATCH", 413, "RegistryRefused")]
    [InlineData("PUT", 413, "RegistryRefused")]
    [InlineData("PUT", 400, "RegistryRefused")]
    public void What_does_not_pass_fails_at_once(string method, int status, string id)
    {
        _registry.Faults.Add(r => Is(method)(r) ? new FaultAnswer(status) : null);
        Assert.Equal((id, 1), (Fails().ErrorId, _registry.Count(method, "/uploads/")));
    }

    [Fact]
    public void A_registry_that_takes_nothing_ends_the_upload()
    {
        _registry.Faults.Add(r => Is("PATCH")(r) ? new FaultAnswer(202).With("Location", r.Target).With("Range", "0-0") : null);
        Assert.Equal("RegistryProtocol", Fails().ErrorId);
        Assert.Equal(4, _registry.Count("PATCH", ""));
    }

    [Fact]
    public void Content_that_did_not_arrive_as_it_was_is_a_mismatch() => Assert.Equal(
        "DigestMismatch", Assert.Throws<EngineException>(() => Upload(_content, Digest.Of([1]))).ErrorId);

    [Fact]
    public void Content_that_ends_early_is_nothing_to_try_again()
    {
        EngineException e = Assert.Throws<EngineException>(
            () => Open().Upload(Digest.Of(_content), 4000, o => new MemoryStream(_content[(int)o..]), null, default));
        Assert.Equal("UploadSourceFailed", e.ErrorId);
    }

    [Fact]
    public void A_mount_spares_the_upload_and_a_refused_one_is_its_beginning()
    {
        _registry.Script(r => r.Target.Contains("mount=", StringComparison.Ordinal), new FaultAnswer(201), new FaultAnswer(404));
        RegistryRepository repository = Open();
        Assert.True(repository.TryMount(Digest.Of(_content), "team/base", default));
        Assert.False(repository.TryMount(Digest.Of(_content), "team/base", default));
        Assert.False(repository.TryMount(Digest.Of(_content), "team/base", default));
        repository.Upload(Digest.Of(_content), _content.Length, o => new MemoryStream(_content[(int)o..]), null, default);
        Assert.Equal(3, _registry.Count("POST", ""));
        Assert.Equal(_content, _registry.Blobs[Digest.Of(_content).ToString()]);
    }

    [Fact]
    public void A_manifest_arrives_as_it_is_or_the_difference_is_told()
    {
        byte[] bytes = "{}"u8.ToArray();
        StoredManifest manifest = new() { Digest = Digest.Of(bytes), MediaType = "application/vnd.oci.image.manifest.v1+json",
            Content = bytes };
        Open().PutManifest("v1", manifest, default);
        Assert.Equal(manifest.MediaType, _registry.Manifests["team/app/v1"].Type);
        Assert.Equal(bytes, _registry.Manifests["team/app/v1"].Content);
        _registry.Script(r => r.Method == "PUT", new FaultAnswer(201).With("Docker-Content-Digest", FaultRegistry.DigestOf([7])));
        Assert.Equal("DigestMismatch", Assert.Throws<EngineException>(() => Open().PutManifest("v1", manifest, default)).ErrorId);
    }

    private sealed class Listener(Action<long> told) : IProgress<long>
    {
        public void Report(long value) => told(value);
    }
}
