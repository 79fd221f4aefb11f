using System.Runtime.Versioning;
using System.Text;
using Containers.Engine.Images;
using Xunit;

namespace Containers.Engine.Tests.Images;

[SupportedOSPlatform("linux")]
public sealed class ReceiveTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ImageStore _store;

    public ReceiveTests() => _store = new ImageStore(_folder["data"]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(LayerCompression.None)]
    [InlineData(LayerCompression.Gzip)]
    [InlineData(LayerCompression.Zstd)]
    public void An_image_comes_in_with_all_that_is_known_of_it(LayerCompression compression)
    {
        TestImage source = new(["one", "two", "one"], compression: compression);
        List<TransferProgress> reports = [];
        ContainerImage image = _store.Receive(
            source.Incoming("x", "x@" + source.Manifest.Digest), new ReceiveOptions { Progress = new Recorder(reports), Subject = "x" },
            CancellationToken.None);

        Assert.Equal(source.Id.ToString(), image.Id);
        Assert.Equal(["x:latest"], image.References);
        Assert.Equal(["x@" + source.Manifest.Digest], image.Digests);
        Assert.Equal(source.Manifest.Digest.ToString(), image.Digest);
        Assert.Equal((ImageState.Ready, 3), (image.State, image.Layers));
        Assert.Equal(2, source.Opened.Count);
        Assert.Equal(source.Config, _store.ReadConfig(source.Id));
        StoredManifest kept = Assert.Single(_store.Manifests(source.Id));
        Assert.Equal(source.Manifest.Content.ToArray(), kept.Content.ToArray());
        LayerBlob blob = Assert.Single(_store.Layers.Blobs(Digest.Parse(_store.Open("x").Config.RootFs.DiffIds[0].ToString())));
        Assert.Equal((source.Layers[0].Digest.ToString(), "docker.io/library/x"), (blob.Digest, blob.Repository));
        TransferProgress last = reports[^1];
        Assert.All(last.Layers, layer => Assert.Equal(TransferState.Done, layer.State));
        Assert.Equal(last.Total, last.Done);
        NothingInTheMaking();
    }

    [Fact]
    public void What_is_here_is_not_opened_again()
    {
        _store.Receive(new TestImage(["one", "two"]).Incoming("x"), new ReceiveOptions(), CancellationToken.None);
        TestImage more = new(["one", "two", "three"], label: "more");
        ContainerImage image = _store.Receive(more.Incoming("x"), new ReceiveOptions(), CancellationToken.None);

        Assert.Equal([more.Layers[2].Digest], more.Opened);
        Assert.Equal(["x:latest"], image.References);
        Assert.Equal(2, _store.List().Count);
    }

    [Fact]
    public void What_is_not_what_it_says_is_refused_and_whole_layers_stay_for_the_next_attempt()
    {
        TestImage good = new(["one", "two"]);
        IncomingImage incoming = good.Incoming("x");
        byte[] other = [.. new TestImage(["three"]).Blobs.First().Value];
        IncomingLayer second = incoming.Layers[1];
        Dictionary<string, IncomingLayer> cases = new()
        {
            ["DigestMismatch"] = second with { Open = _ => new MemoryStream(other), Size = other.Length },
            ["LayerMismatch"] = second with { Open = _ => new MemoryStream(other), Size = other.Length, Digest = Digest.Of(other) },
            ["ReadError"] = second with { Open = _ => throw new EngineException(EngineErrorKind.ReadError, "ReadError", "cut", null) },
        };
        foreach ((string errorId, IncomingLayer bad) in cases)
        {
            EngineException e = Assert.Throws<EngineException>(() => _store.Receive(
                incoming with { Layers = [incoming.Layers[0], bad] }, new ReceiveOptions { Parallel = 1 }, CancellationToken.None));
            Assert.Equal(errorId, e.ErrorId);
            Assert.Empty(_store.List());
            NothingInTheMaking();
        }

        byte[] whole = good.Blobs[second.Digest!.Value];
        for (int cut = 0; cut < whole.Length; cut += 7)
        {
            EngineException e = Assert.Throws<EngineException>(() => _store.Receive(
                incoming with { Layers = [incoming.Layers[0], second with { Open = _ => new MemoryStream(whole, 0, cut) }] },
                new ReceiveOptions(), CancellationToken.None));
            Assert.True(e.ErrorId is "TruncatedArchive" or "DigestMismatch" or "DamagedArchive", e.ErrorId);
        }

        foreach (long size in new long[] { whole.Length - 1, whole.Length + 1, 0 })
        {
            Assert.Throws<EngineException>(() => _store.Receive(
                incoming with { Layers = [incoming.Layers[0], second with { Size = size }] }, new ReceiveOptions(), CancellationToken.None));
        }

        Assert.Empty(_store.List());
        Assert.Equal("LayerMismatch", Assert.Throws<EngineException>(() => _store.Receive(
            incoming with { Layers = [incoming.Layers[0]] }, new ReceiveOptions(), CancellationToken.None)).ErrorId);
        good.Opened.Clear();
        _store.Receive(incoming, new ReceiveOptions(), CancellationToken.None);
        Assert.Equal([second.Digest.Value], good.Opened);
    }

    [Fact]
    public async Task A_source_that_hangs_can_be_cancelled()
    {
        TestImage source = new(["one", "two", "three"]);
        IncomingImage incoming = source.Incoming("x");
        using CancellationTokenSource cancel = new();
        using ManualResetEventSlim reading = new();
        IncomingLayer hanging = incoming.Layers[1] with
        {
            Open = stop => new HangingStream(source.Blobs[source.Layers[1].Digest][..20], reading, stop),
        };
        Task stopper = Task.Run(() =>
        {
            reading.Wait(TimeSpan.FromSeconds(30));
            cancel.Cancel();
        });

        Assert.ThrowsAny<OperationCanceledException>(() => _store.Receive(
            incoming with { Layers = [incoming.Layers[0], hanging, incoming.Layers[2]] }, new ReceiveOptions(), cancel.Token));
        await stopper;
        Assert.Empty(_store.List());
        NothingInTheMaking();
    }

    [Fact]
    public void The_first_failure_stops_the_others_and_is_the_one_that_is_told()
    {
        TestImage source = new(["one", "two"]);
        IncomingImage incoming = source.Incoming("x");
        using ManualResetEventSlim reading = new();
        IncomingLayer hanging = incoming.Layers[0] with { Open = stop => new HangingStream([], reading, stop) };
        IncomingLayer failing = incoming.Layers[1] with
        {
            Open = _ =>
            {
                reading.Wait(TimeSpan.FromSeconds(30), CancellationToken.None);
                throw new EngineException(EngineErrorKind.ReadError, "First", "first", null);
            },
        };

        Assert.Equal("First", Assert.Throws<EngineException>(() => _store.Receive(
            incoming with { Layers = [hanging, failing] }, new ReceiveOptions(), CancellationToken.None)).ErrorId);
        NothingInTheMaking();
    }

    [Fact]
    public async Task Twins_fetch_a_layer_once()
    {
        TestImage source = new([.. Enumerable.Range(0, 6).Select(i => "layer " + i)]);
        ImageStore[] stores = [_store, new ImageStore(_folder["data"]), new ImageStore(_folder["data"])];
        using Barrier barrier = new(stores.Length);
        Task<ContainerImage>[] twins =
        [
            .. stores.Select(store => Task.Factory.StartNew(
                () =>
                {
                    barrier.SignalAndWait();
                    return store.Receive(source.Incoming("x"), new ReceiveOptions(), CancellationToken.None);
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)),
        ];
        ContainerImage[] images = await Task.WhenAll(twins);

        Assert.All(images, image => Assert.Equal((source.Id.ToString(), ImageState.Ready), (image.Id, image.State)));
        Assert.Equal(source.Layers.Count, source.Opened.Count);
        NothingInTheMaking();
    }

    [Fact]
    public void A_damaged_layer_is_fetched_again()
    {
        TestImage source = new(["one", "two"]);
        _store.Receive(source.Incoming("x"), new ReceiveOptions(), CancellationToken.None);
        Digest diffId = _store.Open("x").Config.RootFs.DiffIds[1];
        File.WriteAllText(_folder[$"data/layers/{LayerStore.ShortId(diffId)}/layer.json"], "{");
        Assert.Equal(ImageState.Damaged, _store.Get("x").State);
        source.Opened.Clear();

        Assert.Equal(ImageState.Ready, _store.Receive(source.Incoming("x"), new ReceiveOptions(), CancellationToken.None).State);
        Assert.Equal([source.Layers[1].Digest], source.Opened);
    }

    [Fact]
    public void A_damaged_configuration_is_written_again_and_damaged_manifests_are_none()
    {
        TestImage source = new(["one"]);
        _store.Receive(source.Incoming("x"), new ReceiveOptions(), CancellationToken.None);
        File.WriteAllText(_folder[$"data/images/{source.Id.Hex}.json"], "{}");
        File.WriteAllText(_folder[$"data/images/{source.Id.Hex}.manifests.json"], "{");
        Assert.Empty(_store.Manifests(source.Id));
        Assert.Equal("DamagedImage", Assert.Throws<EngineException>(() => _store.ReadConfig(source.Id)).ErrorId);

        Assert.Equal(ImageState.Ready, _store.Receive(source.Incoming("x"), new ReceiveOptions(), CancellationToken.None).State);
        Assert.Single(_store.Manifests(source.Id));
        _store.Remove("x", false, _ => null);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["data/images"]));
    }

    [Fact]
    public void Eight_manifests_are_kept_newest_first()
    {
        TestImage source = new(["one"]);
        for (int i = 0; i < 10; i++)
        {
            byte[] content = Encoding.UTF8.GetBytes("manifest " + i);
            StoredManifest manifest = new() { Digest = Digest.Of(content), MediaType = "x", Content = content };
            _store.Receive(source.Incoming("x") with { Manifest = manifest }, new ReceiveOptions(), CancellationToken.None);
        }

        Assert.Equal(
            Enumerable.Range(2, 8).Reverse().Select(i => "manifest " + i),
            _store.Manifests(source.Id).Select(manifest => Encoding.UTF8.GetString(manifest.Content.Span)));
    }

    [SkippableFact]
    public void A_full_disk_at_any_byte_is_named_and_the_image_is_there_whole_or_not_at_all()
    {
        Skip.IfNot(Shell.IsRoot, "mounting a small tmpfs needs root");
        string noise = Convert.ToBase64String(Enumerable.Range(0, 40_000).Select(i => (byte)(i * i % 251)).ToArray());
        TestImage source = new([noise, noise + "2", "three"]);
        bool failed = false;
        bool worked = false;
        for (int pages = 4; pages <= 76; pages += 4)
        {
            Directory.CreateDirectory(_folder["small"]);
            Shell.Run($"mount -t tmpfs -o size={pages * 4}k none small", _folder.Path);
            try
            {
                ImageStore store = new(_folder["small/data"]);
                try
                {
                    store.Receive(
                        source.Incoming("x", "x@" + source.Manifest.Digest), new ReceiveOptions { Limits = new ImportLimits { MinimumFreeBytes = 0 } },
                        CancellationToken.None);
                    worked = true;
                }
                catch (EngineException e)
                {
                    Assert.Equal("DiskFull", e.ErrorId);
                    failed = true;
                }

                Assert.All(store.List(), image => Assert.Equal((ImageState.Ready, 1), (image.State, image.References.Count)));
                if (Directory.Exists(_folder["small/data/layers"]))
                {
                    Assert.DoesNotContain(
                        Directory.EnumerateFileSystemEntries(_folder["small/data/layers"]),
                        path => Path.GetFileName(path) is ['n', 'e', 'w', '-', ..] or ['r', 'e', 'c', 'e', ..]);
                }

                if (store.List().Count > 0)
                {
                    store.Remove("x", false, _ => null);
                    Assert.Empty(store.List());
                }
            }
            finally
            {
                Shell.Run("umount small", _folder.Path);
            }
        }

        Assert.True(failed && worked);
    }

    [Fact]
    public void Digest_references_find_an_image_but_are_no_names_of_it()
    {
        TestImage source = new(["one"]);
        string a = "x@" + source.Manifest.Digest;
        string b = "quay.io/o/x@" + source.Manifest.Digest;
        Receive(source, a);
        ContainerImage image = Assert.Single(_store.List());
        Assert.Equal(("x", "<none>"), (image.Repository, image.Tag));
        Assert.Empty(image.References);
        Assert.Equal(image.Id, _store.Get("x:any@" + source.Manifest.Digest).Id);
        Assert.Equal("ImageNotFound", Assert.Throws<EngineException>(() => _store.Get("x")).ErrorId);

        Receive(source, "x:1", "x:2", b);
        Assert.Equal(["x:1", "x:2"], _store.Get("x:1").References);
        Assert.Equal([b, a], _store.Get("x:1").Digests);
        Assert.Equal(["Untagged: x:1"], Removed("x:1"));
        Assert.Equal("ImageHasSeveralReferences", Assert.Throws<EngineException>(() => Removed(image.Id)).ErrorId);
        Assert.Equal(["Untagged: x:2", "Untagged: " + a], Removed("x:2"));
        Assert.Equal("Untagged: " + b, Removed(b)[0]);
        Assert.Empty(_store.List());

        Receive(source, "x:1", a);
        Assert.Equal("Untagged: " + a, Assert.Single(Removed(a)));
        Receive(source, a);
        string[] last = Removed("x:1");
        Assert.Equal(["Untagged: x:1", "Untagged: " + a, "Deleted: " + image.Id], last[..3]);
        Receive(source, "x:1", a);
        Assert.Equal(4, Removed(image.Id[7..20]).Length);
        Assert.Empty(_store.List());
    }

    private void Receive(TestImage source, params string[] references) =>
        _store.Receive(source.Incoming(references), new ReceiveOptions(), CancellationToken.None);

    private string[] Removed(string name) => [.. _store.Remove(name, false, _ => null).Select(removed => removed.ToString())];

    private void NothingInTheMaking() => Assert.All(
        Directory.EnumerateFileSystemEntries(_folder["data/layers"]), path => Assert.Matches("^[0-9a-f]{16}$", Path.GetFileName(path)));

    private sealed class Recorder(List<TransferProgress> reports) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => reports.Add(value);
    }

    private sealed class HangingStream(byte[] first, ManualResetEventSlim reading, CancellationToken cancel) : MemoryStream(first)
    {
        // The other overloads come here.
        public override int Read(byte[] buffer, int offset, int count)
        {
            int got = base.Read(buffer, offset, count);
            if (got == 0)
            {
                reading.Set();
                cancel.WaitHandle.WaitOne();
                cancel.ThrowIfCancellationRequested();
            }

            return got;
        }
    }
}
