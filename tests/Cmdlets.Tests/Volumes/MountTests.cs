using System.Diagnostics;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Volumes;

/// <summary>Binds, tmpfs, images, and how they are asked for.</summary>
public sealed class MountTests : VolumeTest
{
    private readonly string _folder = Directory.CreateTempSubdirectory("containers-test-").FullName;

    public MountTests(ContainerHostFixture host)
        : base(host)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "dir"));
        File.WriteAllText(Path.Combine(_folder, "file"), "host\n");
    }

    protected override void Clean()
    {
        base.Clean();
        Directory.Delete(_folder, recursive: true);
    }

    [SkippableTheory]
    [InlineData("-Mount @{ Source = $PWD; Target = '/app' }", "bind:{0}:/app")]
    [InlineData("-Mount @{ Source = (Get-Item dir); Target = '/app'; ReadOnly = $true }", "bind:{0}/dir:/app:ro")]
    [InlineData("-Mount @{ Source = 'dir'; Target = '/app' }", "volume:dir:/app")]
    [InlineData("-Mount @{ Source = './dir'; Target = '/app' }", "bind:{0}/dir:/app")]
    [InlineData("-Mount @{ Type = 'bind'; Source = 'dir'; Target = '/app' }", "bind:{0}/dir:/app")]
    [InlineData("-Mount 'type=bind,src=dir,dst=/app,readonly'", "bind:{0}/dir:/app:ro")]
    [InlineData("-Mount 'source=name,destination=/app,readonly=false'", "volume:name:/app")]
    [InlineData("-Mount 'type=tmpfs,target=/app,tmpfs-size=1m'", "tmpfs::/app")]
    [InlineData("-Mount @{ Target = '/x/../app/' }", "volume:ANON:/app")]
    [InlineData("-Mount (New-ContainerVolume obj | ForEach-Object { @{ Source = $_; Target = '/app' } })", "volume:obj:/app")]
    [InlineData("-Volume name:/app:ro", "volume:name:/app:ro")]
    [InlineData("-Volume ./made/deep:/app", "bind:{0}/made/deep:/app")]
    [InlineData("-Volume 'dir/x:/app:ro,z'", "bind:{0}/dir/x:/app:ro")]
    [InlineData("-Volume \"$($PWD):/app:Z,U,rslave\"", "bind:{0}:/app")]
    [InlineData("-Volume /app", "volume:ANON:/app")]
    [InlineData("-Tmpfs /app:size=1m", "tmpfs::/app")]
    public void Mounts_are_read_in_every_form(string parameters, string expected)
    {
        string seen = Ok($"Set-Location $args[0]; (New-Container busybox {parameters}).Mounts | ForEach-Object {{ "
            + "\"$($_.Type.ToString().ToLower()):$(if ($_.Anonymous) { 'ANON' } else { $_.Source }):$($_.Target)$(if ($_.ReadOnly) { ':ro' })\" }; Set-Location /", _folder)
            .Lines.Single();
        Assert.Equal(expected.Replace("{0}", _folder, StringComparison.Ordinal), seen);
    }

    [SkippableTheory]
    [InlineData("InvalidMount", "-Volume a:b:c:d")]
    [InlineData("InvalidMount", "-Volume a:/b:what")]
    [InlineData("InvalidMount", "-Volume :/b")]
    [InlineData("InvalidMount", "-Volume a:b")]
    [InlineData("InvalidMount", "-Volume a:/")]
    [InlineData("InvalidMount", "-Volume a:/x/../..")]
    [InlineData("InvalidMount", "-Volume a:/proc/self")]
    [InlineData("InvalidVolumeName", "-Volume a..$([char]10)b:/x")]
    [InlineData("DuplicateMount", "-Volume a:/x,b:/x/")]
    [InlineData("DuplicateMount", "-Volume a:/x -Tmpfs /y/../x")]
    [InlineData("MountSourceNotFound", "-Mount @{ Source = '/does/not/exist'; Target = '/x' }")]
    [InlineData("ContainerNotFound", "-VolumeFrom nobody")]
    [InlineData("InvalidMount", "-VolumeFrom nobody:rx")]
    [InlineData("ImageNotFound", "-Mount @{ Type = 'Image'; Source = 'nothing'; Target = '/x' }")]
    public void A_mount_that_cannot_be_is_refused_before_anything_is_made(string errorId, string parameters)
    {
        Fails(errorId, $"New-Container busybox {parameters}");
        Assert.Empty(Volumes());
    }

    [SkippableTheory]
    [InlineData("-Mount @{ Source = 'x' }")]
    [InlineData("-Mount @{ Target = '/x'; What = 1 }")]
    [InlineData("-Mount @{ Target = '/x'; Type = 'npipe' }")]
    [InlineData("-Mount just-a-word")]
    [InlineData("-Mount 'target=/x,readonly=maybe'")]
    [InlineData("-Mount @{ Source = '/'; Target = '/x'; Propagation = '3' }")]
    [InlineData("-Mount @{ Source = '/'; Target = '/x'; IdMap = '1:2' }")]
    public void What_is_no_mount_is_refused_by_the_parameter(string parameters) =>
        Fails("ParameterArgumentTransformationError", $"New-Container busybox {parameters}");

    [SkippableFact]
    public void A_bind_is_the_hosts_directory_itself_and_read_only_means_all_below_it()
    {
        Command("mount", "-t", "tmpfs", "tmpfs", Path.Combine(_folder, "dir"));
        try
        {
            Assert.Equal(["host", "ro", "ro below"], Ok(
                "Invoke-ContainerImage busybox -RemoveOnExit -Mount @{ Source = $args[0]; Target = '/app'; ReadOnly = $true }"
                + " -Command sh, '-c', 'cat /app/file; touch /app/x 2>/dev/null || echo ro; touch /app/dir/x 2>/dev/null || echo ro below'", _folder).Lines);
            Ok("Invoke-ContainerImage busybox -RemoveOnExit -Mount @{ Source = $args[0]; Target = '/app' } -Command touch, /app/made, /app/dir/made", _folder);
            Assert.True(File.Exists(Path.Combine(_folder, "made")));
            Assert.True(File.Exists(Path.Combine(_folder, "dir", "made")));
            Ok("Invoke-ContainerImage busybox -RemoveOnExit -Mount @{ Source = $args[0]; Target = '/app'; NonRecursive = $true } -Command test, '!', '-e', /app/dir/made; if ($LASTEXITCODE) { throw }", _folder);
        }
        finally
        {
            Command("umount", Path.Combine(_folder, "dir"));
        }
    }

    [SkippableFact]
    public void Targets_nest_whatever_the_order_they_are_given_in()
    {
        Assert.Equal(["inner", "outer", "/a/b tmpfs"], Ok(
            "Invoke-ContainerImage busybox -RemoveOnExit -Volume in:/a/b/c, \"$($args[0])/dir:/a\" -Tmpfs /a/b -Command sh, '-c',"
            + " 'echo inner > /a/b/c/x; echo outer > /a/x; cat /a/b/c/x /a/x; grep \" /a/b \" /proc/mounts | cut -d\" \" -f2,3'", _folder).Lines);
        Assert.Equal("outer\n", File.ReadAllText(Path.Combine(_folder, "dir", "x")));
        Assert.Equal("inner\n", File.ReadAllText(Path.Combine(Data("in"), "x")));
    }

    [SkippableFact]
    public void A_file_goes_on_a_file_and_a_directory_on_a_directory_and_what_is_missing_is_made()
    {
        Assert.Equal(["host", "host", "host"], Ok(
            "Invoke-ContainerImage busybox -RemoveOnExit -Volume \"$($args[0])/file:/etc/passwd\", \"$($args[0])/file:/made/for/it\", \"$($args[0])/file:/etc/hosts\""
            + " -Command cat, /etc/passwd, /made/for/it, /etc/hosts", _folder).Lines);
        Fails("MountKindMismatch", "Invoke-ContainerImage busybox -RemoveOnExit -Volume \"$($args[0])/file:/etc\"", _folder);
        Fails("MountKindMismatch", "Invoke-ContainerImage busybox -RemoveOnExit -Volume \"$($args[0])/dir:/etc/passwd\"", _folder);
        Fails("MountPointNotMade", "Invoke-ContainerImage busybox -RemoveOnExit -Volume \"$($args[0])/dir:/a:ro\", x:/a/b", _folder);
    }

    [SkippableFact]
    public void A_missing_source_is_made_for_Volume_at_each_start_and_is_an_error_for_Mount()
    {
        string made = Path.Combine(_folder, "new", "deep");
        Ok("$null = New-Container busybox -Name made -Volume \"$($args[0]):/x\" -Command 'true'", made);
        Assert.False(Directory.Exists(made));
        Ok("$null = Start-Container made; $null = Wait-Container made");
        Assert.True(Directory.Exists(made));
        Ok("$null = New-Container busybox -Name gone -Mount @{ Source = $args[0]; Target = '/x' } -Command 'true'", Path.Combine(_folder, "dir"));
        Directory.Delete(Path.Combine(_folder, "dir"));
        Fails("MountSourceNotFound", "Start-Container gone");
    }

    [SkippableFact]
    public void Another_containers_volumes_come_along_in_their_mode_or_read_only()
    {
        Ok("$null = New-Container busybox -Name source -Volume shared:/data, \"$($args[0]):/host:ro\", /anon -Tmpfs /mem", _folder);
        Assert.Equal("/anon | /data | /host ro", Ok(
            "((New-Container busybox -Name all -VolumeFrom source).Mounts | ForEach-Object { $_.Target + $(if ($_.ReadOnly) { ' ro' }) }) -join ' | '").Lines.Single());
        Assert.Equal("/anon ro | /data | /host ro", Ok(
            "((New-Container busybox -Name some -VolumeFrom source:ro -Volume own:/data).Mounts | ForEach-Object { $_.Target + $(if ($_.ReadOnly) { ' ro' }) }) -join ' | '")
            .Lines.Single());
        Ok("Remove-Container source");
        Ok("$null = Invoke-ContainerImage busybox -RemoveOnExit -VolumeFrom all -Command touch, /data/x, /anon/y");
        Assert.True(File.Exists(Path.Combine(Data("shared"), "x")));
    }

    [SkippableFact]
    public void An_image_is_mounted_read_only_and_cannot_be_removed_meanwhile()
    {
        MakeSeedImage();
        Detach("looks", "cat /img/data/sub/b; touch /img/x 2>/dev/null || echo ro; cat /part/b; exec sleep 1000",
            "-Mount @{ Type = 'Image'; Source = 'seed'; Target = '/img' }, @{ Type = 'Image'; Source = 'seed'; Target = '/part'; SubPath = 'data/sub' }");
        AwaitLog("looks", "ro");
        Eventually(() => Log("looks").Count(line => line == "two") == 2, () => string.Join('|', Log("looks")));
        Fails("ImageInUse", "Remove-ContainerImage seed");
        Assert.DoesNotContain("seed", Ok("Clear-ContainerStorage -AllImages -WhatIf | ForEach-Object Name").Lines.Select(name => name.Split(':')[0]));
        Ok("$null = Restart-Container looks -Timeout 0");
        Eventually(() => Log("looks").Count(line => line == "two") == 4, () => string.Join('|', Log("looks")));
    }

    [SkippableFact]
    public void Owners_are_mapped_where_that_is_asked_for()
    {
        Command("chown", "1000:1000", _folder, Path.Combine(_folder, "file"));
        Assert.Equal(["0:0", "0:0"], Ok(
            "Invoke-ContainerImage busybox -RemoveOnExit -Mount @{ Source = $args[0]; Target = '/app'; IdMap = '1000:0:1' }"
            + " -Command sh, '-c', 'stat -c %u:%g /app/file; touch /app/new; stat -c %u:%g /app/new'", _folder).Lines);
        Assert.Equal("1000:1000", Output("stat", "-c", "%u:%g", Path.Combine(_folder, "new")));
    }

    [SkippableFact]
    public void The_option_U_gives_the_files_to_the_containers_user_and_follows_no_link()
    {
        File.WriteAllText(Path.Combine(_folder, "dir", "x"), "");
        File.CreateSymbolicLink(Path.Combine(_folder, "dir", "link"), Path.Combine(_folder, "file"));
        Ok("$null = Invoke-ContainerImage busybox -RemoveOnExit -User 1234:5 -Volume \"$($args[0])/dir:/app:U\" -Command touch, /app/y", _folder);
        Assert.Equal("1234:5 1234:5 1234:5", Output("stat", "-c", "%u:%g", Path.Combine(_folder, "dir"), Path.Combine(_folder, "dir", "x"), Path.Combine(_folder, "dir", "link")).ReplaceLineEndings(" "));
        Assert.Equal("0:0", Output("stat", "-c", "%u:%g", Path.Combine(_folder, "file")));
    }

    [SkippableFact]
    public void What_the_host_mounts_later_is_seen_where_the_mount_is_a_slave_and_nowhere_else()
    {
        string shared = Path.Combine(_folder, "dir");
        Command("mount", "-t", "tmpfs", "tmpfs", shared);
        Command("mount", "--make-shared", shared);
        try
        {
            Directory.CreateDirectory(Path.Combine(shared, "late"));
            Detach("sees", "exec sleep 1000", $"-Mount @{{ Source = '{shared}'; Target = '/a'; Propagation = 'rslave' }}, @{{ Source = '{shared}'; Target = '/b' }}");
            Command("mount", "-t", "tmpfs", "tmpfs", Path.Combine(shared, "late"));
            File.WriteAllText(Path.Combine(shared, "late", "x"), "");
            string root = $"/proc/{Number("sees", "ProcessId")}/root";
            Assert.True(File.Exists(root + "/a/late/x"));
            Assert.False(File.Exists(root + "/b/late/x"));
            Ok("Remove-Container sees -Force");
            Assert.True(File.Exists(Path.Combine(shared, "late", "x"))); // The end of the container unmounts nothing of the host's.
            Command("umount", Path.Combine(shared, "late"));
            Command("mount", "--make-private", shared);
            Fails("MountNotShared", "Invoke-ContainerImage busybox -RemoveOnExit -Mount @{ Source = $args[0]; Target = '/a'; Propagation = 'rshared' } -Command 'true'", shared);
        }
        finally
        {
            Run("Get-Container | Remove-Container -Force");
            Command("umount", "-R", shared);
        }
    }

    [SkippableFact]
    public void The_plan_of_a_container_shows_its_mounts_and_makes_nothing()
    {
        IReadOnlyList<string> steps = Ok(
            "Get-ContainerPlan -Image busybox -Command sh -Volume data:/data, \"$($args[0])/none:/none\" | ForEach-Object { \"$($_.Action) $($_.Target)\" }", _folder).Lines;
        Assert.Contains("Attach /data", steps);
        Assert.Contains("Attach /none", steps);
        Assert.Empty(Volumes());
        Assert.False(Directory.Exists(Path.Combine(_folder, "none")));
    }

    private static void Command(string program, params string[] arguments) => _ = Output(program, arguments);

    private static string Output(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return text.Trim();
    }
}
