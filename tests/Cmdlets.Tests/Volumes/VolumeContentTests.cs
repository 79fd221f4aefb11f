using System.Diagnostics;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Volumes;

/// <summary>What is in volumes: seeded from images, copied, exported, imported.</summary>
public sealed class VolumeContentTests(ContainerHostFixture host) : VolumeTest(host)
{
    private const string Listing = "cd /data; stat -c '%n %A %u:%g %h' . a hard sub/b; readlink link; cat a";

    private static readonly string[] s_seeded =
    [
        ". drwxrwx--T 7:8 3", "a -rwsr-xr-x 7:8 2", "hard -rwsr-xr-x 7:8 2", "sub/b -rw-r--r-- 7:8 1", "a", "one",
    ];

    [SkippableFact]
    public void A_new_volume_and_an_empty_one_get_what_the_image_has_there_and_one_with_files_keeps_its_own()
    {
        MakeSeedImage();
        Assert.Equal(s_seeded, Seed(Listing, "-Volume fresh:/data"));
        Ok("$null = New-ContainerVolume empty");
        Assert.Equal(s_seeded, Seed(Listing, "-Volume empty:/data"));
        Ok("$null = New-ContainerVolume full");
        InContainer("echo own > /v/own", "-Volume full:/v");
        Assert.Equal(["own"], Seed("ls /data", "-Volume full:/data"));
        Assert.Empty(Seed("ls /data", "-Volume bare:/data:nocopy"));
    }

    [SkippableFact]
    public void What_an_image_calls_a_volume_becomes_an_anonymous_one_unless_something_else_is_mounted_there()
    {
        MakeSeedImage();
        Ok("$null = New-Container seed -Name own; $null = New-Container seed -Name given -Volume mine:/data;"
            + " $null = New-Container seed -Name memory -ImageVolume Tmpfs; $null = New-Container seed -Name without -ImageVolume Ignore");
        Assert.Equal("Volume True /data", Ok("(Get-Container own).Mounts | ForEach-Object { \"$($_.Type) $($_.Anonymous) $($_.Target)\" }").Lines.Single());
        Assert.Equal("mine:/data", Ok("\"$((Get-Container given).Mounts)\"").Lines.Single());
        Assert.Equal("tmpfs:/data", Ok("\"$((Get-Container memory).Mounts)\"").Lines.Single());
        Assert.Equal("", Ok("\"$((Get-Container without).Mounts)\"").Lines.Single());
        Assert.Equal("one\n", File.ReadAllText(Path.Combine(Data(Ok("(Get-Container own).Volumes").Lines.Single()), "a")));
    }

    [SkippableFact]
    public void A_volume_that_a_running_container_has_is_not_filled_under_it()
    {
        MakeSeedImage();
        Detach("runs", "exec sleep 1000", "-Volume early:/v");
        Assert.Contains("another container runs", Assert.Single(Ok("$null = New-Container seed -Name late -Volume early:/data").Warnings), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Data("early")));
    }

    [SkippableFact]
    public void When_the_disk_is_full_no_volume_is_half_made()
    {
        Skip.If(Host.Missing is not null, Host.Missing);
        string root = Directory.CreateTempSubdirectory("containers-test-").FullName;
        string mounted = Path.Combine(root, "data");
        Directory.CreateDirectory(mounted);
        string before = Environment.GetEnvironmentVariable("CONTAINERS_DATA_ROOT")!;
        Command("mount", "-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs", mounted);
        try
        {
            Environment.SetEnvironmentVariable("CONTAINERS_DATA_ROOT", mounted);
            Ok("$null = New-ContainerImage big -Program busybox");
            Ok("Invoke-ContainerImage big -Name writer -Command sh, '-c', 'mkdir /data; dd if=/dev/urandom of=/data/noise bs=1M count=4 2>/dev/null'");
            Ok("$null = ConvertTo-ContainerImage writer -Repository full -Change 'VOLUME /data'; Remove-Container writer");
            using FileStream filler = new(Path.Combine(mounted, "filler"), FileMode.CreateNew);
            filler.SetLength(0);
            Fill(filler, leave: 2 << 20, mounted);
            Fails("DiskFull", "New-Container full -Volume seeded:/data");
            string store = Path.Combine(mounted, "volumes");
            Assert.Empty(Directory.Exists(store) ? Directory.GetDirectories(store) : []);
            Assert.Empty(Ok("Get-Container").Output);
        }
        finally
        {
            Run("Get-Container | Remove-Container -Force");
            Environment.SetEnvironmentVariable("CONTAINERS_DATA_ROOT", before);
            Command("umount", "-l", mounted);
            Directory.Delete(root, recursive: true);
        }
    }

    [SkippableFact]
    public void A_copy_has_everything_and_is_a_volume_of_its_own()
    {
        MakeSeedImage();
        Seed("dd if=/dev/zero of=/data/hole bs=1 count=1 seek=50000000 2>/dev/null; mkfifo /data/fifo; mknod /data/node c 1 3", "-Volume source:/data");
        Ok("$null = Copy-ContainerVolume source copied -Label @{ of = 'source' }");
        Assert.Equal(s_seeded, InContainer(Listing, "-Volume copied:/data"));
        Assert.Equal(["50000001 sparse", "p", "1:3"], InContainer(
            "echo $(stat -c %s /data/hole) $([ $(stat -c %b /data/hole) -lt 1000 ] && echo sparse); ls -l /data/fifo | cut -c1; stat -c %t:%T /data/node",
            "-Volume copied:/data"));
        InContainer("echo changed > /data/a", "-Volume copied:/data");
        Assert.Equal("one\n", File.ReadAllText(Path.Combine(Data("source"), "a")));
        Fails("VolumeExists", "Copy-ContainerVolume source copied");
        Fails("VolumeNotFound", "Copy-ContainerVolume nothing other");
        Assert.Equal("source", Ok("(Get-ContainerVolume copied).Labels['of']").Lines.Single());
    }

    [SkippableTheory]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    [InlineData("tar.zst")]
    public void An_exported_volume_comes_back_as_it_was(string extension)
    {
        MakeSeedImage();
        string folder = Directory.CreateTempSubdirectory("containers-test-").FullName;
        try
        {
            string file = Path.Combine(folder, "v." + extension);
            Seed("true", "-Volume source:/data");
            File.WriteAllText(Path.Combine(Data("source"), ".wh.name"), "kept");
            Assert.Equal(file, Ok("(Export-ContainerVolume source $args[0]).FullName", file).Lines.Single());
            Fails("FileExists", "Export-ContainerVolume source $args[0]", file);
            Ok("$null = Import-ContainerVolume back $args[0] -Label a=b", file);
            Assert.Equal(s_seeded, InContainer(Listing, "-Volume back:/data"));
            Assert.Equal("kept", File.ReadAllText(Path.Combine(Data("back"), ".wh.name")));
            Fails("VolumeExists", "Import-ContainerVolume back $args[0]", file);
            File.WriteAllText(Path.Combine(Data("back"), "old"), "");
            Ok("$null = Import-ContainerVolume back $args[0] -Force", file);
            Assert.False(File.Exists(Path.Combine(Data("back"), "old")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [SkippableFact]
    public void A_volume_goes_through_the_pipeline_and_a_damaged_archive_leaves_nothing()
    {
        MakeSeedImage();
        Seed("true", "-Volume source:/data");
        Ok("Export-ContainerVolume source -AsByteStream | Import-ContainerVolume piped");
        Assert.Equal(s_seeded, InContainer(Listing, "-Volume piped:/data"));
        Fails("TruncatedArchive", ",[byte[]]((Export-ContainerVolume source -AsByteStream | ForEach-Object { $_ })[0..700]) | Import-ContainerVolume broken");
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, new string('x', 2000));
            Fails("DamagedArchive", "Import-ContainerVolume broken $args[0]", file);
            Fails("FileNotFound", "Import-ContainerVolume broken $args[0]", file + ".none");
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Equal(["piped", "source"], Volumes());
    }

    [SkippableFact]
    public void A_volume_in_use_is_not_replaced_or_renamed_and_a_free_one_is()
    {
        Detach("user", "exec sleep 1000", "-Volume busy:/data");
        Fails("VolumeInUse", "Rename-ContainerVolume busy other");
        Fails("VolumeInUse", "$tar = Export-ContainerVolume busy -AsByteStream; ,$tar | Import-ContainerVolume busy -Force");
        Ok("$null = New-ContainerVolume free; $null = New-ContainerVolume taken");
        File.WriteAllText(Path.Combine(Data("free"), "x"), "x");
        Fails("VolumeExists", "Rename-ContainerVolume free taken");
        Assert.Equal("renamed", Ok("(Rename-ContainerVolume free renamed -PassThru).Name").Lines.Single());
        Assert.Equal("x", File.ReadAllText(Path.Combine(Data("renamed"), "x")));
        Assert.Equal(["busy", "renamed", "taken"], Volumes());
    }

    [SkippableFact]
    public void Commit_and_export_leave_out_what_is_mounted_and_keep_what_is_below_it()
    {
        MakeSeedImage();
        string file = Path.GetTempFileName();
        File.WriteAllText(file, "host");
        try
        {
            Ok("$null = Invoke-ContainerImage seed -Detach -Name full -Volume vol:/data, \"$($args[0]):/etc/passwd\", '/late' -Tmpfs /mem"
                + " -Command sh, '-c', 'echo own > /own; echo l > /late/l; echo m > /mem/m; echo v > /data/v; exec sleep 1000'", file);
            Eventually(() => File.Exists(Path.Combine(Data("vol"), "v")), () => "nothing was written");
            Ok("$null = ConvertTo-ContainerImage full -Repository committed");
            Assert.Equal(
                ["own", "no v", "no l", "no m", "one"],
                Ok("Invoke-ContainerImage committed -RemoveOnExit -ImageVolume Ignore -Command sh, '-c', 'cat /own; [ -e /data/v ] || echo no v;"
                    + " [ -e /late/l ] || echo no l; [ -e /mem/m ] || echo no m; cat /data/a; grep host /etc/passwd'").Lines);
            IReadOnlyList<string> names = Ok(
                "Export-Container full -Path $args[0] -Force | Out-Null; tar -tf $args[0]; tar -xOf $args[0] etc/passwd", file + ".tar").Lines;
            Assert.DoesNotContain("host", names);
            Assert.Empty(names.Intersect(["data/v", "late/l", "mem/m"]));
            IReadOnlyList<string> stopped = Ok(
                "$null = Stop-Container full -Force; Export-Container full -Path $args[0] -Force | Out-Null; tar -tf $args[0]", file + ".tar").Lines;
            Assert.Contains("data/a", stopped);
            Assert.Empty(stopped.Intersect(["data/v", "late/l", "mem/m"]));
            Assert.DoesNotContain(Ok("Get-ContainerChange full | ForEach-Object Path").Lines, path => path is "/data/v" or "/late/l" or "/mem/m");
        }
        finally
        {
            File.Delete(file);
            File.Delete(file + ".tar");
            Run("Remove-Container full -Force; Remove-ContainerImage committed -Force");
        }
    }

    private IReadOnlyList<string> Seed(string shellScript, string parameters) =>
        Ok($"Invoke-ContainerImage seed -RemoveOnExit {parameters} -Command sh, '-c', $args[0]", shellScript).Lines;

    private static void Fill(FileStream file, long leave, string mounted)
    {
        byte[] block = new byte[256 << 10];
        while (new DriveInfo(mounted).AvailableFreeSpace > leave)
        {
            file.Write(block);
            file.Flush();
        }
    }

    private static void Command(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
