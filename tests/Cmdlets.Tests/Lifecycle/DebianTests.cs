namespace Containers.Cmdlets.Tests.Lifecycle;

/// <summary>A real distribution: Debian by debootstrap, made once under out/ and kept there between runs.</summary>
public class DebianTests(ContainerHostFixture host) : LifecycleTest(host)
{
    [SkippableFact]
    public void Debian_runs_apt_and_bash_is_held_by_its_limits_and_reports_the_memory_kill()
    {
        Skip.If(Host.Missing is not null, Host.Missing);
        string? root = RootFileSystem(out string reason);
        Skip.If(root is null, reason);
        Ok("$null = New-ContainerImage -Path $args[0] -Name debian:12 -Command bash", root);

        Assert.StartsWith("apt ", Assert.Single(Ok("Invoke-ContainerImage debian:12 -RemoveOnExit -Command apt, --version").Lines), StringComparison.Ordinal);
        Assert.Equal(
            ["5", "joe"],
            Ok("Invoke-ContainerImage debian:12 -RemoveOnExit -Command bash, -c, 'echo ${BASH_VERSINFO[0]}; useradd -m joe; id -un joe'").Lines);

        // A fork bomb fills its limit and no more; the host and the next container do not notice.
        Ok("$bomb = Invoke-ContainerImage debian:12 -Detach -PidsLimit 40 -Command bash, -c, 'f() { f | f & }; f; sleep 100'");
        Eventually(
            () => int.Parse(Text("Get-Content (Get-ChildItem -Recurse -Path /sys/fs/cgroup -Filter pids.current | "
                + "Where-Object FullName -like \"*$($bomb.Id)*\" | Select-Object -First 1 | ForEach-Object FullName)"),
                System.Globalization.CultureInfo.InvariantCulture) <= 40,
            () => "more processes than the limit allows");
        Ok("Remove-Container $bomb.Id -Force");

        Ok("$hog = Invoke-ContainerImage debian:12 -PassThru -Memory 32MB -Command bash, -c, 'x=a; while :; do x=$x$x; done'");
        Assert.Equal(["137 True"], Ok("$hog = $hog | Where-Object { $_ -isnot [string] }; \"$($hog.ExitCode) $($hog.OomKilled)\"").Lines);
        Ok("Get-Container | Remove-Container -Force; $null = Remove-ContainerImage debian:12");
    }

    private string Text(string script) => string.Join('\n', Ok(script).Lines);

    private static string? RootFileSystem(out string reason)
    {
        string folder = Path.Combine(Path.GetDirectoryName(BuiltModule())!, "debian");
        reason = "there is no Debian root file system: ./build.sh test makes one where it reaches a mirror";
        return File.Exists(folder + ".complete") ? folder : null;
    }

    /// <summary>out/Containers/Containers.psd1 gives out/.</summary>
    private static string BuiltModule() => Path.GetDirectoryName(Hosting.BuiltOutput.Module!)!;
}
