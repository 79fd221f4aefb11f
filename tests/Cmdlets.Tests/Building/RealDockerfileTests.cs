using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>
/// Dockerfiles as people write them, on Debian. Packages come from a folder of the host, which is the build context: no mirror is reached. The tests
/// share the base image and the layer of the packages, which go with the store of the class.
/// </summary>
public sealed partial class RealDockerfileTests(ContainerHostFixture host) : BuildTest(host)
{
    /// <summary>Without syncs, manual pages and documents, as Debian's own slim images are set.</summary>
    private const string Install =
        "RUN --mount=target=/var/local/more echo 'deb [trusted=yes] file:/var/local/more ./' >/etc/apt/sources.list.d/more.list && "
        + "printf 'force-unsafe-io\\npath-exclude /usr/share/doc/*\\npath-exclude /usr/share/man/*\\n' >/etc/dpkg/dpkg.cfg.d/docker && apt-get -q update && "
        + "DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends ";

    [SkippableFact]
    public void ACompilerStageLeavesOneStaticProgram()
    {
        BuildOnDebian(
            "static",
            "FROM debian:12 AS build", Install + "gcc libc6-dev", "COPY <<'EOF' /src/hello.c", "#include <stdio.h>",
            "int main(int n, char **a) { printf(\"hello %s\\n\", a[1]); return n == 2 ? 0 : 1; }", "EOF", "RUN gcc -O2 -Wall -Werror -static -o /hello /src/hello.c",
            "FROM scratch", "COPY --from=build /hello /", "ENTRYPOINT [\"/hello\"]", "CMD [\"world\"]");
        Assert.Equal(["hello world"], Ok("Invoke-ContainerImage static -RemoveOnExit -Network none").Lines);
        Assert.Equal(["hello you"], Ok("Invoke-ContainerImage static -RemoveOnExit -Network none -Command you").Lines);
        Assert.Equal("1", Ok("\"$((Get-ContainerImage static).Layers)\"").Lines.Single());
        Clear("static");
    }

    [SkippableFact]
    public void AServiceInTheOfficialImagesStyleRuns()
    {
        BuildOnDebian(
            "redis",
            "FROM debian:12", "RUN groupadd -r -g 999 redis && useradd -r -g redis -u 999 redis", "ENV REDIS_VERSION=7", Install + "redis-server",
            "RUN mkdir /data && chown redis:redis /data", "VOLUME /data", "WORKDIR /data", "COPY --chmod=755 <<'EOF' /usr/local/bin/docker-entrypoint.sh",
            "#!/bin/sh", "set -e", "if [ \"${1#-}\" != \"$1\" ]; then set -- redis-server \"$@\"; fi",
            "if [ \"$1\" = redis-server ] && [ \"$(id -u)\" = 0 ]; then", "  find . \\! -user redis -exec chown redis '{}' +",
            "  exec setpriv --reuid=redis --regid=redis --clear-groups \"$0\" \"$@\"", "fi", "exec \"$@\"", "EOF",
            "ENTRYPOINT [\"docker-entrypoint.sh\"]", "EXPOSE 6379", "HEALTHCHECK --interval=300ms --timeout=5s CMD redis-cli ping", "CMD [\"redis-server\"]");
        Ok("$null = Invoke-ContainerImage redis -Detach -Name cache -Network none -Command --appendonly, yes; $null = Wait-Container cache -Condition Healthy -Timeout 30s");
        Assert.Equal(["OK", "kept"], Ok("Invoke-ContainerCommand cache -Command redis-cli, SET, word, kept; Invoke-ContainerCommand cache -Command redis-cli, GET, word").Lines);
        Assert.Equal(["999 redis"], Ok("Invoke-ContainerCommand cache -Command sh, -c, 'stat -c \"%u %U\" /data'").Lines);
        Assert.Equal(["redis"], Ok("Invoke-ContainerCommand cache -Command stat, -c, '%U', /proc/1").Lines);
        Assert.Equal("6379/tcp", Config("redis", "$c.Config.ExposedPorts"));
        Ok("Remove-Container cache -Force; Get-ContainerVolume | Remove-ContainerVolume -Force");
        Clear("redis");
    }

    private void BuildOnDebian(string tag, params string[] lines) => BuildOnDebianWith("", null, tag, lines);

    /// <param name="parameters">Of the build; $args[3] is <paramref name="argument"/>.</param>
    private void BuildOnDebianWith(string parameters, string? argument, string tag, params string[] lines)
    {
        Skip.If(Host.Missing is not null, Host.Missing);
        string folder = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(BuiltOutput.Module!)!)!, "debian");
        Skip.IfNot(
            File.Exists(folder + ".complete") && Directory.Exists(folder + ".packages"),
            "there is no Debian root file system with packages: ./build.sh test makes one where it reaches a mirror");
        Dockerfile(lines);
        Ok(
            "if (-not (Get-ContainerImage | Where-Object References -Contains 'debian:12')) {"
            + " $null = New-ContainerImage -Path $args[0] -Name debian:12 -Command bash };"
            + $"$null = Build-ContainerImage \"$($args[0]).packages\" -File $args[1] -Tag $args[2] -Network none {parameters}",
            folder, Path.Combine(Context, "Dockerfile"), tag, argument);
    }

    private void Clear(string tag) => Ok($"Remove-ContainerImage {tag} > $null");
}
