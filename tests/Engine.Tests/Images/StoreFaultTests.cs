using System.Globalization;
using System.Runtime.Versioning;
using Containers.Engine.Images;
using Xunit;

namespace Containers.Engine.Tests.Images;

/// <summary>
/// The file system under the store fills up, becomes read-only in the middle, or loses its power (F5 to F7). A power cut is a copy of the disk
/// as it is at that moment: what was not synced is not in it.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class StoreFaultTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly List<string> _mounts = [];

    public void Dispose()
    {
        foreach (string mount in Enumerable.Reverse(_mounts))
        {
            Shell.Run($"umount '{mount}'", _folder.Path);
        }

        _folder.Dispose();
    }

    public static TheoryData<string> Ways => ["pull", "import", "commit"];

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void On_a_disk_that_is_full_at_any_point_it_fails_as_that_and_leaves_nothing(string way)
    {
        Skip.IfNot(Shell.IsRoot, "only root can mount");
        TestImage source = Source();
        int full = 0;
        int size = 24;
        while (true)
        {
            Assert.InRange(size, 0, 4000);
            string data = Mount($"mount -t tmpfs -o size={size}k,mode=700 none");
            ImageStore store = new(data);
            bool committing = false;
            EngineException? failure = Attempt(() => Perform(way, store, source, null, () => committing = true));
            string[] images = [.. store.List().SelectMany(image => image.References)];
            if (failure is null)
            {
                Assert.Contains("new:latest", images);
                Assert.All(store.List(), image => Assert.Equal(ImageState.Ready, image.State));
                break;
            }

            Assert.Equal("DiskFull", failure.ErrorId);
            Assert.DoesNotContain("new:latest", images);
            Assert.Equal(committing ? ["base:latest"] : [], images);
            NothingInTheMaking(data);

            // Not one byte is free: what is there can still be taken away.
            Shell.Run("dd if=/dev/zero of=fill bs=4k 2>/dev/null || true", data);
            foreach (string image in images)
            {
                store.Remove(image, force: true, _ => null);
            }

            Assert.Empty(store.List());
            Unmount();
            full++;
            size += way == "commit" && !committing ? 8 : 28;
        }

        Assert.InRange(full, 5, int.MaxValue);
    }

    [SkippableTheory]
    [InlineData("pull", 0.02)]
    [InlineData("pull", 0.4)]
    [InlineData("pull", 0.9)]
    [InlineData("import", 0.5)]
    [InlineData("commit", 0.5)]
    public void A_disk_that_becomes_read_only_in_the_middle_is_an_error_and_later_all_is_well(string way, double moment)
    {
        string data = Disk();
        ImageStore store = new(data);
        TestImage source = Source();
        EngineException? failure = Attempt(() => Perform(way, store, source, (moment, () => Shell.Run($"mount -o remount,abort '{data}'", _folder.Path)), null));
        Assert.NotNull(failure);
        Assert.True(failure.ErrorId is "ImageStoreReadOnly" or "ImageStoreFailed", failure.ErrorId + ": " + failure.Message);
        Assert.DoesNotContain("new:latest", store.List().SelectMany(image => image.References));

        Unmount();
        Shell.Run("e2fsck -fy disk >/dev/null 2>&1 || [ $? -le 2 ]", _folder.Path);
        string again = Mount("mount -o loop disk");
        ImageStore later = new(again);
        AssertSound(later, again);
        Perform(way == "commit" ? "commit again" : way, later, source, null, null);
        Assert.Contains("new:latest", later.List().SelectMany(image => image.References));
        AssertSound(later, again);
        NothingInTheMaking(again);
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void After_a_power_cut_what_was_there_is_whole_and_what_was_not_comes_again(string way)
    {
        string data = Disk();
        ImageStore store = new(data);
        TestImage source = Source();
        int cuts = 0;
        foreach (double moment in (double[])[0.05, 0.5, 0.95])
        {
            EngineException? failure = Attempt(() => Perform(way, store, source, (moment, Cut), null));
            Assert.Null(failure);
            Cut(); // The operation has said that it is done: it must be on the disk.
            AssertAfterCut(way, source, $"cut{cuts - 2}", done: false);
            AssertAfterCut(way, source, $"cut{cuts - 1}", done: true);
            foreach (ContainerImage image in store.List())
            {
                store.Remove(image.Id, force: true, _ => null);
            }
        }

        void Cut() => Shell.Run($"cp disk cut{cuts++}", _folder.Path);
    }

    [Fact]
    public void A_layer_whose_record_was_lost_counts_as_missing_and_is_fetched_again()
    {
        ImageStore store = new(_folder["data"]);
        TestImage source = Source();
        Perform("pull", store, source, null, null);
        string[] records = Directory.GetFiles(_folder["data/layers"], "layer.json", SearchOption.AllDirectories);
        foreach (string content in (string[])["", "{", "\0\0\0\0"])
        {
            File.WriteAllText(records[0], content);
            source.Opened.Clear();
            Perform("pull", store, source, null, null);
            Assert.Single(source.Opened);
            Assert.Equal(ImageState.Ready, store.Get("new").State);
            AssertSound(store, _folder["data"]);
        }
    }

    private void AssertAfterCut(string way, TestImage source, string disk, bool done)
    {
        string data = Mount($"mount -o loop {disk}");
        ImageStore store = new(data);
        bool there = store.List().Any(image => image.References.Contains("new:latest"));
        Assert.True(there || !done, $"{way}: what was done is not there after a power cut");
        AssertSound(store, data);
        if (!there)
        {
            Perform(way == "commit" ? "commit again" : way, store, source, null, null);
        }

        Assert.Contains("new:latest", store.List().SelectMany(image => image.References));
        AssertSound(store, data);
        Unmount();
        File.Delete(_folder[disk]);
    }

    /// <summary>Every image can be used, and every layer that counts as there is what its archive was.</summary>
    private static void AssertSound(ImageStore store, string data)
    {
        Assert.All(store.List(), image => Assert.Equal((ImageState.Ready, (string?)null), (image.State, image.Damage)));
        foreach (string directory in Directory.Exists(data + "/layers") ? Directory.GetDirectories(data + "/layers") : [])
        {
            if (!Path.GetFileName(directory).Contains('-', StringComparison.Ordinal))
            {
                string id = System.Text.Json.JsonDocument.Parse(File.ReadAllText(directory + "/layer.json")).RootElement.GetProperty("diffId").GetString()!;
                Assert.Null(store.Layers.Verify(Digest.Parse(id), CancellationToken.None));
            }
        }
    }

    private static void NothingInTheMaking(string data) => Assert.All(
        Directory.Exists(data + "/layers") ? Directory.GetFileSystemEntries(data + "/layers") : [],
        path => Assert.Matches("^[0-9a-f]{16}$", Path.GetFileName(path)));

    private static EngineException? Attempt(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (EngineException e)
        {
            return e;
        }
    }

    private static TestImage Source() => new([Noise(1, 90_000), Noise(2, 140_000), Noise(3, 60_000)]);

    private static string Noise(int seed, int length)
    {
        Random random = new(seed);
        return string.Create(length, random, (span, source) =>
        {
            for (int at = 0; at < span.Length; at++)
            {
                span[at] = (char)('!' + source.Next(90));
            }
        });
    }

    /// <summary>Makes new:latest in one of the ways.</summary>
    /// <param name="event">What happens after which share of what is read or written.</param>
    /// <param name="begun">Told when a commit's base is there.</param>
    private static void Perform(string way, ImageStore store, TestImage source, (double Moment, Action Happen)? @event, Action? begun)
    {
        switch (way)
        {
            case "pull":
                IncomingImage incoming = source.Incoming("new");
                long total = incoming.Layers.Sum(layer => layer.Size ?? 0);
                long before = 0;
                List<IncomingLayer> layers = [];
                foreach (IncomingLayer layer in incoming.Layers)
                {
                    long at = (long)((@event?.Moment ?? 2) * total) - before;
                    before += layer.Size ?? 0;
                    layers.Add(layer with { Open = stop => new EventfulStream(layer.Open(stop), at, layer.Size ?? 0, @event?.Happen) });
                }

                store.Receive(incoming with { Layers = layers }, new ReceiveOptions { Parallel = 1 }, CancellationToken.None);
                break;
            case "import":
                byte[] tar = new TarBuilder().File("a", Noise(4, 100_000)).File("b", Noise(5, 150_000)).ToBytes();
                using (EventfulStream archive = new(new MemoryStream(tar), (long)((@event?.Moment ?? 2) * tar.Length), tar.Length, @event?.Happen))
                {
                    store.ImportRootFileSystem(archive, new ImageImportOptions { References = [ImageReference.Parse("new")] }, null, CancellationToken.None);
                }

                break;
            default:
                if (way == "commit" || store.List().Count == 0)
                {
                    store.Receive(new TestImage(["base"]).Incoming("base"), new ReceiveOptions(), CancellationToken.None);
                }

                begun?.Invoke();
                ImageRecord parent = store.Open("base");
                store.AddLayer(
                    parent,
                    writer =>
                    {
                        for (int file = 0; file < 20; file++)
                        {
                            if (@event is { } happening && file == (int)(happening.Moment * 20))
                            {
                                happening.Happen();
                            }

                            string content = Noise(10 + file, 12_000);
                            writer.WriteEntry(Entry("f" + file.ToString(CultureInfo.InvariantCulture), content.Length));
                            writer.WriteData(System.Text.Encoding.ASCII.GetBytes(content));
                            writer.EndData();
                        }

                        return true;
                    },
                    parent.Config with { History = [new ImageHistory { CreatedBy = "a test" }] }, [ImageReference.Parse("new")], new ImportLimits(), null, null, CancellationToken.None);
                break;
        }
    }

    private static TarEntry Entry(string name, long size)
    {
        TarEntry entry = new() { Type = TarEntryType.File, Mode = 0x1A4, Size = size, Seconds = 1_000_000_000 };
        entry.Name.Set(System.Text.Encoding.ASCII.GetBytes(name));
        return entry;
    }

    /// <summary>A disk of its own with ext4, mounted.</summary>
    private string Disk()
    {
        Skip.IfNot(Shell.IsRoot, "only root can mount");
        Skip.IfNot(Shell.Has("mkfs.ext4"), "mkfs.ext4 is not installed");
        Shell.Run("truncate -s 16M disk && mkfs.ext4 -q -F disk", _folder.Path);
        try
        {
            return Mount("mount -o loop disk");
        }
        catch (InvalidOperationException e)
        {
            throw new SkipException("a loop file with ext4 cannot be mounted here: " + e.Message);
        }
    }

    private string Mount(string command)
    {
        string place = _folder["mount" + _mounts.Count.ToString(CultureInfo.InvariantCulture) + "-" + Guid.NewGuid().ToString("N")[..6]];
        Directory.CreateDirectory(place);
        Shell.Run($"{command} '{place}' && chmod 700 '{place}'", _folder.Path);
        _mounts.Add(place);
        return place;
    }

    /// <summary>The last one.</summary>
    private void Unmount()
    {
        Shell.Run($"umount '{_mounts[^1]}'", _folder.Path);
        _mounts.RemoveAt(_mounts.Count - 1);
    }

    /// <summary>Something happens when so many bytes were read of it.</summary>
    private sealed class EventfulStream(Stream source, long at, long length, Action? happen) : Stream
    {
        private long _read;
        private Action? _happen = at >= 0 && at < length ? happen : null;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _read;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            if (_read >= at && _happen is { } now)
            {
                _happen = null;
                now();
            }

            // In small pieces, so that the moment is met.
            int got = source.Read(buffer[..Math.Min(buffer.Length, 4096)]);
            _read += got;
            return got;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            source.Dispose();
            base.Dispose(disposing);
        }
    }
}
