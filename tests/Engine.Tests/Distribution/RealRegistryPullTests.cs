using System.Runtime.Versioning;
using Containers.Engine.Distribution;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Containers.Engine.Tests.Images;
using Containers.Engine.Tests.Registry;
using Xunit;

namespace Containers.Engine.Tests.Distribution;

/// <summary>Whole images to and from docker's own registry, with skopeo as a second opinion where it is installed.</summary>
[SupportedOSPlatform("linux")]
public sealed class RealRegistryPullTests : IDisposable
{
    private readonly RegistryHome _home = new();
    private DockerRegistry? _registry;
    private string _host = "";

    public void Dispose()
    {
        _registry?.Dispose();
        _home.Dispose();
    }

    [SkippableTheory]
    [InlineData(LayerCompression.None)]
    [InlineData(LayerCompression.Gzip)]
    [InlineData(LayerCompression.Zstd)]
    public void What_is_pushed_is_pulled_the_same_and_asked_for_once_only(LayerCompression compression)
    {
        Start();
        TestImage source = new(["one", "two", "one", new string('3', 300_000)], ImagePlatform.Current.ToString());
        ImageStore here = new(_home["here"]);
        here.Receive(source.Incoming("app:1"), new ReceiveOptions(), CancellationToken.None);
        using RegistryService service = new(_home.Options with { ChunkSize = 1 << 20 });
        RegistryAccess access = RegistryAccess.Of(service, null, CancellationToken.None);
        string name = _host + "/team/app:1";
        PushOptions options = new() { Compression = compression };

        PushedImage pushed = new ImagePusher(here, access).Push("app:1", name, options, CancellationToken.None);
        Assert.Equal(pushed.Size, pushed.Sent);
        PushedImage again = new ImagePusher(here, access).Push("app:1", name, options, CancellationToken.None);
        Assert.Equal((pushed.Digest, 0L), (again.Digest, again.Sent));
        PushedImage mounted = new ImagePusher(here, access).Push("app:1", _host + "/other/app:2", options, CancellationToken.None);
        Assert.Equal(pushed.Digest, mounted.Digest);
        Assert.InRange(mounted.Sent, 0, source.Config.Length);

        ImageStore there = new(_home["there"]);
        ImagePuller puller = new(there, access);
        ContainerImage pulled = puller.Pull(name, new PullOptions(), CancellationToken.None);
        Assert.Equal(source.Id.ToString(), pulled.Id);
        Assert.Equal([name], pulled.References);
        Assert.Equal([_host + "/team/app@" + pushed.Digest], pulled.Digests);
        Assert.Equal(pulled.Id, puller.Pull(name, new PullOptions(), CancellationToken.None).Id);
        Assert.Equal(pulled.Id, puller.Pull(_host + "/other/app@" + pushed.Digest, new PullOptions(), CancellationToken.None).Id);
        foreach (Digest layer in there.Open(pulled.Id).Config.RootFs.DiffIds.Distinct())
        {
            Assert.Null(there.Layers.Verify(layer, CancellationToken.None));
        }

        ContainerImageTag tag = Assert.Single(new TagFinder(access).Find(_host + "/team/app", true, null, CancellationToken.None));
        Assert.Equal((pushed.Digest, ImagePlatform.Current.ToString()), (tag.Digest, Assert.Single(tag.Platforms)));
        Assert.Equal("ManifestNotFound", Assert.Throws<EngineException>(
            () => puller.Pull(_host + "/team/app:none", new PullOptions(), CancellationToken.None)).ErrorId);
        if (Shell.Has("skopeo"))
        {
            string digest = Shell.Run(
                $"skopeo copy -q --src-tls-verify=false docker://{name} dir:copy && sha256sum copy/manifest.json", _home["there"]);
            Assert.Equal(pushed.Digest[7..], digest[..64]);
        }
    }

    private void Start()
    {
        _registry = DockerRegistry.Start(_home);
        _host = _registry.Host;
    }
}
