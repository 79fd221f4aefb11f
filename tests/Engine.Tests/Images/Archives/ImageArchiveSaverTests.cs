using System.Runtime.Versioning;
using Containers.Engine.Images;
using Xunit;
using static Containers.Engine.Tests.Images.Archives.ArchiveForms;

namespace Containers.Engine.Tests.Images.Archives;

[SupportedOSPlatform("linux")]
public sealed class ImageArchiveSaverTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly byte[] _shared = Layer("shared", new string('s', 3000));
    private readonly byte[] _own = Layer("own");
    private readonly FakeLayers _layers;
    private readonly SavedImage _one;
    private readonly SavedImage _two;

    public ImageArchiveSaverTests()
    {
        _layers = new FakeLayers(_folder.Path, _shared, _own);
        _one = FakeLayers.Image(["app:1", "quay.io/x/app"], _shared);
        _two = FakeLayers.Image(["app:2"], _shared, _own);
    }

    public void Dispose()
    {
        Assert.Equal(0, _layers.Pinned);
        _folder.Dispose();
    }

    [Theory]
    [InlineData(ImageArchiveFormat.DockerArchive, LayerCompression.Gzip, "a.tar")]
    [InlineData(ImageArchiveFormat.DockerArchive, LayerCompression.Gzip, "a.tar.gz")]
    [InlineData(ImageArchiveFormat.DockerArchive, LayerCompression.Gzip, "a.tar.zst")]
    [InlineData(ImageArchiveFormat.OciArchive, LayerCompression.Gzip, "a.tar")]
    [InlineData(ImageArchiveFormat.OciArchive, LayerCompression.Zstd, "a.tgz")]
    [InlineData(ImageArchiveFormat.OciArchive, LayerCompression.None, "a.tar")]
    [InlineData(ImageArchiveFormat.OciDirectory, LayerCompression.Gzip, "a")]
    [InlineData(ImageArchiveFormat.OciDirectory, LayerCompression.Zstd, "a")]
    public void What_is_saved_is_read_again_with_its_names(ImageArchiveFormat format, LayerCompression compression, string name)
    {
        SaveOptions options = new() { Format = format, LayerCompression = compression };

        Save([_one, _two], name, options);

        using ArchiveMembers members = Members(_folder[name]);
        IReadOnlyList<ArchivedImage> images = ImageArchiveReader.Read(members, new LoadOptions(), CancellationToken.None);
        Assert.Equal([_one.Id, _two.Id], images.Select(image => image.Id));
        Assert.Equal(
            [["docker.io/library/app:1", "quay.io/x/app:latest"], ["docker.io/library/app:2"]],
            images.Select(image => image.Names.Select(each => ImageReference.Parse(each).Canonical)));
        Assert.All(images, image => Assert.Equal(
            image.Config.RootFs.DiffIds.Select(id => id.Hex), image.Incoming.Layers.Select(layer => Hex(Unpack(layer)))));
        Assert.Equal([name], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void The_same_images_give_the_same_bytes_and_a_shared_layer_is_there_once()
    {
        Save([_one, _two], "a.tar", new SaveOptions());
        MemoryStream second = new();
        new ImageArchiveSaver(_layers, new SaveOptions()).Save([_one, _two], second, CancellationToken.None);

        byte[] first = File.ReadAllBytes(_folder["a.tar"]);
        Assert.Equal(first, second.ToArray());
        string listing = Shell.Run("tar tvf a.tar", _folder.Path);
        Assert.Equal(1, listing.Split('\n').Count(line => line.EndsWith("blobs/sha256/" + Hex(_shared), StringComparison.Ordinal)));
        Assert.All(
            listing.Trim().Split('\n'), line => Assert.Matches("^(drwxr-xr-x|-rw-r--r--) 0/0 .* 1970-01-01 00:00 ", line));
        Assert.Equal("-rw-r--r--", Shell.Run("umask 022; stat -c %A a.tar", _folder.Path).Trim());
    }

    [Fact]
    public void A_layout_is_added_to_and_a_name_in_it_moves()
    {
        SaveOptions options = new() { Format = ImageArchiveFormat.OciDirectory };
        Save([_one], "layout", options);
        Save([_two with { Names = [ImageReference.Parse("app:1")] }], "layout", options);

        using ArchiveMembers members = Members(_folder["layout"]);
        IReadOnlyList<ArchivedImage> images = ImageArchiveReader.Read(members, new LoadOptions(), CancellationToken.None);
        Assert.Equal([_one.Id, _two.Id], images.Select(image => image.Id));
        Assert.Equal([["quay.io/x/app:latest"], ["docker.io/library/app:1"]], images.Select(image => image.Names));
    }

    [Fact]
    public void A_directory_with_something_else_in_it_is_left_alone()
    {
        File.WriteAllText(_folder["precious"], "x");

        foreach (string target in new[] { "", "precious" })
        {
            EngineException e = Assert.Throws<EngineException>(
                () => Save([_one], target, new SaveOptions { Format = ImageArchiveFormat.OciDirectory }));
            Assert.Equal("ArchiveTargetExists", e.ErrorId);
        }

        Assert.Equal(["precious"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(ImageArchiveFormat.DockerArchive)]
    [InlineData(ImageArchiveFormat.OciArchive)]
    [InlineData(ImageArchiveFormat.OciDirectory)]
    public void What_is_incomplete_is_removed(ImageArchiveFormat format)
    {
        using CancellationTokenSource stop = new();
        _layers.OnWrite = stop.Cancel;
        ImageArchiveSaver saver = new(_layers, new SaveOptions { Format = format });
        Assert.Throws<OperationCanceledException>(() => saver.Save([_one], _folder["a"], stop.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));

        Directory.CreateDirectory(_folder["empty"]);
        if (format == ImageArchiveFormat.OciDirectory)
        {
            Assert.Throws<OperationCanceledException>(() => saver.Save([_one], _folder["empty"], stop.Token));
            EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = 0 };
            Assert.Empty(Directory.EnumerateFiles(_folder["empty"], "*", all));
        }
    }

    [Fact]
    public void An_old_file_stays_when_a_save_fails()
    {
        File.WriteAllText(_folder["a.tar"], "old");
        _layers.OnWrite = () => throw new EngineException(EngineErrorKind.InvalidData, "DamagedLayer", "x");

        Assert.Equal("DamagedLayer", Assert.Throws<EngineException>(() => Save([_one], "a.tar", new SaveOptions())).ErrorId);
        Assert.Equal("old", File.ReadAllText(_folder["a.tar"]));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Targets_that_cannot_be_are_named()
    {
        Assert.Equal("UnknownCompression", Assert.Throws<EngineException>(() => Save([_one], "a.tar.xz", new SaveOptions())).ErrorId);
        Assert.Equal("ArchiveWriteFailed", Assert.Throws<EngineException>(() => Save([_one], "no/a.tar", new SaveOptions())).ErrorId);
        Assert.Equal("DirectoryIntoStream", Assert.Throws<EngineException>(() =>
            new ImageArchiveSaver(_layers, new SaveOptions { Format = ImageArchiveFormat.OciDirectory })
                .Save([_one], Stream.Null, CancellationToken.None)).ErrorId);
        EngineException full = Assert.Throws<EngineException>(() =>
            new ImageArchiveSaver(_layers, new SaveOptions()).Save([_one], "/dev/full", CancellationToken.None));
        Assert.Equal("DiskFull", full.ErrorId);
    }

    [Fact]
    public void Progress_ends_with_everything_done()
    {
        List<TransferProgress> reports = [];
        Save([_two], "a.tar", new SaveOptions { Format = ImageArchiveFormat.OciArchive, Progress = new Reports(reports) });

        Assert.Equal(2, reports[^1].Layers.Count);
        Assert.All(reports[^1].Layers, layer => Assert.Equal(TransferState.Done, layer.State));
        Assert.Equal(reports[^1].Total, reports[^1].Done);
        Assert.Equal("app:2", reports[^1].Subject);
    }

    private void Save(IReadOnlyList<SavedImage> images, string name, SaveOptions options) =>
        new ImageArchiveSaver(_layers, options).Save(images, _folder[name], CancellationToken.None);

    private ArchiveMembers Members(string path)
    {
        if (Directory.Exists(path))
        {
            return new DirectoryMembers(path);
        }

        using FileStream file = File.OpenRead(path);
        ArchiveSpool spool = new(_folder.Path, path, new LoadOptions());
        TarMembers members = new(spool.Fill(file, file.Length, CancellationToken.None), path, CancellationToken.None);
        Directory.Delete(_folder["tmp"]);
        return members;
    }

    private sealed class Reports(List<TransferProgress> all) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => all.Add(value);
    }
}
