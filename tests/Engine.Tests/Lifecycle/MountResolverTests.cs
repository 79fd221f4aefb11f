using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Tests.Images;
using Xunit;

namespace Containers.Engine.Tests.Lifecycle;

public sealed class MountResolverTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/data", "/data")]
    [InlineData("../../../data", "/data")]
    [InlineData("data/", "/data")]
    [InlineData("/a/./b//../data", "/a/data")]
    public void Places_of_an_image_stay_below_its_root(string place, string target)
    {
        MountSpec mount = Assert.Single(Resolve(new StorageSpec(), place).Mounts);
        Assert.Equal((MountType.Volume, target, true, 64), (mount.Type, mount.Target, mount.Anonymous, mount.Source.Length));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("x/..")]
    [InlineData("/proc/self/attr")]
    [InlineData("../proc")]
    public void Places_that_nothing_may_be_mounted_at_are_refused(string place) =>
        Assert.Equal("InvalidMount", Assert.Throws<EngineException>(() => Resolve(new StorageSpec(), place)).ErrorId);

    [Fact]
    public void What_the_user_mounts_wins_over_the_image_and_the_mode_over_both()
    {
        StorageSpec storage = new() { Mounts = [new MountSpec { Type = MountType.Volume, Source = "own", Target = "/x/../data/" }] };
        Assert.Equal("own", Assert.Single(Resolve(storage, "/data").Mounts).Source);
        Assert.Equal(MountType.Tmpfs, Assert.Single(Resolve(new StorageSpec { ImageVolumes = ImageVolumeMode.Tmpfs }, "/data").Mounts).Type);
        Assert.Empty(Resolve(new StorageSpec { ImageVolumes = ImageVolumeMode.Ignore }, "/data").Mounts);
    }

    private StorageSpec Resolve(StorageSpec storage, params string[] places) =>
        new MountResolver(new ImageStore(_folder.Path), name => throw ContainerStore.NotFound(name)).Resolve(
            storage, new ImageConfig { Config = new ImageDefaults { Volumes = places } });
}
