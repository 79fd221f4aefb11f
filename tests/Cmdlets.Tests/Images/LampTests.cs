using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;
using Containers.Cmdlets.Tests.Network.Scenarios;

namespace Containers.Cmdlets.Tests.Images;

/// <summary>
/// The day of an image: Debian comes in as an archive, a web server is installed in a container, the container becomes an image, which
/// serves a page, goes to a registry, vanishes from the host, and comes back.
/// </summary>
public class LampTests(ContainerHostFixture host, LanFixture lan, LoopbackRegistry registry) : LanTest(host, lan), IClassFixture<LoopbackRegistry>
{
    [SkippableFact]
    public void Debian_is_imported_changed_committed_published_pushed_removed_pulled_and_run_again()
    {
        Skip.If(LoopbackRegistry.Missing is not null, LoopbackRegistry.Missing);
        string folder = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(BuiltOutput.Module!)!)!, "debian");
        Skip.IfNot(File.Exists(folder + ".complete"), "there is no Debian root file system: ./build.sh test makes one where it reaches a mirror");
        using TemporaryFolder temporary = new();
        string archive = Path.Combine(temporary.Path, "debian.tar.gz");
        Sh($"tar --numeric-owner --xattrs -C '{folder}' -cf - . | gzip -1 > '{archive}'");

        Ok("$null = Import-ContainerImage $args[0] debian:12 -AsRootFileSystem -Change 'CMD [\"bash\"]'", archive);
        Ok("$null = Invoke-ContainerImage debian:12 -Name lamp -Command sh, -c, $args[0]",
            "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends apache2 && "
            + "rm -f /etc/nginx/sites-enabled/default && echo '<h1>It is our page</h1>' > /var/www/html/index.html");
        Assert.Equal("0", Get("lamp", "ExitCode"));
        Assert.Contains("A /usr/sbin/apache2", Ok("Get-ContainerChange lamp | ForEach-Object { \"$_\" }").Lines);

        string reference = registry.Address + "/team/lamp:1";
        Ok("$image = ConvertTo-ContainerImage lamp $args[0] -Message 'with apache' -Change 'EXPOSE 80', "
            + "'CMD [\"apache2ctl\", \"-D\", \"FOREGROUND\"]', 'ENV APACHE_RUN_DIR=/var/run/apache2'; Remove-Container lamp", reference);
        string id = Ok("$image.Id").Lines.Single();
        ServesOurPage(reference);

        string digest = Ok("(Submit-ContainerImage $args[0]).Digest", reference).Lines.Single();
        Ok("Get-Container | Remove-Container -Force; $null = Remove-ContainerImage $args[0]; $null = Remove-ContainerImage debian:12", reference);
        Assert.Equal(["busybox:latest"], Ok("Get-ContainerImage | ForEach-Object { \"$_\" }").Lines);

        // What comes back is the same image, by tag and by digest, and a container asks for it by itself.
        Assert.Equal([id], Ok("(Request-ContainerImage $args[0]).Id", reference).Lines);
        Assert.Equal([id], Ok("(Request-ContainerImage \"$($args[0])@$($args[1])\").Id", registry.Address + "/team/lamp", digest).Lines);
        Ok("$null = Remove-ContainerImage $args[0]", reference);
        ServesOurPage(reference);
        Assert.Equal(["with apache"], Ok("(Get-ContainerImageHistory $args[0])[0].Comment", reference).Lines);
        Ok("Get-Container | Remove-Container -Force; $null = Get-ContainerImage | Where-Object Repository -like '*lamp*' | Remove-ContainerImage -Force");
    }

    private void ServesOurPage(string reference)
    {
        Ok("$null = Invoke-ContainerImage $args[0] -Name web -Detach -Publish 8081:80", reference);
        string page = "";
        Eventually(
            () => (page = Lan.ShNeighbour($"busybox wget -q -O - http://{LanFixture.HostAddress}:8081/ || true")).Contains("It is our page", StringComparison.Ordinal),
            () => $"the page is \"{page}\"; the log: {string.Join('|', Log("web"))}", 20);
        Ok("Remove-Container web -Force");
    }
}
