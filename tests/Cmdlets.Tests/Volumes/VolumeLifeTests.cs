using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Volumes;

/// <summary>How volumes come, stay and go.</summary>
public sealed class VolumeLifeTests(ContainerHostFixture host) : VolumeTest(host)
{
    [SkippableFact]
    public void What_is_in_a_volume_survives_its_container_and_is_there_for_the_next_one()
    {
        Detach("first", "echo kept > /data/x; exec sleep 1000", "-Volume store:/data");
        Eventually(() => File.Exists(Path.Combine(Data("store"), "x")), () => "nothing was written");
        Kill(Number("first", "ProcessId"));
        AwaitState("first", "Exited");
        Ok("$null = Restart-Container first");
        Assert.Equal("Running", Get("first", "State"));
        Ok("Remove-Container first -Force");
        Assert.Equal(["kept"], InContainer("cat /data/x", "-Volume store:/data"));
        Assert.Equal(["store"], Volumes());
    }

    [SkippableFact]
    public void Two_containers_share_a_volume_and_both_are_named_when_it_is_to_go()
    {
        Detach("one", "exec sleep 1000", "-Volume both:/a");
        Detach("two", "echo hello > /b/x; exec sleep 1000", "-Volume both:/b");
        Eventually(() => File.Exists(Path.Combine(Data("both"), "x")), () => "nothing was written");
        Assert.Equal("one, two", Ok("(Get-ContainerVolume both).UsedBy -join ', '").Lines.Single());
        Assert.Contains("\"one\", \"two\"", Fails("VolumeInUse", "Remove-ContainerVolume both -Force").Exception.Message, StringComparison.Ordinal);
        Fails("VolumeInUse", "Remove-ContainerVolume both -WhatIf");
        Ok("Remove-Container one -Force; $null = Stop-Container two -Force");
        Fails("VolumeInUse", "Remove-ContainerVolume both");
        Fails("VolumeNotFound", "Remove-ContainerVolume nosuch");
        Assert.Contains("\"two\"", Fails("VolumeInUse", "Remove-ContainerVolume both -Confirm:$false").Exception.Message, StringComparison.Ordinal);
        Ok("Remove-ContainerVolume both -Force");
        Assert.Empty(Volumes());
        Fails("VolumeNotFound", "Start-Container two");
        Ok("$null = New-ContainerVolume both; $null = Start-Container two");
    }

    [SkippableFact]
    public void An_anonymous_volume_stays_with_a_container_that_is_removed_unless_it_is_said()
    {
        Ok("$null = New-Container busybox -Name a -Volume /cache; $null = New-Container busybox -Name b -Volume /cache");
        Assert.Equal(2, Volumes().Count);
        Assert.All(Volumes(), name => Assert.Matches("^[0-9a-f]{64}$", name));
        Ok("Remove-Container a; Remove-Container b -Volume");
        Assert.Equal("True", Ok("\"$((Get-ContainerVolume -Dangling).Anonymous)\"").Lines.Single());
    }

    [SkippableFact]
    public void A_container_that_removes_itself_takes_its_anonymous_volumes_along_and_leaves_the_others()
    {
        InContainer("echo x > /cache/x; echo y > /kept/y", "-Volume /cache, 'named:/kept'");
        Assert.Equal(["named"], Volumes());
        Ok("$null = Invoke-ContainerImage busybox -Detach -RemoveOnExit -Name passing -Volume /cache -Command sleep, 0.3");
        Assert.Equal(2, Volumes().Count);
        Eventually(() => Directory.GetDirectories(Store).Count(path => !Path.GetFileName(path).StartsWith('.')) == 1, () => "the monitor left the volume");
    }

    [SkippableFact]
    public void An_anonymous_volume_that_another_container_has_as_well_stays()
    {
        Detach("maker", "echo x > /cache/x; exec sleep 1000", "-RemoveOnExit -Volume /cache");
        Ok("$null = New-Container busybox -Name heir -VolumeFrom maker");
        Ok("$null = Stop-Container maker -Force");
        Assert.Single(Volumes());
        Ok("Remove-Container heir");
        Assert.Empty(Volumes());
    }

    [SkippableFact]
    public void After_a_kill_of_monitor_and_container_the_next_cmdlet_removes_the_volumes_that_go_with_it()
    {
        Detach("killed", "exec sleep 1000", "-RemoveOnExit -Volume /cache");
        int monitor = Number("killed", "MonitorProcessId");
        int process = Number("killed", "ProcessId");
        Kill(monitor);
        Kill(process);
        Eventually(() => !IsAlive(monitor) && !IsAlive(process), () => "still alive");
        Eventually(() => Volumes().Count == 0, () => "the volume is still there");
    }

    [SkippableFact]
    public void A_start_that_fails_leaves_no_volume_of_a_container_that_was_to_remove_itself()
    {
        Fails("CommandNotFound", "Invoke-ContainerImage busybox -RemoveOnExit -Volume /cache -Command nothing-of-this-name");
        Assert.Empty(Volumes());
    }

    [SkippableFact]
    public void A_volume_whose_directory_is_gone_is_shown_so_refused_at_the_start_and_can_be_removed()
    {
        Ok("$null = New-Container busybox -Name lost -Volume gone:/data -Command 'true'");
        Directory.Delete(Data("gone"));
        Assert.Contains("gone", Ok("(Get-ContainerVolume gone).Problem").Lines.Single(), StringComparison.Ordinal);
        Fails("VolumeDamaged", "Start-Container lost");
        Assert.Equal("Created", Get("lost", "State"));
        Ok("Remove-Container lost; Remove-ContainerVolume gone -Force");
        Assert.Empty(Volumes());
    }

    [SkippableFact]
    public void Of_several_sessions_that_make_one_volume_exactly_one_wins()
    {
        Skip.If(Host.Missing is not null, Host.Missing);
        const string Script = "$made = New-ContainerVolume contested -ErrorAction SilentlyContinue -ErrorVariable failed; if ($made) { 'made' } else { \"$($failed[0].FullyQualifiedErrorId)\" }";
        OtherSession[] others = [.. Enumerable.Range(0, 3).Select(_ => new OtherSession(Host, Script))];
        string[] said = [.. others.SelectMany(other => other.Finish()).Select(line => line.Split(',')[0]).Order(StringComparer.Ordinal)];
        Array.ForEach(others, other => other.Dispose());
        Assert.Equal(["VolumeExists", "VolumeExists", "made"], said);
        Assert.Equal("contested", Ok("New-ContainerVolume contested -IfNotExists | ForEach-Object Name").Lines.Single());
    }

    [SkippableFact]
    public void While_containers_start_and_end_with_it_a_volume_is_either_in_use_or_gone_and_never_half_there()
    {
        Skip.If(Host.Missing is not null, Host.Missing);
        using OtherSession other = new(
            Host, "foreach ($i in 1..12) { Invoke-ContainerImage busybox -RemoveOnExit -Volume race:/data -Command sh, '-c', 'echo ok > /data/x && cat /data/x' }");
        while (!other.HasExited)
        {
            ScriptResult result = Run("Remove-ContainerVolume race -Confirm:$false");
            Assert.All(result.Errors, error => Assert.Contains(
                error.FullyQualifiedErrorId.Split(',')[0], new[] { "VolumeInUse", "VolumeNotFound" }));
        }

        Assert.Equal(Enumerable.Repeat("ok", 12), other.Finish());
    }

    [SkippableTheory]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    [InlineData("-x")]
    [InlineData("a b")]
    [InlineData("a\nb")]
    [InlineData("ä")]
    [InlineData("a\u001b")]
    public void A_name_that_is_no_name_is_refused(string name)
    {
        Fails("InvalidVolumeName", "New-ContainerVolume $args[0]", name);
        Fails("VolumeNotFound", "Remove-ContainerVolume $args[0] -Force", name);
        Assert.Empty(Volumes());
    }

    [SkippableFact]
    public void A_volume_is_found_by_wildcard_label_and_use()
    {
        Ok("$null = New-ContainerVolume web1 -Label @{ tier = 'web' }; $null = New-ContainerVolume web2; $null = New-ContainerVolume db");
        Ok("$null = New-Container busybox -Name c -Volume db:/data");
        Assert.Equal(["web1", "web2"], Ok("Get-ContainerVolume w* | ForEach-Object Name").Lines);
        Assert.Equal(["web1"], Ok("Get-ContainerVolume -Label tier | ForEach-Object Name").Lines);
        Assert.Equal(["web1", "web2"], Ok("Get-ContainerVolume -Dangling | ForEach-Object Name").Lines);
        Assert.Equal(["c"], Ok("Get-Container -Volume db | ForEach-Object Name").Lines);
        Assert.Equal(["c"], Ok("Get-Container -Volume /da* | ForEach-Object Name").Lines);
        Assert.Empty(Ok("Get-Container -Volume web1").Lines);
        Assert.Equal("True", Ok("\"$((Get-ContainerVolume db -IncludeSize).Size -ge 0)\"").Lines.Single());
    }

    [SkippableFact]
    public void Owner_and_options_of_a_volume_are_what_was_asked_for()
    {
        Ok("$null = New-ContainerVolume mine -Uid 1000 -Gid 100; $null = New-ContainerVolume mem -Option @{ type = 'tmpfs'; device = 'tmpfs'; o = 'size=1m,noexec' }");
        Assert.Equal(["1000:100"], InContainer("stat -c %u:%g /data", "-Volume mine:/data"));
        string mount = InContainer("grep ' /data ' /proc/mounts", "-Volume mem:/data").Single();
        Assert.Contains("noexec", mount, StringComparison.Ordinal);
        Assert.Contains("size=1024k", mount, StringComparison.Ordinal);
        string folder = Directory.CreateTempSubdirectory("containers-test-").FullName;
        try
        {
            Ok("$null = New-ContainerVolume there -Option @{ type = 'none'; device = $args[0]; o = 'bind' }", folder);
            InContainer("echo x > /data/x", "-Volume there:/data");
            Assert.Equal("x\n", File.ReadAllText(Path.Combine(folder, "x")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Fails("InvalidVolumeOption", "New-ContainerVolume bad -Option @{ size = '1' }");
        Fails("InvalidVolumeDriver", "New-ContainerVolume bad -Driver nfs");
    }

    [SkippableFact]
    public void Clearing_shows_what_would_go_and_takes_named_volumes_only_when_that_is_said()
    {
        Ok("$null = New-ContainerVolume named; $null = New-Container busybox -Name x -Volume /cache, 'used:/data'; Remove-Container x");
        Ok("$null = New-Container busybox -Name y -Volume used:/data");
        Assert.Empty(Ok("Clear-ContainerStorage -Force -WhatIf | Where-Object Type -eq Volume").Lines);
        string anonymous = Assert.Single(Ok("Clear-ContainerStorage -Volume -WhatIf | ForEach-Object Name").Lines);
        Assert.Equal(64, anonymous.Length);
        Assert.Equal(3, Volumes().Count);
        Ok("$null = Clear-ContainerStorage -Volume -Force");
        Assert.Equal(["named", "used"], Volumes());
        Assert.Equal("2 1", Ok("$u = Get-ContainerStorage | Where-Object Type -eq Volumes; \"$($u.Total) $($u.Active)\"").Lines.Single());
        Ok("$null = Clear-ContainerStorage -AllVolumes -Force");
        Assert.Equal(["used"], Volumes());
    }
}
