using System.Runtime.Versioning;
using Containers.Engine.Images;
using Containers.Engine.Lifecycle;
using Containers.Engine.Networking;
using Containers.Engine.Storage;
using Containers.Engine.Tests.Images;
using Containers.Engine.Volumes;
using Xunit;

namespace Containers.Engine.Tests.Lifecycle;

[SupportedOSPlatform("linux")]
public sealed class StoreMaintenanceTests : IDisposable
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.UtcNow;

    private readonly TestFolder _folder = new();
    private readonly ImageStore _images;
    private readonly StoreMaintenance _maintenance;
    private readonly EnginePaths _paths;

    public StoreMaintenanceTests()
    {
        _images = new ImageStore(_folder["data"]);
        _paths = new EnginePaths(new EngineOptions(_folder["data"], _folder["run"], "/none"));
        _maintenance = new StoreMaintenance(_paths, _images, new VolumeStore(_paths.DataRoot, _ => false));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Stopped_containers_go_and_what_runs_or_is_too_young_or_has_no_such_label_stays()
    {
        Container old = Stopped("old", s_now.AddDays(-2), ("keep", "no"));
        Container young = Stopped("young", s_now);
        Container running = Stopped("running", s_now.AddDays(-2)) with { State = ContainerState.Running, Finished = null };

        Assert.Equal(["old", "young"], Names(new PruneOptions { Containers = true }, [old, young, running]));
        Assert.Equal(["old"], Names(new PruneOptions { Containers = true, Before = s_now.AddDays(-1) }, [old, young, running]));
        Assert.Equal(["old"], Names(new PruneOptions { Containers = true, Labels = Label("keep", "no") }, [old, young, running]));
        Assert.Equal(["old"], Names(new PruneOptions { Containers = true, Labels = Label("keep", null) }, [old, young, running]));
        Assert.Empty(Names(new PruneOptions { Containers = true, Labels = Label("keep", "yes") }, [old, young, running]));
        Assert.Empty(Names(new PruneOptions(), [old, young, running]));
    }

    [Fact]
    public void An_image_is_unused_once_its_containers_go_too_and_frees_what_it_does_not_share()
    {
        ContainerImage named = Import("1234", "named");
        ContainerImage dangling = Import("123456", null);
        Container user = Stopped("user", s_now) with { ImageId = named.Id };

        Assert.Equal([dangling.Id], Ids(new PruneOptions { DanglingImages = true }, [user]));
        Assert.Equal([dangling.Id], Ids(new PruneOptions { AllImages = true }, [user]));
        List<ReclaimedItem> all = Find(new PruneOptions { Containers = true, AllImages = true }, [user]);
        Assert.Equal(["Container", "Image", "Image"], all.Select(item => item.Type));
        Assert.Equal((4, "named:latest"), (all.Single(item => item.Id == named.Id).Size, all.Single(item => item.Id == named.Id).Name));

        // Two images of one layer: the second one frees nothing more.
        Import("1234", "again", "another comment");
        Assert.Equal(4, Find(new PruneOptions { AllImages = true }, []).Where(item => item.Name.Length > 0).Sum(item => item.Size));
    }

    [Fact]
    public void Clearing_an_image_that_has_a_user_by_now_does_nothing()
    {
        ContainerImage image = Import("1", "one");
        ReclaimedItem item = Assert.Single(Find(new PruneOptions { AllImages = true }, []));

        Assert.False(_maintenance.Clear(item, _ => "web"));
        Assert.Equal(image.Id, _images.Get("one").Id);
        Assert.True(_maintenance.Clear(item, _ => null));
        Assert.False(_maintenance.Clear(item, _ => null));
        Assert.Empty(_images.List());
    }

    [Fact]
    public void Networks_without_containers_go_and_the_default_one_stays()
    {
        ContainerNetwork[] networks =
        [
            Network("containers0") with { IsDefault = true },
            Network("used"),
            Network("of-stopped"),
            Network("empty"),
        ];
        networks[1] = networks[1] with { Containers = ["web"] };
        Container stopped = Stopped("db", s_now) with { Networks = ["of-stopped"] };

        Assert.Equal(["empty"], _maintenance.Find(new PruneOptions { Networks = true }, [stopped], networks, default).Select(item => item.Name));
        Assert.Equal(
            ["db", "of-stopped", "empty"],
            _maintenance.Find(new PruneOptions { Networks = true, Containers = true }, [stopped], networks, default).Select(item => item.Name));
    }

    [Fact]
    public void Usage_counts_a_shared_layer_once()
    {
        Import("1234", "one");
        ContainerImage two = Import("1234", "two", "comment");
        Container user = Stopped("user", s_now) with { ImageId = two.Id, State = ContainerState.Running };
        Directory.CreateDirectory(_paths.Container(user.Id));
        File.WriteAllBytes(_paths.Container(user.Id) + "/file", new byte[100_000]);

        List<StorageUsage> rows = _maintenance.Usage([user], detailed: true, default);
        Assert.Equal((2, 1, 4L, 0L), (rows[0].Total, rows[0].Active, rows[0].Size, rows[0].Reclaimable));
        Assert.Equal((1, 1, 0L), (rows[1].Total, rows[1].Active, rows[1].Reclaimable));
        Assert.InRange(rows[1].Size, 100_000, 200_000);
        Assert.Equal("user", Assert.Single(rows[1].Items).Name);
        Assert.Equal(0, rows[2].Total);
    }

    private static Dictionary<string, string?> Label(string name, string? value) => new() { [name] = value };

    private static ContainerNetwork Network(string name) => new() { Name = name, Id = new string('0', 64) };

    private static Container Stopped(string name, DateTimeOffset finished, params (string Name, string Value)[] labels) => new()
    {
        Id = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name))),
        Name = name,
        State = ContainerState.Exited,
        Created = finished.AddHours(-1),
        Finished = finished,
        Labels = labels.ToDictionary(label => label.Name, label => label.Value),
    };

    private List<ReclaimedItem> Find(PruneOptions options, IReadOnlyList<Container> containers) => _maintenance.Find(options, containers, [], default);

    private IEnumerable<string> Names(PruneOptions options, IReadOnlyList<Container> containers) => Find(options, containers).Select(item => item.Name);

    private IEnumerable<string> Ids(PruneOptions options, IReadOnlyList<Container> containers) => Find(options, containers).Select(item => item.Id);

    private ContainerImage Import(string content, string? name, string? message = null)
    {
        using MemoryStream tar = new(new TarBuilder().File("f", content).ToBytes());
        ImageImportOptions options = new() { References = name is null ? [] : [ImageReference.Parse(name)], Message = message };
        return _images.ImportRootFileSystem(tar, options, null, CancellationToken.None);
    }
}
