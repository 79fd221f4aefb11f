using System.Runtime.Versioning;
using Containers.Engine.Distribution;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Containers.Engine.Tests.Images;
using Xunit;

namespace Containers.Engine.Tests.Distribution;

[SupportedOSPlatform("linux")]
public sealed class DistributionTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ImageStore _store;
    private readonly FakeRegistry _registry = new();
    private readonly ImagePuller _puller;
    private readonly ImagePusher _pusher;
    private readonly List<string> _warnings = [];
    private readonly string _own = ImagePlatform.Current.ToString();

    public DistributionTests()
    {
        _store = new ImageStore(_folder["data"]);
        _puller = new ImagePuller(_store, _registry.Access);
        _pusher = new ImagePusher(_store, _registry.Access);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_second_pull_of_an_unchanged_image_is_one_round_trip()
    {
        TestImage own = new(["one", "two"], _own);
        TestImage other = new(["other"], "linux/s390x");
        _registry["docker.io/library/x"].Add("latest", other, own);

        ContainerImage image = Pull("x");
        Assert.Equal(own.Id.ToString(), image.Id);
        Assert.Equal(2, image.Digests.Count);
        Assert.Equal(["GET latest", "GET digest", "GET config", "GET layer", "GET layer"], _registry.TakeAsked());
        Assert.Equal(image.Id, Pull("x").Id);
        Assert.Equal(["HEAD latest"], _registry.TakeAsked());
        Assert.Equal(image.Id, Pull("x@" + own.Manifest.Digest).Id);
        Assert.Empty(_registry.TakeAsked());

        Assert.Equal(other.Id.ToString(), Pull("x", ImagePlatform.Parse("linux/s390x")).Id);
        Assert.Empty(_store.Get(own.Id.ToString()).References);
        _registry.TakeAsked();
        Assert.Equal(own.Id.ToString(), Pull("x").Id);
        Assert.Equal(["HEAD latest", "GET digest", "GET digest"], _registry.TakeAsked());
        Assert.Equal("PlatformNotFound", Fails(() => Pull("x", ImagePlatform.Parse("linux/riscv64"))).ErrorId);
    }

    [Fact]
    public void A_tag_that_moved_is_followed_and_another_tag_of_the_same_costs_no_layer()
    {
        TestImage first = new(["one"], _own);
        TestImage second = new(["one", "two"], _own);
        FakeRepository repository = _registry["docker.io/library/x"].Add("latest", first);
        Pull("x");
        repository.Add("latest", second).Add("2", second);
        _registry.TakeAsked();

        Assert.Equal(second.Id.ToString(), Pull("x").Id);
        Assert.Equal(["HEAD latest", "GET digest", "GET config", "GET layer"], _registry.TakeAsked());
        Assert.Equal(("x", "<none>"), (_store.Get(first.Id.ToString()).Repository, _store.Get(first.Id.ToString()).Tag));
        Assert.Equal(["x:2", "x:latest"], Pull("x:2").References);
        Assert.Equal(["HEAD 2"], _registry.TakeAsked());
    }

    [Fact]
    public void An_image_for_another_machine_comes_with_a_warning_unless_the_platform_was_asked_for()
    {
        _registry["docker.io/library/x"].Add("latest", new TestImage(["one"], "linux/s390x"));

        Assert.Equal("PlatformNotFound", Fails(() => Pull("x", ImagePlatform.Parse("linux/amd64"))).ErrorId);
        Assert.Equal("s390x", Pull("x").Architecture);
        Assert.Contains("linux/s390x", Assert.Single(_warnings), StringComparison.Ordinal);
        Assert.Equal("PlatformMismatch", Fails(() => _puller.Ensure(
            "x", new PullOptions { Policy = PullPolicy.Never, Platform = ImagePlatform.Parse("linux/amd64") },
            CancellationToken.None)).ErrorId);
    }

    [Fact]
    public void Policies_say_when_a_registry_is_asked()
    {
        _registry["docker.io/library/x"].Add("latest", new TestImage(["one"], _own));
        Assert.Equal("ImageNotFound", Fails(() => Ensure("x", PullPolicy.Never)).ErrorId);
        Assert.Empty(_registry.TakeAsked());
        ContainerImage image = Ensure("x", PullPolicy.Missing);
        _registry.TakeAsked();
        Ensure("x", PullPolicy.Missing);
        Ensure("x", PullPolicy.Never);
        Ensure(image.Id, PullPolicy.Always);
        Ensure(image.ShortId, PullPolicy.Always);
        Assert.Empty(_registry.TakeAsked());
        Ensure("x", PullPolicy.Always);
        Assert.Equal(["HEAD latest"], _registry.TakeAsked());

        _registry["docker.io/library/x"].Failure =
            new EngineException(EngineErrorKind.ConnectionError, "RegistryUnreachable", "Gone.", null);
        Assert.Equal(image.Id, Ensure("x", PullPolicy.Newer).Id);
        Assert.Contains("Gone.", Assert.Single(_warnings), StringComparison.Ordinal);
        Assert.Equal("RegistryUnreachable", Fails(() => Ensure("x", PullPolicy.Always)).ErrorId);
        Assert.Equal("RegistryUnreachable", Fails(() => Ensure("y@sha256:" + new string('a', 64), PullPolicy.Newer, "x")).ErrorId);
    }

    [Fact]
    public void What_is_neither_here_nor_to_be_had_is_not_found_and_ids_are_never_asked_for()
    {
        EngineException e = Fails(() => Ensure("nothing", PullPolicy.Missing));
        Assert.Equal("ImageNotFound", e.ErrorId);
        Assert.Equal("ManifestNotFound", Assert.IsType<EngineException>(e.InnerException).ErrorId);
        Assert.Equal("ManifestNotFound", Fails(() => Ensure("nothing", PullPolicy.Always)).ErrorId);
        _registry.TakeAsked();

        foreach (string id in new[] { "0123456789ab", new string('a', 64), "sha256:" + new string('a', 64), "sha256:abc" })
        {
            Assert.Equal("ImageNotFound", Fails(() => Ensure(id, PullPolicy.Missing)).ErrorId);
        }

        Assert.Empty(_registry.TakeAsked());
        Assert.Equal("ImageNotFound", Fails(() => Ensure("cafe", PullPolicy.Missing)).ErrorId);
        Assert.NotEmpty(_registry.TakeAsked());
    }

    [Fact]
    public void Candidates_and_mirrors_are_tried_in_order()
    {
        _registry.Aliases["x"] = ["quay.io/a/x", "quay.io/b/x", "docker.io/library/x"];
        EngineException e = Fails(() => Pull("x"));
        Assert.Equal("ManifestNotFound", e.ErrorId);
        Assert.All(_registry.Aliases["x"], name => Assert.Contains(name, e.Message, StringComparison.Ordinal));
        _registry["quay.io/b/x"].Add("latest", new TestImage(["one"], _own));
        Assert.Equal(["quay.io/b/x:latest"], Pull("x").References);
        Assert.Equal(["quay.io/b/x:latest"], Ensure("x", PullPolicy.Never).References);

        _registry.Mirrors["docker.io"] = ["m1", "m2", "m3"];
        TestImage image = new(["two"], _own);
        _registry["m1/library/y"].Failure = new EngineException(EngineErrorKind.ConnectionError, "RegistryUnreachable", "Gone.", null);
        _registry["m2/library/y"].Add("latest", image).Blobs.TryRemove(image.Layers[0].Digest, out _);
        _registry["m3/library/y"].Add("latest", image);
        Assert.Equal(["y:latest"], Pull("y").References);
        Assert.Equal(2, _warnings.Count);
        _registry["docker.io/library/z"].Add("latest", new TestImage(["three"], _own));
        Assert.Equal(["z:latest"], Pull("z").References);
    }

    [Fact]
    public void A_lie_about_a_digest_is_found()
    {
        TestImage image = new(["one"], _own);
        TestImage other = new(["two"], _own);
        FakeRepository repository = _registry["docker.io/library/x"].Add("latest", image);
        repository.Manifests["latest"] = image.Manifest with { Digest = other.Manifest.Digest };
        Assert.Equal("DigestMismatch", Fails(() => Pull("x")).ErrorId);
        repository.Add("latest", image).Blobs[image.Id] = other.Config;
        Assert.Equal("DigestMismatch", Fails(() => Pull("x")).ErrorId);
        repository.Add("latest", image).Blobs[image.Layers[0].Digest] = other.Blobs[other.Layers[0].Digest];
        Assert.Contains(Fails(() => Pull("x")).ErrorId, new[] { "DigestMismatch", "TruncatedArchive" });
        Assert.Empty(_store.List());
    }

    [Fact]
    public void Tags_are_listed_with_what_is_behind_them()
    {
        TestImage image = new(["one"], _own);
        TestImage other = new(["other"], "linux/s390x");
        FakeRepository repository = _registry["docker.io/library/x"].Add("1", image).Add("2", image, other);
        byte[] junk = "{}"u8.ToArray();
        repository.Manifests["3"] = new StoredManifest { Digest = Digest.Of(junk), MediaType = "x", Content = junk };
        TagFinder finder = new(_registry.Access);

        Assert.Equal(["x:1", "x:2", "x:3"], finder.Find("x", false, null, CancellationToken.None).Select(tag => tag.Reference));
        ContainerImageTag[] tags = [.. finder.Find("x", true, null, CancellationToken.None)];
        Assert.Equal(image.Manifest.Digest.ToString(), tags[0].Digest);
        Assert.Equal([_own], tags[0].Platforms);
        Assert.Equal([_own, "linux/s390x"], tags[1].Platforms);
        Assert.Equal((Digest.Of(junk).ToString(), 0), (tags[2].Digest, tags[2].Platforms.Count));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_pulled_is_pushed_with_its_own_manifest_and_nothing_is_sent(bool docker)
    {
        TestImage image = new(["one", "two", "one"], _own, docker: docker);
        _registry["r:1/a/x"].Add("1", image);
        Pull("r:1/a/x:1");
        _registry.TakeAsked();

        PushedImage same = _pusher.Push("r:1/a/x:1", "r:1/a/x:2", new PushOptions(), CancellationToken.None);
        Assert.Equal((image.Manifest.Digest.ToString(), 0L), (same.Digest, same.Sent));
        PushedImage mounted = _pusher.Push("r:1/a/x:1", "r:1/b/x:1", new PushOptions(), CancellationToken.None);
        Assert.Equal(image.Manifest.Digest.ToString(), mounted.Digest);
        Assert.Equal(image.Config.Length, mounted.Sent);
        Assert.Equal(2, _registry.TakeAsked().Count(asked => asked == "MOUNT a/x"));
        Assert.Contains("r:1/b/x@" + image.Manifest.Digest, _store.Get("r:1/a/x:1").Digests);
    }

    [Fact]
    public void What_a_registry_lacks_is_compressed_and_sent_and_pulled_again_the_same()
    {
        TestImage image = new(["one", "two", "one"], _own);
        _registry["r:1/a/x"].Add("1", image);
        ContainerImage pulled = Pull("r:1/a/x:1");
        List<TransferProgress> reports = [];
        PushedImage first = _pusher.Push(
            "r:1/a/x:1", "s:1/x:1", new PushOptions { Progress = new Recorder(reports) }, CancellationToken.None);
        Assert.Equal(first.Size, first.Sent);
        Assert.All(reports[^1].Layers, layer => Assert.Equal((TransferState.Done, layer.Total), (layer.State, layer.Done)));
        PushedImage second = _pusher.Push(pulled.ShortId, "s:1/x:2", new PushOptions(), CancellationToken.None);
        Assert.Equal((first.Digest, 0L), (second.Digest, second.Sent));
        PushedImage zstd = _pusher.Push(
            "r:1/a/x:1", "s:1/x:3", new PushOptions { Compression = LayerCompression.Zstd }, CancellationToken.None);
        Assert.NotEqual(first.Digest, zstd.Digest);

        // Without a word what is there is as good as new; a word counts, whatever is there.
        Assert.Equal((zstd.Digest, 0L), Pushed("s:1/x:4", null));
        Assert.Equal((first.Digest, 0L), Pushed("s:1/x:5", LayerCompression.Gzip));
        _store.Remove("r:1/a/x:1", true, _ => null);
        Pull("s:1/x:3");
        Assert.NotEqual(zstd.Digest, _pusher.Push("s:1/x:3", "t:1/x:1", new PushOptions { Compression = LayerCompression.Gzip }, CancellationToken.None).Digest);

        using TestFolder other = new();
        ImageStore store = new(other["data"]);
        ImagePuller puller = new(store, _registry.Access);
        Assert.Equal(pulled.Id, puller.Pull("s:1/x:3", new PullOptions(), CancellationToken.None).Id);
        store.Remove("s:1/x:3", false, _ => null);
        Assert.Equal(pulled.Id, puller.Pull("s:1/x:1", new PullOptions(), CancellationToken.None).Id);
    }

    private (string Digest, long Sent) Pushed(string target, LayerCompression? compression)
    {
        PushedImage pushed = _pusher.Push("r:1/a/x:1", target, new PushOptions { Compression = compression }, CancellationToken.None);
        return (pushed.Digest, pushed.Sent);
    }

    [Fact]
    public void A_push_needs_a_name_and_no_digest()
    {
        TestImage image = new(["one"], _own);
        _registry["r:1/x"].Add("1", image);
        string digest = "r:1/x@" + image.Manifest.Digest;
        ContainerImage pulled = Pull(digest);
        Assert.Equal("InvalidImageReference", Fails(() => Push(pulled.Id, null)).ErrorId);
        Assert.Equal("InvalidImageReference", Fails(() => Push(digest, null)).ErrorId);
        Assert.Equal("InvalidImageReference", Fails(() => Push(pulled.Id, digest)).ErrorId);
        Assert.Equal("ImageNotFound", Fails(() => Push("nothing", null)).ErrorId);
    }

    private static EngineException Fails(Func<object> action) => Assert.Throws<EngineException>(action);

    private PushedImage Push(string image, string? target) => _pusher.Push(image, target, new PushOptions(), CancellationToken.None);

    private ContainerImage Pull(string reference, ImagePlatform? platform = null) =>
        _puller.Pull(reference, new PullOptions { Platform = platform, Warning = _warnings.Add }, CancellationToken.None);

    private ContainerImage Ensure(string image, PullPolicy policy, string? failing = null)
    {
        if (failing is not null)
        {
            ImageReference reference = ImageReference.Parse(image);
            _registry[reference.Domain + "/" + reference.Repository].Failure = _registry["docker.io/library/" + failing].Failure;
        }

        return _puller.Ensure(image, new PullOptions { Policy = policy, Warning = _warnings.Add }, CancellationToken.None);
    }

    private sealed class Recorder(List<TransferProgress> reports) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => reports.Add(value);
    }
}
