using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Files;

[Collection("hosted shell")]
public sealed class DriveTests(ContainerHostFixture host) : FilesTest(host)
{
    private const string Files = "Container:/containers/web/fs";

    [SkippableFact]
    public void The_drive_comes_with_the_module_and_shows_containers_and_images()
    {
        Detach("web");
        Assert.Equal("Container Containers\\Container", Ok("$ExecutionContext.SessionState.Drive.Get('Container') | ForEach-Object { \"$($_.Name) $($_.Provider)\" }").Lines.Single());
        Assert.Equal(["containers", "images", "volumes"], Ok("Get-ChildItem Container:/ -Name").Lines);
        Assert.Equal("Container web", Ok("Get-ChildItem Container:/containers | ForEach-Object { \"$($_.GetType().Name) $($_.PSChildName)\" }").Lines.Single());
        Assert.Equal(["fs", "log"], Ok("Get-ChildItem Container:/containers/web -Name").Lines);
        Assert.Contains("busybox", Ok("Get-ChildItem Container:/images -Name").Lines);
        Assert.Equal(["fs", "layers"], Ok("Get-ChildItem Container:/images/busybox -Name").Lines);
        Assert.Equal("0", Ok("Get-ChildItem Container:/images/busybox/layers -Name").Lines.Single());
        Assert.Contains("usr", Ok("Get-ChildItem Container:/images/busybox/layers/0 -Name").Lines);
    }

    [SkippableFact]
    public void Files_are_objects_with_what_ls_shows()
    {
        Detach("web", "mkdir /d; echo hello > /d/f; chown 12:34 /d/f; chmod 4750 /d/f; touch -d @1000000000 /d/f; ln -s f /d/l; mkfifo /d/p; exec sleep 1000");
        Eventually(() => File.Exists(Root("web") + "/d/p"), () => "/d/p");
        Assert.Equal(
            ["-rwsr-x--- 12:34 6 1000000000 f  False web:/d/f", "lrwxrwxrwx 0:0 0 l f False web:/d/l", "prw-r--r-- 0:0 0 p  False web:/d/p"],
            Ok($"Get-ChildItem {Files}/d | ForEach-Object {{ \"$($_.Mode) $($_.UserId):$($_.GroupId) $($_.Length) $(if ($_.Name -eq 'f') {{ \"$($_.LastWriteTime.ToUnixTimeSeconds()) \" }})"
                + "$($_.Name) $($_.LinkTarget) $($_.PSIsContainer) $_\" }").Lines);
        string shown = Host.Shell.Show($"Get-ChildItem {Files}/d").HostText;
        Assert.Contains("Directory: web:/d", shown, StringComparison.Ordinal);
        Assert.Contains("l -> f", shown, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Locations_wildcards_filters_and_content_work_as_on_other_drives()
    {
        Detach("web", "mkdir -p /d/e/g; echo one > /d/a.txt; printf 'x\\ny\\n' > /d/b.txt; echo three > '/d/e/c[1].txt'; ln -s /d /d/e/round; ln -s /d /link; echo line; exec sleep 1000");
        AwaitLog("web", "line");
        Assert.Equal(
            ["a.txt b.txt e", "a.txt", "x,y", "x\ny\n", "Container:/containers/web/fs/d"],
            Ok($"Set-Location {Files}/link/../d; \"$(Get-ChildItem -Name)\"; Get-ChildItem a* -Name; (Get-Content ./b.txt) -join ','; Get-Content ./b.txt -Raw; \"$(Get-Location)\"; Set-Location $args[0]", Folder).Lines);
        Assert.Equal(["a.txt", "b.txt", "c[1].txt"], Ok($"Get-ChildItem {Files}/d -Recurse -Filter *.txt | ForEach-Object Name").Lines);
        Assert.Equal(["a.txt", "b.txt", "e", "c[1].txt", "g", "round"], Ok($"Get-ChildItem {Files}/link -Recurse | ForEach-Object Name").Lines.OrderBy(name => name.Length > 5 && name[0] == 'c' ? 1 : name is "g" or "round" ? 2 : 0));
        Assert.Equal("three", Ok($"Get-ChildItem {Files}/d/e -Filter c* | Get-Content").Lines.Single());
        Assert.Equal("one", Ok("Get-Content Container:/containers/w*/fs/d/a.t?t").Lines.Single());
        Assert.Equal("line", Ok("Get-Content Container:/containers/web/log").Lines.Single());
        Assert.Equal(
            "True False True True False",
            string.Join(' ', Ok($"Test-Path {Files}/d/a.txt; Test-Path {Files}/d/none; Test-Path {Files}/link/e; Test-Path {Files}/link -PathType Container; Test-Path Container:/containers/nobody").Lines));
    }

    [SkippableFact]
    public void Names_that_are_no_text_are_shown_and_open()
    {
        Detach("web", "mkdir /d; cd /d; echo 1 > \"$(printf 'bad\\377name')\"; echo 2 > 'back\\slash'; echo 3 > \"$(printf 'esc\\033]0;red')\"; exec sleep 1000");
        Eventually(() => Sh($"ls {Root("web")}/d | wc -l") == "3", () => "/d");
        Assert.Equal(["2", "1", "3"], Ok($"Get-ChildItem {Files}/d | Get-Content").Lines);
        string shown = Host.Shell.Show($"Get-ChildItem {Files}/d").HostText;
        Assert.Contains("bad\\xffname", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", shown, StringComparison.Ordinal);
        Ok($"Get-ChildItem {Files}/d | Copy-ContainerFile -Destination $args[0]", Folder);
        Assert.Equal("3", Sh("ls | wc -l; rm -f bad*"));
    }

    [SkippableFact]
    public void Volumes_have_their_files_on_the_drive_and_take_copies()
    {
        Ok("$null = New-ContainerVolume one -Label a=b; $null = Invoke-ContainerImage busybox -Volume one:/v -RemoveOnExit -Command sh, -c, 'mkdir /v/d; echo in > /v/d/f; ln -s /etc/hostname /v/out'");
        Assert.Equal("one", Ok("Get-ChildItem Container:/volumes -Name").Lines.Single());
        Assert.Equal(
            "ContainerVolume one d out in Container:/volumes/one",
            Ok("$v = Get-Item Container:/volumes/one; \"$($v.GetType().Name) $($v.Name) $(Get-ChildItem Container:/volumes/one -Name) $(Get-Content Container:/volumes/one/d/f) Container:/$($v.PSPath -replace '.*::')\"").Lines.Single());
        Sh("echo new > n");
        Ok("Copy-ContainerFile \"$($args[0])/n\" Container:/volumes/one/d; Copy-ContainerFile Container:/volumes/one/d \"$($args[0])/got\"", Folder);
        Assert.Equal("in new", Sh("cat got/f got/n | tr '\\n' ' '").Trim());
        Assert.NotEmpty(Run("Get-Content Container:/volumes/one/out").Errors); // A link of a volume leads nowhere out of it.
        Assert.NotEmpty(Run("Get-ChildItem Container:/volumes/none").Errors);
        Ok("Remove-ContainerVolume one");
    }

    [SkippableFact]
    public void Copies_leave_the_drive_through_the_cmdlet_and_nothing_comes_in()
    {
        Detach("web", "mkdir /d; echo one > /d/f; exec sleep 1000");
        Eventually(() => File.Exists(Root("web") + "/d/f"), () => "/d/f");
        Ok($"Copy-ContainerFile {Files}/d $args[0]; Copy-ContainerFile {Files}/d/* \"$($args[0])/d/g\"; Copy-ContainerFile Container:/images/busybox/fs/usr \"$($args[0])/usr\"", Folder);
        Assert.Equal("one one", Sh("cat d/f d/g | tr '\\n' ' '").Trim());
        Assert.True(Directory.Exists(Folder + "/usr"));
        Ok($"Copy-ContainerFile \"$($args[0])/d/g\" {Files}/d/new", Folder);
        Assert.True(File.Exists(Root("web") + "/d/new"));
        Fails("ReadOnlyDestination", "Copy-ContainerFile \"$($args[0])/d/g\" Container:/images/busybox/fs/new", Folder);
        Fails("NotAFilePath", "Copy-ContainerFile \"$($args[0])/d/g\" Container:/images/busybox", Folder);
        Assert.NotEmpty(Run($"Remove-Item {Files}/d/f").Errors);
        Assert.NotEmpty(Run($"New-Item {Files}/d/h").Errors);
        Assert.True(File.Exists(Root("web") + "/d/f"));
        Assert.False(File.Exists(Root("web") + "/d/h"));
    }

    [SkippableFact]
    public void Stopped_containers_and_tagged_images_have_their_files_too_and_nothing_stays_mounted()
    {
        Stopped("box", "echo kept > /kept; mkdir /many; i=0; while [ $i -lt 100 ]; do echo $i > /many/$i; i=$((i+1)); done");
        Ok("$null = Add-ContainerImageTag busybox localhost:5000/team/app:1");
        int descriptors = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        Assert.Equal("kept", Ok("Get-Content Container:/containers/box/fs/kept").Lines.Single());
        Assert.Equal("4950", Ok("$sum = 0; Get-ChildItem Container:/containers/box/fs/many | Get-Content | ForEach-Object { $sum += [int]$_ }; $sum").Lines.Single());
        Assert.Equal(["busybox", "localhost=5000+team+app=1"], Ok("Get-ChildItem Container:/images -Name").Lines.Order(StringComparer.Ordinal));
        Assert.Contains("usr", Ok("Get-ChildItem Container:/images/localhost=5000+team+app=1/fs -Name").Lines);
        Assert.DoesNotContain(Host.Shell.DataRoot, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.InRange(Directory.GetFileSystemEntries("/proc/self/fd").Length, 0, descriptors + 2);
        Ok("Remove-ContainerImage localhost:5000/team/app:1");
    }

    [SkippableFact]
    public void What_is_not_there_is_a_clear_error()
    {
        Detach("web");
        foreach (string path in new[] { "containers/nobody/fs", "containers/web/none", "containers/web/fs/none", "images/none/fs", "images/busybox/layers/7", "none" })
        {
            ScriptResult result = Run($"Get-ChildItem Container:/{path}");
            Assert.Contains("does not exist", Assert.Single(result.Errors).ToString(), StringComparison.Ordinal);
        }
    }
}
