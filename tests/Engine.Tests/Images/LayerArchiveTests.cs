using System.IO.Compression;
using System.Security.Cryptography;
using Containers.Engine.Images;
using Xunit;

namespace Containers.Engine.Tests.Images;

/// <summary>What went into a layer comes out of it, byte for byte, and damage does not pass.</summary>
public sealed class LayerArchiveTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly LayerStore _layers;

    public LayerArchiveTests()
    {
        Skip.IfNot(Shell.IsRoot, "owners and devices need root");
        _layers = new LayerStore(_folder["data"]);
    }

    public static TheoryData<string> Tars => new()
    {
        "tar --format=v7 -C tree -cf a.tar plain",
        "tar --format=oldgnu --sparse -C tree -cf a.tar .",
        "tar --format=gnu --sparse -C tree -cf a.tar .",
        "tar --format=ustar -C tree -cf a.tar plain",
        "tar --format=posix --xattrs --xattrs-include='*' -C tree -cf a.tar .",
        "tar --format=posix --sparse --sparse-version=0.0 -C tree -cf a.tar .",
        "tar --format=posix --sparse --sparse-version=0.1 -C tree -cf a.tar .",
        "tar --format=posix --sparse --sparse-version=1.0 -C tree -cf a.tar .",
        "tar --format=gnu -b 128 -V label -C tree -cf a.tar .",
        "tar --format=gnu -C tree -cf a.tar plain; tar --format=posix -C tree -rf a.tar plain; printf trailing >> a.tar",
        "python3 -c 'import tarfile; t=tarfile.open(\"a.tar\",\"w\",format=tarfile.PAX_FORMAT); t.add(\"tree\",\".\"); t.close()'",
        "python3 -c 'import tarfile; t=tarfile.open(\"a.tar\",\"w\",format=tarfile.GNU_FORMAT); t.add(\"tree\",\".\"); t.close()'",
    };

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [MemberData(nameof(Tars))]
    public void Archives_of_the_hosts_tools_come_back_byte_for_byte(string make)
    {
        Skip.IfNot(Shell.Has("setfattr") && Shell.Has("setcap") && Shell.Has("python3"), "the tree is made with setfattr, setcap and python3");
        Shell.Run(
            """
            mkdir -p tree/plain/sub tree/empty; cd tree
            printf hello > plain/file; ln plain/file plain/hard; ln -s file plain/link; : > plain/nothing; head -c 3000 /dev/urandom > plain/random
            mkfifo fifo; mknod null c 1 3; mknod blk b 7 0; printf x > "$(printf 'bad\377name')"
            long=$(printf 'n%.0s' $(seq 250)); deep=$(printf "$long/%.0s" $(seq 15))
            python3 -c "import os
            for i in range(15):
                os.mkdir('$long'); os.chdir('$long')
            open('end','w').write('deep')"
            truncate -s 4M sparse; printf middle | dd of=sparse bs=1 seek=2000000 conv=notrunc status=none
            printf s > setuid; chmod 4755 setuid; printf c > capable; setcap cap_net_raw+ep capable; setfattr -n user.note -v kept capable
            printf u > owned; chown 3000000:3000000000 owned
            for t in 1960-01-01 1999-12-31T23:59:59.123456789 2050-01-01 2300-01-01; do printf t > "t$t"; touch -d "$t" "t$t"; done
            """,
            _folder.Path);
        Shell.Run(make, _folder.Path);
        AssertExact(File.ReadAllBytes(_folder["a.tar"]));
    }

    [SkippableFact]
    public void A_hole_of_a_gigabyte_costs_neither_room_nor_time()
    {
        Shell.Run("truncate -s 1G hole; printf end >> hole; tar --sparse -cf a.tar hole", _folder.Path);
        AssertExact(File.ReadAllBytes(_folder["a.tar"]));
        Assert.True(long.Parse(Shell.Run("du -k data | tail -n 1 | cut -f 1", _folder.Path), System.Globalization.CultureInfo.InvariantCulture) < 1000);
    }

    [SkippableFact]
    public void Names_that_come_twice_keep_both_contents()
    {
        AssertExact(new TarBuilder()
            .Folder("d").File("d/f", "first").File("d/f", "second").HardLink("h", "d/f").File("d/f", "third")
            .File("d/sub/x", "below").File("d/sub/x", "below again").File("d", "no directory any more").File("h", "alone")
            .Folder("d").File("d/sub/x", "fresh").Link("h", "d").File("h/sub/x", "through a link").File("h/new", "also")
            .Folder("h").File("h/new", "other").File("gone", "1").Link("gone", "d")
            .File("empty", "").File("empty", "now full").ToBytes());
    }

    [SkippableFact]
    public void Whiteouts_and_what_nobody_extracts_come_back_too()
    {
        byte[] tar = new TarBuilder()
            .Folder("a").File("a/.wh..wh..opq", "").File(".wh.b", "").File(".wh.a", "").File(".wh..wh.plnk/1", "aufs")
            .Raw("pax_global", 'g', null, "20 comment=whatever\n"u8.ToArray()).Raw("volume", 'V', null, [])
            .Pax("comment=twenty").File("c", "content").Pax("mtime=1.5", "SCHILY.xattr.user.k=v").File("e", "attributes")
            .ToBytes();
        AssertExact([.. tar, .. RandomNumberGenerator.GetBytes(70_000), .. new byte[5]]);
    }

    [SkippableFact]
    public void Every_compression_gives_the_same_layer_and_counts_its_own_bytes()
    {
        byte[] tar = new TarBuilder().File("f", new string('x', 300_000)).ToBytes();
        byte[] gzip = [.. Gzip(tar), .. "after the end"u8];
        using NewLayer plain = _layers.Begin();
        using NewLayer packed = _layers.Begin();
        List<long> seen = [];

        ReceivedLayer first = Receive(tar, plain, Digest.Of(tar), tar.Length);
        ReceivedLayer second = LayerImporter.Receive(
            new MemoryStream(gzip), Digest.Of(gzip), gzip.Length, packed, new ImportLimits(), seen.Add, CancellationToken.None);

        Assert.Equal((Digest.Of(tar), Digest.Of(tar), tar.Length, false), (first.DiffId, first.BlobDigest, (int)first.BlobSize, first.Compressed));
        Assert.Equal((Digest.Of(tar), Digest.Of(gzip), true), (second.DiffId, second.BlobDigest, second.Compressed));
        Assert.Equal((gzip.Length, 300_000, tar.Length), ((int)second.BlobSize, (int)second.Size, (int)second.TarSize));
        Assert.Equal(gzip.Length, seen[^1]);
    }

    [SkippableFact]
    public void A_sha512_digest_is_checked_as_such()
    {
        byte[] tar = new TarBuilder().File("f").ToBytes();
        Digest digest = Digest.Parse("sha512:" + Convert.ToHexStringLower(SHA512.HashData(tar)));
        using NewLayer layer = _layers.Begin();

        ReceivedLayer received = Receive(tar, layer, digest, null);

        Assert.Equal((digest, Digest.Of(tar)), (received.BlobDigest, received.DiffId));
    }

    [SkippableTheory]
    [InlineData("other", "DigestMismatch")]
    [InlineData("flipped", "DigestMismatch")]
    [InlineData("flipped early", "DigestMismatch")]
    [InlineData("longer", "DigestMismatch")]
    [InlineData("cut", "TruncatedArchive")]
    [InlineData("bad archive", "DamagedArchive")]
    public void Blobs_that_are_not_what_was_asked_for_are_refused(string fault, string errorId)
    {
        byte[] tar = new TarBuilder().Add(TarEntryType.File, "f"u8.ToArray(), "", RandomNumberGenerator.GetBytes(900_000), 0x1A4, 0, 0).ToBytes();
        byte[] blob = Gzip(tar);
        Digest digest = Digest.Of(blob);
        long size = blob.Length;
        switch (fault)
        {
            case "other":
                digest = Digest.Of([1]);
                break;
            case "flipped":
                blob[blob.Length / 2] ^= 4;
                break;
            case "flipped early":
                blob[0] ^= 4;
                break;
            case "longer":
                blob = [.. blob, 1];
                break;
            case "cut":
                blob = blob[..(blob.Length / 2)];
                break;
            default:
                blob = Gzip(new byte[600_000].Select(_ => (byte)7).ToArray());
                digest = Digest.Of(blob);
                size = blob.Length;
                break;
        }

        using NewLayer layer = _layers.Begin();
        Assert.Equal(errorId, Assert.Throws<EngineException>(() => Receive(blob, layer, digest, size)).ErrorId);
    }

    [SkippableTheory]
    [InlineData(LayerCompression.None)]
    [InlineData(LayerCompression.Gzip)]
    [InlineData(LayerCompression.Zstd)]
    public void Compressed_layers_are_the_same_each_time_and_other_tools_read_them(LayerCompression compression)
    {
        byte[] content = new byte[9_500_000];
        new Random(5).NextBytes(content.AsSpan(0, 3_000_000));
        byte[] tar = new TarBuilder().Add(TarEntryType.File, "f"u8.ToArray(), "", content, 0x1A4, 0, 0).ToBytes();
        Digest id = Take(tar);

        using CompressedLayer first = _layers.Compress(id, compression, null, CancellationToken.None);
        using CompressedLayer second = _layers.Compress(id, compression, null, CancellationToken.None);

        Assert.Equal(first.Digest, second.Digest);
        Assert.Equal(first.Digest.ToString(), Assert.Single(_layers.Blobs(id)).Digest);
        using (FileStream file = File.Create(_folder["blob"]))
        {
            first.Open(0).CopyTo(file);
        }

        Assert.Equal(first.Size, new FileInfo(_folder["blob"]).Length);
        Assert.Equal(first.Digest, Digest.Of(File.ReadAllBytes(_folder["blob"])));
        (string tool, string command) = compression switch
        {
            LayerCompression.Gzip => ("gzip", "gzip -dc <blob >out"),
            LayerCompression.Zstd => ("zstd", "zstd -dcq <blob >out"),
            _ => ("cat", "cat blob >out"),
        };
        Skip.IfNot(Shell.Has(tool), tool + " is the referee");
        Shell.Run(command, _folder.Path);
        Assert.Equal(tar, File.ReadAllBytes(_folder["out"]));
        Assert.Empty(Directory.GetFileSystemEntries(_folder["data/tmp"]));
    }

    [SkippableTheory]
    [InlineData("printf X | dd of=fs/d/f bs=1 seek=2 conv=notrunc status=none", "not what they were")]
    [InlineData("rm fs/d/f", "'d/f' is missing")]
    [InlineData("rm fs/empty", "'empty' is missing")]
    [InlineData("printf more >> fs/d/f", "'d/f' has 8 bytes, not 4")]
    [InlineData("printf extra > fs/d/extra", "'d/extra' that its archive has not")]
    [InlineData("chown 5:6 fs/d/f", "'d/f' belongs to 5:6")]
    [InlineData("chmod 4711 fs/d/f", "'d/f' has the mode 4711")]
    [InlineData("chmod 700 fs/d", "'d' has the mode 700")]
    [InlineData("rm fs/link; ln -s /etc fs/link; rm -r fs/d; ln -s / fs/d", "'d/f' is missing")]
    [InlineData("rm fs/gone", "'gone' is missing")]
    [InlineData("setfattr -x trusted.overlay.opaque fs/d", "'d' does not hide")]
    [InlineData("setfattr -n user.note -v other fs/d/f", "'d/f' has other extended attributes")]
    [InlineData("printf zz | dd of=tar.idx bs=1 seek=90 conv=notrunc status=none", "")]
    [InlineData("rm tar.idx", "")]
    public void Damage_is_found_and_named(string damage, string expected)
    {
        Skip.IfNot(Shell.Has("setfattr"), "attributes are changed with setfattr");
        Digest id = Take(new TarBuilder()
            .Folder("d").Add(TarEntryType.File, "d/f", content: "text", attributes: ("user.note", "v")).File("empty", "")
            .File("d/.wh..wh..opq", "").File(".wh.gone", "").Link("link", "d/f").File("implied/x", "y").HardLink("implied/h", "d/f")
            .ToBytes());
        Assert.Null(_layers.Verify(id, CancellationToken.None));

        Shell.Run(damage, _folder["data/layers/" + LayerStore.ShortId(id)]);

        string? found = _layers.Verify(id, CancellationToken.None);
        Assert.NotNull(found);
        Assert.Contains(expected, found, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_damaged_file_is_noticed_while_the_archive_is_written()
    {
        Digest id = Take(new TarBuilder().File("f", "text").ToBytes());
        File.WriteAllText(_folder[$"data/layers/{LayerStore.ShortId(id)}/fs/f"], "tExt");

        EngineException e = Assert.Throws<EngineException>(() => _layers.WriteTar(id, Stream.Null, CancellationToken.None));

        Assert.Equal("DamagedLayer", e.ErrorId);
    }

    [SkippableFact]
    public void A_layer_without_an_index_gives_its_archive_where_that_can_be_made_again()
    {
        Directory.CreateDirectory(_folder["source"]);
        File.WriteAllText(_folder["source/f"], "text");
        MemoryStream canonical = new();
        TarWriter writer = new(canonical);
        new DirectoryArchiver(writer, 10, CancellationToken.None).Write(_folder["source"]);
        writer.WriteEnd();
        Digest ours = Take(canonical.ToArray(), old: true);
        Digest foreign = Take(new TarBuilder().File("f", "text").ToBytes(), old: true);
        MemoryStream target = new();

        _layers.WriteTar(ours, target, CancellationToken.None);

        Assert.Equal(canonical.ToArray(), target.ToArray());
        Assert.Equal(canonical.Length, _layers.TarSize(ours));
        EngineException e = Assert.Throws<EngineException>(() => _layers.WriteTar(foreign, Stream.Null, CancellationToken.None));
        Assert.Equal("LayerNotExact", e.ErrorId);
        Assert.Null(_layers.Verify(foreign, CancellationToken.None));
    }

    [SkippableFact]
    public void A_pinned_layer_stays_until_it_is_let_go()
    {
        Digest id = Take(new TarBuilder().File("f").ToBytes());

        using (IDisposable? pin = _layers.Pin(id))
        {
            Assert.NotNull(pin);
            _layers.Pin(id)!.Dispose();
            Assert.Empty(_layers.SetAsideAllBut([]));
        }

        Assert.Equal([id.ToString()], _layers.SetAsideAllBut([]));
        Assert.Null(_layers.Pin(id));
    }

    [SkippableFact]
    public void Sixteen_blobs_are_remembered_newest_first_and_each_once()
    {
        Digest id = Take(new TarBuilder().File("f").ToBytes());
        for (int i = 0; i < 20; i++)
        {
            _layers.Remember(id, Blob(i));
        }

        _layers.Remember(id, Blob(10));

        Assert.Equal([Blob(10), Blob(19), Blob(18)], _layers.Blobs(id).Take(3));
        Assert.Equal(16, _layers.Blobs(id).Count);
        File.WriteAllText(_folder[$"data/layers/{LayerStore.ShortId(id)}/blobs.json"], "[{");
        Assert.Empty(_layers.Blobs(id));
        _layers.Remember(id, Blob(1));
        Assert.Equal([Blob(1)], _layers.Blobs(id));
    }

    private static LayerBlob Blob(int number) =>
        new() { Digest = Digest.Of([(byte)number]).ToString(), Size = number, MediaType = "m", Repository = "localhost/r" };

    private static byte[] Gzip(byte[] data)
    {
        MemoryStream target = new();
        using (GZipStream gzip = new(target, CompressionLevel.Fastest))
        {
            gzip.Write(data);
        }

        return target.ToArray();
    }

    private static ReceivedLayer Receive(byte[] blob, NewLayer layer, Digest? digest, long? size) =>
        LayerImporter.Receive(new MemoryStream(blob), digest, size, layer, new ImportLimits(), null, CancellationToken.None);

    private Digest Take(byte[] tar, bool old = false)
    {
        using NewLayer layer = _layers.Begin();
        ReceivedLayer received = Receive(tar, layer, null, null);
        if (old)
        {
            layer.TarSize = 0;
            File.Delete(Path.Join(layer.Directory, "tar.idx"));
        }

        LayerStore.Seal(layer, received.DiffId, received.Size);
        _layers.Publish(layer, received.DiffId);
        return received.DiffId;
    }

    private void AssertExact(byte[] tar)
    {
        Digest id = Take(tar);
        MemoryStream target = new();

        _layers.WriteTar(id, target, CancellationToken.None);

        Assert.True(tar.AsSpan().SequenceEqual(target.GetBuffer().AsSpan(0, (int)target.Length)));
        Assert.Equal(tar.Length, _layers.TarSize(id));
        Assert.Null(_layers.Verify(id, CancellationToken.None));
    }
}
