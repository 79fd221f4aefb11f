using System.Runtime.Versioning;
using System.Text.Json;
using Containers.Engine.Images;
using Xunit;
using static Containers.Engine.Tests.Images.Archives.ArchiveForms;

namespace Containers.Engine.Tests.Images.Archives;

/// <summary>What podman, skopeo, buildah and umoci write is read, and what is written here they read.</summary>
[SupportedOSPlatform("linux")]
public sealed class ArchiveRefereeTests : IDisposable
{
    private const string Policy = """{"default":[{"type":"insecureAcceptAnything"}]}""";

    private readonly TestFolder _folder = new();
    private readonly List<ArchiveMembers> _open = [];
    private readonly byte[] _lower = Layer("lower", new string('l', 5000));
    private readonly byte[] _upper = Layer("upper");

    public ArchiveRefereeTests() => File.WriteAllText(_folder["policy.json"], Policy);

    public void Dispose()
    {
        _open.ForEach(members => members.Dispose());
        _folder.Dispose();
    }

    [SkippableTheory]
    [InlineData("docker-archive:out.tar:localhost/app:1", "out.tar", "localhost/app:1")]
    [InlineData("oci-archive:out.tar:localhost/app:1", "out.tar", "localhost/app:1")]
    [InlineData("oci-archive:out.tar", "out.tar", null)]
    [InlineData("oci:out:tag", "out", null)]
    [InlineData("dir:out", "out", null)]
    public void What_skopeo_copies_is_read(string target, string path, string? name)
    {
        Skip.IfNot(Shell.Has("skopeo"), "skopeo is not installed.");
        File.WriteAllBytes(_folder["in.tar"], DockerPlain(["localhost/app:1"], _lower, _upper));
        Shell.Run($"skopeo --policy policy.json copy -q docker-archive:in.tar {target}", _folder.Path);

        AssertIsOurs(path, name);
    }

    [SkippableTheory]
    [InlineData("docker-archive", "out.tar", "localhost/app:1")]
    [InlineData("oci-archive", "out.tar", "localhost/app:1")]
    [InlineData("oci-dir", "out", "localhost/app:1")]
    [InlineData("docker-dir", "out", null)]
    public void What_podman_saves_is_read(string format, string path, string? name)
    {
        Skip.IfNot(Shell.Has("podman"), "podman is not installed.");
        Skip.IfNot(Shell.IsRoot, "Podman's stores need root here.");
        File.WriteAllBytes(_folder["in.tar"], DockerPlain(["localhost/app:1"], _lower, _upper));
        Shell.Run($"{Podman} load -q -i in.tar; {Podman} save -q --format {format} -o {path} localhost/app:1", _folder.Path);

        AssertIsOurs(path, name);
    }

    [SkippableFact]
    public void What_buildah_pushes_is_read()
    {
        Skip.IfNot(Shell.Has("buildah"), "buildah is not installed.");
        Skip.IfNot(Shell.IsRoot, "Buildah's stores need root here.");
        File.WriteAllText(_folder["file"], "content");
        string buildah = "buildah --root ./root --runroot ./run --storage-driver vfs";
        Shell.Run(
            $"c=$({buildah} from scratch); {buildah} copy -q $c file /file; {buildah} config --cmd /file $c; "
            + $"{buildah} commit -q $c localhost/built; "
            + $"{buildah} push -q --signature-policy policy.json localhost/built oci-archive:out.tar:localhost/built:1",
            _folder.Path);

        ArchivedImage image = Assert.Single(Read("out.tar"));
        Assert.Equal(["localhost/built:1"], image.Names);
        Assert.Equal(["/file"], image.Config.Config.Cmd);
        Assert.Equal(image.Config.RootFs.DiffIds.Select(id => id.Hex), image.Incoming.Layers.Select(layer => Hex(Unpack(layer))));
    }

    [SkippableFact]
    public void What_umoci_makes_is_read()
    {
        Skip.IfNot(Shell.Has("umoci"), "umoci is not installed.");
        File.WriteAllText(_folder["file"], "content");
        Shell.Run(
            "umoci init --layout out; umoci new --image out:t; umoci insert --rootless --image out:t file /file; "
            + "umoci config --image out:t --config.cmd /file", _folder.Path);

        ArchivedImage image = Assert.Single(Read("out"));
        Assert.Equal(["/file"], image.Config.Config.Cmd);
        Assert.Equal(image.Config.RootFs.DiffIds.Select(id => id.Hex), image.Incoming.Layers.Select(layer => Hex(Unpack(layer))));
    }

    [SkippableTheory]
    [InlineData(ImageArchiveFormat.DockerArchive, LayerCompression.None, "docker-archive:saved:localhost/app:1")]
    [InlineData(ImageArchiveFormat.DockerArchive, LayerCompression.None, "oci-archive:saved:1")]
    [InlineData(ImageArchiveFormat.OciArchive, LayerCompression.Gzip, "oci-archive:saved:1")]
    [InlineData(ImageArchiveFormat.OciArchive, LayerCompression.Zstd, "oci-archive:saved")]
    [InlineData(ImageArchiveFormat.OciDirectory, LayerCompression.Gzip, "oci:saved:1")]
    [InlineData(ImageArchiveFormat.OciDirectory, LayerCompression.None, "oci:saved")]
    public void What_is_saved_skopeo_copies(ImageArchiveFormat format, LayerCompression compression, string source)
    {
        Skip.IfNot(Shell.Has("skopeo"), "skopeo is not installed.");
        SavedImage image = Save(format, compression);

        Assert.Equal(image.Json, Utf8(Shell.Run($"skopeo inspect --raw --config {source}", _folder.Path)));
        Shell.Run($"skopeo --policy policy.json copy -q {source} dir:copied", _folder.Path);
        AssertIsOurs("copied", null);
    }

    [SkippableTheory]
    [InlineData(ImageArchiveFormat.DockerArchive, LayerCompression.None)]
    [InlineData(ImageArchiveFormat.OciArchive, LayerCompression.Gzip)]
    [InlineData(ImageArchiveFormat.OciArchive, LayerCompression.Zstd)]
    public void What_is_saved_podman_loads_under_its_name(ImageArchiveFormat format, LayerCompression compression)
    {
        Skip.IfNot(Shell.Has("podman"), "podman is not installed.");
        Skip.IfNot(Shell.IsRoot, "Podman's stores need root here.");
        SavedImage image = Save(format, compression);

        Shell.Run($"{Podman} load -q -i saved", _folder.Path);
        using JsonDocument inspected = JsonDocument.Parse(Shell.Run($"{Podman} image inspect localhost/app:1", _folder.Path));

        Assert.Equal(image.Id.Hex, inspected.RootElement[0].GetProperty("Id").GetString());
        Assert.Equal(
            image.Config.RootFs.DiffIds.Select(id => id.ToString()),
            inspected.RootElement[0].GetProperty("RootFS").GetProperty("Layers").EnumerateArray().Select(layer => layer.GetString()!));
    }

    [SkippableFact]
    public void What_is_saved_umoci_unpacks()
    {
        Skip.IfNot(Shell.Has("umoci"), "umoci is not installed.");
        Save(ImageArchiveFormat.OciDirectory, LayerCompression.Gzip);

        Shell.Run("umoci unpack --rootless --image saved:1 bundle", _folder.Path);

        Assert.Equal(["lower", "upper"], Directory.EnumerateFiles(_folder["bundle/rootfs/d"]).Select(Path.GetFileName).Order());
    }

    private static string Podman => "podman --root ./root --runroot ./run --storage-driver vfs";

    private SavedImage Save(ImageArchiveFormat format, LayerCompression compression)
    {
        SavedImage image = FakeLayers.Image(["localhost/app:1"], _lower, _upper);
        SaveOptions options = new() { Format = format, LayerCompression = compression };
        new ImageArchiveSaver(new FakeLayers(_folder.Path, _lower, _upper), options)
            .Save([image], _folder["saved"], CancellationToken.None);
        return image;
    }

    private void AssertIsOurs(string path, string? name)
    {
        ArchivedImage image = Assert.Single(Read(path));
        Assert.Equal(Config("amd64", _lower, _upper), image.Incoming.Config.ToArray());
        Assert.Equal([Hex(_lower), Hex(_upper)], image.Incoming.Layers.Select(layer => Hex(Unpack(layer))));
        Assert.Equal(name is null ? [] : [name], image.Names);
    }

    private IReadOnlyList<ArchivedImage> Read(string name)
    {
        string path = _folder[name];
        ArchiveMembers members = Directory.Exists(path)
            ? new DirectoryMembers(path)
            : new TarMembers(File.OpenHandle(path), path, CancellationToken.None);
        _open.Add(members);
        return ImageArchiveReader.Read(members, new LoadOptions(), CancellationToken.None);
    }
}
