using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Linux;
using Xunit;

namespace Containers.Engine.Tests.Images;

[SupportedOSPlatform("linux")]
public sealed class ImageStoreTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ImageStore _store;

    public ImageStoreTests() => _store = new ImageStore(_folder["data"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_empty_root_has_no_images_and_is_not_created()
    {
        Assert.Empty(_store.List());
        Assert.Equal("ImageNotFound", Assert.Throws<EngineException>(() => _store.Get("x")).ErrorId);
        Assert.Equal("ImageNotFound", Assert.Throws<EngineException>(() => _store.Remove("x", true, _ => null)).ErrorId);
        Assert.False(Directory.Exists(_folder["data"]));
    }

    [Fact]
    public void An_image_is_found_by_every_name_and_shows_its_configuration()
    {
        ContainerImage image = Import("one", options => options with
        {
            References = [ImageReference.Parse("app:1"), ImageReference.Parse("quay.io/org/app")],
            Command = ["/bin/sh", "-c", "true"], Entrypoint = ["/init"], Environment = ["A=b"], User = "7:8", WorkingDirectory = "/w",
            Labels = new Dictionary<string, string> { ["k"] = "v" }, ExposedPorts = ["80", "53/udp"], Volumes = ["/data"],
            Platform = "linux/arm64/v8", Message = "hi", Author = "me", StopSignal = "SIGINT",
        });

        foreach (string name in new[] { "app:1", "docker.io/library/app:1", "quay.io/org/app", image.Id, image.Id[7..], image.ShortId,
            image.Id[..15] })
        {
            Assert.Equal(image.Id, _store.Get(name).Id);
            Assert.Equal(image.Id, _store.Open(name).Id);
        }

        ImageConfig config = _store.Open("app:1").Config;
        Assert.Equal(["app:1", "quay.io/org/app:latest"], image.References);
        Assert.Equal(("app", "1", "arm64", 1), (image.Repository, image.Tag, image.Architecture, image.Layers));
        Assert.Equal(3, image.Size);
        Assert.Equal(["53/udp", "80/tcp"], config.Config.ExposedPorts);
        Assert.Equal("hi", config.History[0].Comment);
        Assert.Equal("7:8", config.Config.User);
        Assert.Equal(image.Id, Assert.Single(_store.List()).Id);
    }

    [Theory]
    [InlineData("A")]
    [InlineData("=x")]
    [InlineData("A=\0")]
    public void Bad_environment_is_refused_before_anything_is_read(string variable)
    {
        EngineException e = Assert.Throws<EngineException>(() => Import("x", options => options with { Environment = [variable] }));

        Assert.Equal("InvalidImageOption", e.ErrorId);
        Assert.False(Directory.Exists(_folder["data"]));
    }

    [Fact]
    public void Other_bad_options_are_refused()
    {
        foreach (Func<ImageImportOptions, ImageImportOptions> change in new Func<ImageImportOptions, ImageImportOptions>[]
        {
            options => options with { WorkingDirectory = "relative" },
            options => options with { Volumes = ["/"] },
            options => options with { ExposedPorts = ["0"] },
            options => options with { ExposedPorts = ["80/icmp"] },
            options => options with { Platform = "linux" },
            options => options with { References = [ImageReference.Parse("a@sha256:" + new string('a', 64))] },
        })
        {
            Assert.StartsWith("InvalidImage", Assert.Throws<EngineException>(() => Import("x", change)).ErrorId, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Identical_content_is_stored_once_and_deleted_with_its_last_image()
    {
        ContainerImage first = Import("same", options => options with { Message = "1", References = [ImageReference.Parse("a")] });
        ContainerImage second = Import("same", options => options with { Message = "2", References = [ImageReference.Parse("b")] });

        Assert.Single(Layers());
        Assert.Equal(["Untagged: a:latest", "Deleted: " + first.Id], Remove("a"));
        Assert.Single(Layers());
        Assert.Equal(ImageState.Ready, _store.Get("b").State);
        Assert.Equal(3, Remove(second.Id).Count);
        Assert.Empty(Layers());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["data/layers"]));
    }

    [Fact]
    public void A_moved_name_leaves_the_old_image_without_one()
    {
        ContainerImage old = Import("old", options => options with { References = [ImageReference.Parse("app")] });
        ContainerImage now = Import("new", options => options with { References = [ImageReference.Parse("app")] });

        Assert.Equal(now.Id, _store.Open("app").Id);
        Assert.Equal(("<none>", "<none>"), (_store.Get(old.Id).Repository, _store.Get(old.Id).Tag));
    }

    [Fact]
    public void Removal_follows_dockers_rules()
    {
        ContainerImage image = Import("x", options => options with { References = [ImageReference.Parse("a"), ImageReference.Parse("b")] });

        Assert.Equal("ImageHasSeveralReferences", Assert.Throws<EngineException>(() => _store.Remove(image.Id, false, _ => null)).ErrorId);
        Assert.Equal(["Untagged: a:latest"], _store.Remove("a", false, _ => "web").Select(item => item.ToString()));
        EngineException used = Assert.Throws<EngineException>(() => _store.Remove("b", false, _ => "web"));
        Assert.Equal("ImageInUse", used.ErrorId);
        Assert.Contains("web", used.Message, StringComparison.Ordinal);
        Assert.Throws<EngineException>(() => _store.Remove(image.Id, true, _ => "web"));
        Assert.Equal(["Untagged: b:latest"], _store.Remove("b", true, _ => "web").Select(item => item.ToString()));
        Assert.Equal(image.Id, Assert.Single(_store.List()).Id);
        Assert.Equal("Deleted: " + image.Id, Remove(image.ShortId)[0]);
        Assert.Empty(_store.List());
        Assert.Throws<EngineException>(() => _store.Open(image.Id));
    }

    [Fact]
    public void Force_by_id_takes_all_names()
    {
        ContainerImage image = Import("x", options => options with { References = [ImageReference.Parse("a"), ImageReference.Parse("b")] });

        Assert.Equal(4, _store.Remove(image.Id, true, _ => null).Count);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["data/tags"]));
    }

    [Fact]
    public void An_ambiguous_beginning_of_an_id_is_refused_and_a_name_goes_before_ids()
    {
        List<ContainerImage> images = [.. Enumerable.Range(0, 17).Select(i => Import("x" + i))];
        string shared = images.GroupBy(image => image.Id[7..8]).First(group => group.Count() > 1).Key;

        Assert.Equal("AmbiguousImageId", Assert.Throws<EngineException>(() => _store.Get(shared)).ErrorId);
        ContainerImage named = Import("named", options => options with { References = [ImageReference.Parse(shared),
            ImageReference.Parse(images[0].ShortId)] });
        Assert.Equal(named.Id, _store.Get(shared).Id);
        Assert.Equal(named.Id, _store.Get(images[0].ShortId).Id);
        Assert.Equal(images[0].Id, _store.Get(images[0].Id).Id);
        Assert.Equal("ImageNotFound", Assert.Throws<EngineException>(() => _store.Get("../../etc/passwd")).ErrorId);
    }

    [Fact]
    public void A_name_too_long_for_a_file_works_too()
    {
        string name = "registry.example.com:5000/" + string.Join('/', Enumerable.Repeat(new string('a', 40), 6)) + ":" + new string('t',
            128);
        ContainerImage image = Import("x", options => options with { References = [ImageReference.Parse(name)] });

        Assert.Equal([name], image.References);
        Assert.Equal([name], new ImageStore(_folder["data"]).List()[0].References);
        Assert.Equal("Untagged: " + name, Remove(name)[0]);
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("half")]
    [InlineData("random")]
    [InlineData("deleted")]
    [InlineData("directory")]
    [InlineData("link")]
    public void A_damaged_file_spoils_only_its_own_image_and_that_one_can_be_removed(string damage)
    {
        foreach (string part in new[] { "config", "tag", "layer" })
        {
            ImageStore store = new(_folder[part]);
            ContainerImage good = Import(store, "good", new ImageImportOptions { References = [ImageReference.Parse("good")] });
            ContainerImage bad = Import(store, "bad", new ImageImportOptions { References = [ImageReference.Parse("bad")] });
            string layer = _folder[part + "/" + Path.GetDirectoryName(store.Open("bad").LayerDirectories[0]) + "/layer.json"];
            Damage(part switch
            {
                "config" => _folder[part + "/images/" + bad.Id[7..] + ".json"],
                "tag" => _folder[part + "/tags/" + TagStore.FileName(ImageReference.Parse("bad"))],
                _ => layer,
            }, damage);

            ImageStore fresh = new(_folder[part]);
            IReadOnlyList<ContainerImage> all = fresh.List();
            Assert.Equal(ImageState.Ready, Assert.Single(all, image => image.Id == good.Id).State);
            Assert.Equal(good.Id, fresh.Open("good").Id);
            if (part == "tag")
            {
                Assert.Contains(all, image => image.Id == bad.Id && image.State == ImageState.Ready);
                Assert.Equal(damage == "deleted" ? 0 : 1, all.Count(image =>
                    image.State == ImageState.Damaged && image.References.Contains("bad:latest")));
            }
            else
            {
                ContainerImage shown = Assert.Single(all, image => image.State == ImageState.Damaged);
                Assert.Equal("bad:latest", shown.References[0]);
                Assert.NotNull(shown.Damage);
                Assert.StartsWith("Damaged", Assert.Throws<EngineException>(() => fresh.Open("bad")).ErrorId, StringComparison.Ordinal);
            }

            if (part != "tag" || damage != "deleted")
            {
                fresh.Remove("bad", false, _ => null);
            }

            Assert.All(fresh.List(), image => Assert.Equal(ImageState.Ready, image.State));
            Assert.Equal(ImageState.Ready, Import(fresh, "bad", new ImageImportOptions()).State);
        }
    }

    [Fact]
    public void Sessions_that_import_the_same_layer_at_once_all_succeed()
    {
        byte[] tar = Tar(new string('x', 300_000));
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            ImageStore own = new(_folder["data"]);
            ContainerImage image = own.ImportRootFileSystem(
                new MemoryStream(tar), new ImageImportOptions { References = [ImageReference.Parse("app:" + i)] }, null,
                    CancellationToken.None);
            Assert.Equal(ImageState.Ready, image.State);
            Assert.Equal(image.Id, own.Open("app:" + i).Id);
            if (i % 2 == 1)
            {
                own.Remove("app:" + i, false, _ => null);
            }
        });

        Assert.Single(Layers());
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder["data/layers"]));
        Assert.Equal(4, _store.List().Sum(image => image.References.Count));
        Assert.All(_store.List(), image => Assert.Equal(ImageState.Ready, image.State));
    }

    [Fact]
    public void What_a_crash_left_is_swept_but_not_what_somebody_works_on()
    {
        Import("x", options => options with { References = [ImageReference.Parse("x")] });
        Directory.CreateDirectory(_folder["data/layers/new-0123456789abcdef/fs/deep"]);
        Directory.CreateDirectory(_folder["data/layers/old-0123456789abcdef/fs/deep"]);
        using (NewLayer busy = new LayerStore(_folder["data"]).Begin())
        {
            Import("y");
            Assert.True(Directory.Exists(busy.Directory));
            Assert.Equal(3, Directory.GetDirectories(_folder["data/layers"]).Length);
        }

        // Published, but the session died before the image was written: the next removal takes it.
        Directory.CreateDirectory(_folder["data/layers/0123456789abcdef/fs"]);
        File.WriteAllText(_folder["data/tags/.half"], "");
        Remove("x");
        Assert.Single(Layers());
        Assert.False(File.Exists(_folder["data/tags/.half"]));
    }

    [SkippableFact]
    public void A_full_disk_is_named_and_leaves_nothing()
    {
        Skip.IfNot(Shell.IsRoot, "mounting a small tmpfs needs root");
        Directory.CreateDirectory(_folder["small"]);
        Shell.Run("mount -t tmpfs -o size=8m none small", _folder.Path);
        try
        {
            ImageStore store = new(_folder["small/data"]);
            byte[] random = new byte[12 << 20];
            new Random(3).NextBytes(random);
            byte[] tar = new TarBuilder().Add(TarEntryType.File, "r"u8.ToArray(), "", random, 0x1A4, 0, 0).ToBytes();
            ContainerImage small = Import(store, "fits", new ImageImportOptions { References = [ImageReference.Parse("fits")] });

            EngineException e = Assert.Throws<EngineException>(
                () => store.ImportRootFileSystem(new MemoryStream(tar), new ImageImportOptions(), null, CancellationToken.None));

            Assert.Equal(("DiskFull", EngineErrorKind.ResourceUnavailable), (e.ErrorId, e.Kind));
            Assert.Contains(_folder["small/data"], e.Message, StringComparison.Ordinal);
            Assert.Equal(small.Id, Assert.Single(store.List()).Id);
            Assert.Single(Directory.EnumerateFileSystemEntries(_folder["small/data/layers"]));

            Shell.Run("cat /dev/zero > fill || true", _folder["small"]);
            Assert.Equal("DiskFull", Assert.Throws<EngineException>(() => Import(store, "more", new ImageImportOptions())).ErrorId);
            Assert.Equal(3, store.Remove("fits", false, _ => null).Count);
            Assert.Empty(store.List());
        }
        finally
        {
            Shell.Run("umount small", _folder.Path);
        }
    }

    [SkippableFact]
    public void Running_out_of_inodes_is_a_full_disk()
    {
        Skip.IfNot(Shell.IsRoot, "mounting a small tmpfs needs root");
        Directory.CreateDirectory(_folder["inodes"]);
        Shell.Run("mount -t tmpfs -o size=8m,nr_inodes=40 none inodes", _folder.Path);
        try
        {
            TarBuilder tar = new();
            for (int i = 0; i < 100; i++)
            {
                tar.File("f" + i);
            }

            ImageStore store = new(_folder["inodes/data"]);
            Assert.Equal("DiskFull", Assert.Throws<EngineException>(() => store.ImportRootFileSystem(
                new MemoryStream(tar.ToBytes()), new ImageImportOptions(), null, CancellationToken.None)).ErrorId);
            Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["inodes/data/layers"]));
        }
        finally
        {
            Shell.Run("umount inodes", _folder.Path);
        }
    }

    [Fact]
    public void A_layer_whose_image_cannot_be_written_is_taken_back()
    {
        Func<ImageImportOptions, ImageImportOptions> fixedTime = options => options with { Created = DateTimeOffset.UnixEpoch };
        ContainerImage image = Import("x", fixedTime);
        Remove(image.Id);
        Directory.CreateDirectory(_folder["data/images/" + image.Id[7..] + ".json/in the way"]);

        Assert.Equal("ImageStoreFailed", Assert.Throws<EngineException>(() => Import("x", fixedTime)).ErrorId);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["data/layers"]));
        Assert.Equal(ImageState.Damaged, Assert.Single(_store.List()).State);
        _store.Remove(image.Id, false, _ => null);
        Assert.Equal(image.Id, Import("x", fixedTime).Id);
    }

    [SkippableFact]
    public void A_store_copied_in_the_middle_of_imports_is_swept_by_the_next_one()
    {
        Skip.IfNot(Shell.IsRoot, "a snapshot of the store keeps owners");
        byte[] tar = Tar(new string('k', 100_000));

        // What a copy catches of running imports is much like what a crash leaves.
        using CancellationTokenSource stop = new();
        Task writer = Task.Run(() =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                Import(_store, "n" + i, new ImageImportOptions { References = [ImageReference.Parse("moving")] });
                _store.Remove("moving", false, _ => null);
            }
        });
        for (int round = 0; round < 15; round++)
        {
            string copy = _folder["copy" + round];
            Shell.Run($"mkdir copy{round}; cp -a data/. copy{round}/ 2>/dev/null || true", _folder.Path);
            ImageStore store = new(copy);
            ContainerImage image = store.ImportRootFileSystem(
                new MemoryStream(tar), new ImageImportOptions { References = [ImageReference.Parse("fresh")] }, null,
                    CancellationToken.None);
            Assert.Equal(ImageState.Ready, image.State);
            Assert.Equal(image.Id, store.Open("fresh").Id);
            Assert.DoesNotContain(Directory.GetDirectories(copy + "/layers"), path => Path.GetFileName(path).Contains('-',
                StringComparison.Ordinal));
            foreach (ContainerImage other in store.List())
            {
                store.Remove(other.Id.Length == 0 ? other.References[0] : other.Id, true, _ => null);
            }

            Assert.Empty(store.List());
        }

        stop.Cancel();
        writer.Wait();
    }

    [Fact]
    public void Opening_a_known_image_again_takes_far_less_than_a_start()
    {
        Import("x", options => options with { References = [ImageReference.Parse("app")] });
        const int Rounds = 2000;
        for (int i = 0; i < Rounds; i++)
        {
            _store.Open("app");
        }

        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Rounds; i++)
        {
            _store.Open("app");
        }

        // The target is 50 microseconds; the bound leaves room for a busy machine.
        Assert.True(Stopwatch.GetElapsedTime(start).TotalMicroseconds / Rounds < 250);
    }

    [Fact]
    public void The_store_is_for_its_owner_only()
    {
        ContainerImage image = Import("x");
        string layer = Path.GetDirectoryName(_folder["data/" + _store.Open(image.Id).LayerDirectories[0]])!;

        foreach (string path in new[] { _folder["data"], _folder["data/images"], _folder["data/layers"], layer })
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        }
    }

    [SkippableFact]
    public void Overlay_mounts_two_layers_with_whiteouts_as_the_image_means_them()
    {
        Skip.IfNot(Shell.IsRoot, "mounting needs root");
        ContainerImage lower = Import(_store, new TarBuilder().File("gone").Folder("d").File("d/old").File("stays").ToBytes());
        ContainerImage upper = Import(_store, new TarBuilder().File(".wh.gone", "").File("d/.wh..wh..opq", "").File("d/new").ToBytes());
        string dirs = _store.Open(upper.Id).LayerDirectories[0] + ":" + _store.Open(lower.Id).LayerDirectories[0];
        Directory.CreateDirectory(_folder["merged"]);

        string seen = Shell.Run(
            $"unshare -m sh -ec 'mount -t overlay -o ro,lowerdir={dirs} none ../merged && cd ../merged && find . | sort'", _folder["data"]);

        Assert.Equal(".\n./d\n./d/new\n./stays\n", seen);
    }

    private static byte[] Tar(string content) => new TarBuilder().File("file", content).ToBytes();

    private static ContainerImage Import(ImageStore store, byte[] tar) =>
        store.ImportRootFileSystem(new MemoryStream(tar), new ImageImportOptions(), null, CancellationToken.None);

    private static ContainerImage Import(ImageStore store, string content, ImageImportOptions options) =>
        store.ImportRootFileSystem(new MemoryStream(Tar(content)), options, null, CancellationToken.None);

    private static void Damage(string path, string kind)
    {
        byte[] content = File.ReadAllBytes(path);
        FileTree.Remove(path);
        switch (kind)
        {
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "half":
                File.WriteAllBytes(path, content[..(content.Length / 3)]);
                break;
            case "random":
                new Random(5).NextBytes(content);
                File.WriteAllBytes(path, content);
                break;
            case "directory":
                Directory.CreateDirectory(path);
                break;
            case "link":
                File.CreateSymbolicLink(path, "/etc/passwd");
                break;
        }
    }

    private ContainerImage Import(string content, Func<ImageImportOptions, ImageImportOptions>? change = null) =>
        Import(_store, content, change is null ? new ImageImportOptions() : change(new ImageImportOptions()));

    private List<string> Remove(string name) => [.. _store.Remove(name, false, _ => null).Select(item => item.ToString())];

    private List<string> Layers() => [.. Directory.GetDirectories(_folder["data/layers"]).Select(path =>
        Encoding.UTF8.GetString(File.ReadAllBytes(path + "/layer.json")))];
}
