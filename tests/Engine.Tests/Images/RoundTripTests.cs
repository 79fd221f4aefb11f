using System.Globalization;
using Containers.Engine.Images;
using Xunit;

namespace Containers.Engine.Tests.Images;

/// <summary>What GNU tar, python and the compressors of the host write, we unpack as they would; what we write, they unpack.</summary>
public sealed class RoundTripTests : IDisposable
{
    /// <summary>Every kind of file, made by the tools of the host.</summary>
    private const string MakeTree = """
        mkdir -p tree/d/sub tree/empty; cd tree
        printf hello > d/file; ln d/file hard; ln -s d/file link; ln -s /nowhere dangling
        mkfifo fifo; printf x > "$(printf 'bad\377name')"; printf y > 'ümlaut ☃'
        long=$(printf 'n%.0s' $(seq 200)); printf long > "d/$long"; ln -s "$long$long" longlink
        mkdir -p "$long/$long"; printf z > "$long/$long/$long"
        truncate -s 3M sparse; printf middle | dd of=sparse bs=1 seek=1500000 conv=notrunc status=none
        head -c 700000 /dev/zero > zeros; : > nothing; head -c 1024 /dev/urandom > random
        chmod 4755 d/file; chmod 2750 d/sub; chmod 1777 empty
        touch -h -d '1999-12-31 23:59:59 UTC' link d/file random; touch -d '1965-01-01 UTC' nothing
        setfattr -n user.note -v kept d/file; setfattr -n user.note -v dir d/sub
        if [ "$(id -u)" = 0 ]; then
          mknod null c 1 3; mknod blk b 7 0; printf c > capable; chown 1234:5678 random; chown 70000:3000000000 zeros
          chown -h 12:34 link; setcap cap_net_raw+ep capable; chown 5:6 empty; chmod 1777 empty
        fi
        touch -d '2020-02-02 UTC' d/sub empty d; touch -d '2021-03-03 UTC' .
        """;

    private readonly TestFolder _folder = new();

    public RoundTripTests()
    {
        Skip.IfNot(Shell.IsRoot, "owners and devices need root");
        Skip.IfNot(Shell.Has("setfattr") && Shell.Has("setcap"), "the tree is made with setfattr and setcap");
        Shell.Run(MakeTree, _folder.Path);
    }

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("gnu", "")]
    [InlineData("gnu", "--sparse")]
    [InlineData("posix", "")]
    [InlineData("posix", "--sparse --sparse-version=0.0")]
    [InlineData("posix", "--sparse --sparse-version=0.1")]
    [InlineData("posix", "--sparse --sparse-version=1.0")]
    public void Trees_packed_by_gnu_tar_come_out_as_they_were(string format, string options)
    {
        string xattrs = format == "posix" ? "--xattrs --xattrs-include=*" : "";
        Shell.Run($"tar --format={format} --numeric-owner {xattrs} {options} -C tree -cf tree.tar .", _folder.Path);
        string unpack = _folder["referee"];
        Directory.CreateDirectory(unpack);
        Shell.Run($"tar --numeric-owner {xattrs} -xpf ../tree.tar", unpack);

        string files = Import(_folder["tree.tar"]);

        Assert.Equal(Shell.Listing(unpack), Shell.Listing(files));
        Assert.True(Blocks(files, "sparse") < 1000);
    }

    [SkippableFact]
    public void A_directory_gives_the_same_tree_the_same_layer_and_a_tar_that_gnu_tar_unpacks_alike()
    {
        ImageStore store = new(_folder["store"]);
        ContainerImage image = store.CreateFromDirectory(_folder["tree"], new ImageImportOptions(), null, CancellationToken.None);
        ImageRecord first = store.Open(image.Id);
        ImageRecord second = store.Open(
            store.CreateFromDirectory(_folder["tree"], new ImageImportOptions { Message = "again" }, null, CancellationToken.None).Id);
        string files = _folder["store/" + first.LayerDirectories[0]];

        Assert.Equal(Shell.Listing(_folder["tree"]), Shell.Listing(files));
        Assert.Equal(first.LayerDirectories, second.LayerDirectories);
        Assert.NotEqual(first.Id, second.Id);
        Assert.True(Blocks(files, "zeros") < 100);

        using (FileStream tar = File.Create(_folder["ours.tar"]))
        {
            TarWriter writer = new(tar);
            new DirectoryArchiver(writer, 100, CancellationToken.None).Write(_folder["tree"]);
            writer.WriteEnd();
        }

        Directory.CreateDirectory(_folder["theirs"]);
        Shell.Run("tar --numeric-owner --xattrs --xattrs-include=* -xpf ../ours.tar", _folder["theirs"]);
        Assert.Equal(Shell.Listing(_folder["tree"]), Shell.Listing(_folder["theirs"]));
        Assert.Equal(
            Digest.Of(File.ReadAllBytes(_folder["ours.tar"])).ToString()[7..23], Path.GetFileName(Path.GetDirectoryName(files)));
    }

    [SkippableTheory]
    [InlineData("gzip", "gzip -9")]
    [InlineData("bzip2", "bzip2")]
    [InlineData("xz", "xz")]
    [InlineData("zstd", "zstd -q")]
    [InlineData("cat", "cat")]
    public void Every_compression_gives_the_same_layer(string tool, string command)
    {
        Skip.IfNot(Shell.Has(tool), tool + " is not installed");
        Shell.Run("tar --numeric-owner -C /usr/include -cf plain.tar linux; " + command + " < plain.tar > packed", _folder.Path);
        string id = Path.GetFileName(Path.GetDirectoryName(Import(_folder["packed"])))!;

        Assert.Equal(Digest.Of(File.ReadAllBytes(_folder["plain.tar"])).Hex[..16], id);
    }

    [SkippableTheory]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    [InlineData("xz")]
    [InlineData("zstd -q")]
    public void Streams_joined_together_are_read_to_their_end(string command)
    {
        Skip.IfNot(Shell.Has(command.Split(' ')[0]), command + " is not installed");
        Shell.Run(
            $"tar --numeric-owner -C tree -cf plain.tar .; (head -c 10000 plain.tar | {command}; tail -c +10001 plain.tar | {command}) > packed",
            _folder.Path);

        string id = Path.GetFileName(Path.GetDirectoryName(Import(_folder["packed"])))!;
        Assert.Equal(Digest.Of(File.ReadAllBytes(_folder["plain.tar"])).Hex[..16], id);
    }

    [SkippableFact]
    public void System_formats_tar_of_dotnet_reads_what_we_write()
    {
        byte[] tar = new TarBuilder().Folder("d/").File("d/" + new string('n', 180), "content").Link("l", new string('t', 150)).ToBytes();
        using System.Formats.Tar.TarReader reader = new(new MemoryStream(tar));

        Assert.Equal("d/", reader.GetNextEntry()?.Name);
        System.Formats.Tar.TarEntry? file = reader.GetNextEntry();
        Assert.Equal("d/" + new string('n', 180), file?.Name);
        Assert.Equal(7, file?.Length);
        Assert.Equal(new string('t', 150), reader.GetNextEntry()?.LinkName);
        Assert.Null(reader.GetNextEntry());
    }

    [SkippableFact]
    public void Old_headers_and_numbers_in_base_256_are_understood()
    {
        byte[] tar = new TarBuilder()
            .Raw("old/", '\0', null, [], header => header.AsSpan(257, 8).Clear())
            .Raw("old/file", '\0', null, "v7"u8.ToArray(), header => header.AsSpan(257, 8).Clear())
            .Raw("name", '0', null, "p"u8.ToArray(), header => "prefix"u8.CopyTo(header.AsSpan(345)))
            .Raw("big", '0', null, [], header =>
            {
                byte[] id = [0x80, 0, 0, 0, 0xB2, 0xD0, 0x5E, 0x00];
                id.CopyTo(header, 108);
                byte[] time = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xF6];
                time.CopyTo(header, 136);
            })
            .Pax("mtime=-1.5").Raw("half", '0', null, []).ToBytes();
        File.WriteAllBytes(_folder["old.tar"], tar);
        string files = Import(_folder["old.tar"]);

        Assert.Equal("v7", File.ReadAllText(Path.Join(files, "old/file")));
        Assert.Equal("p", File.ReadAllText(Path.Join(files, "prefix/name")));
        Assert.Equal("3000000000 -10", Shell.Run("stat -c '%u %Y' big", files).Trim());
        Assert.StartsWith("1969-12-31 23:59:58.5", Shell.Run("TZ=UTC stat -c %y half", files), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_big_tree_of_the_host_comes_out_as_it_is()
    {
        Shell.Run("tar --format=posix --numeric-owner --xattrs --xattrs-include=* -cf big.tar -C /etc .", _folder.Path);
        Directory.CreateDirectory(_folder["referee"]);
        Shell.Run("tar --numeric-owner --xattrs --xattrs-include=* -xpf ../big.tar", _folder["referee"]);

        Assert.Equal(Shell.Listing(_folder["referee"]), Shell.Listing(Import(_folder["big.tar"])));
    }

    private static long Blocks(string folder, string name) =>
        long.Parse(Shell.Run("stat -c %b " + name, folder), CultureInfo.InvariantCulture);

    private string Import(string path)
    {
        string root = _folder["imported"];
        ImageStore store = new(root);
        using FileStream file = File.OpenRead(path);
        ContainerImage image = store.ImportRootFileSystem(file, new ImageImportOptions(), null, CancellationToken.None);
        Assert.Equal(ImageState.Ready, image.State);
        return Path.Join(root, store.Open(image.Id).LayerDirectories[0]);
    }
}
