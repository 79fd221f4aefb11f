using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>What goes into a build: contexts, named ones, and what COPY, ADD and RUN take from them.</summary>
public sealed class BuildInputTests(ContainerHostFixture host) : BuildTest(host)
{
    [SkippableFact]
    public void AContextMayBeAnArchiveOfAFileOrOfThePipeline()
    {
        Dockerfile("FROM busybox", "COPY a /a");
        Write("a", "one");
        Write("other", "FROM busybox\nRUN echo other > /a\n");
        string archive = Pack("gzip", "Dockerfile", "a", "other");
        Ok("Build-ContainerImage $args[0] -Network none -Tag t:1", archive);
        Ok("Get-Item $args[0] | Build-ContainerImage -Network none -Tag t:2", archive);
        Ok(", [IO.File]::ReadAllBytes($args[0]) | Build-ContainerImage -Network none -Tag t:3", archive);
        Ok("Build-ContainerImage $args[0] -File other -Network none -Tag t:4", archive);
        Assert.Equal(["one", "one", "one", "other"], Enumerable.Range(1, 4).SelectMany(number => InImage($"t:{number}", "cat /a")));
        Fails("BuildContextAmbiguous", ", [byte[]](1, 2) | Build-ContainerImage $args[0]", Context);
        File.Delete(archive);
    }

    [SkippableFact]
    public void ADockerfileOfThePipelineHasNoContext()
    {
        Ok("'FROM busybox', 'RUN echo piped > /p' | Build-ContainerImage -Network none -Tag piped");
        Assert.Equal(["piped"], InImage("piped", "cat /p"));
        Fails("BuildContextMissing", "'FROM busybox', 'COPY x /' | Build-ContainerImage -Network none");
    }

    [SkippableFact]
    public void ContextsWithNamesStandForStagesAndImages()
    {
        Write("Dockerfile", "FROM busybox AS tools\nRUN exit 1\nFROM pic AS made\nCOPY --from=tools f /f\nCOPY --from=extra /g /g\n"
            + "RUN --mount=from=tools,target=/m cat /m/f > /h\nFROM tools AS bare\n");
        Write("named/f", "from a name");
        Write("named/.dockerignore", "skipped\n");
        Write("named/skipped", "no");
        Write("extra/g", "g");
        string named = Path.Combine(Context, "named");
        string extra = Path.Combine(Context, "extra");
        Ok("Build-ContainerImage $args[0] -Network none -Target made -Tag named -BuildContext @{ tools = $args[1]; extra = $args[2]; pic = 'busybox' }", Context, named, extra);
        Assert.Equal(["from a name", "g", "from a name"], InImage("named", "cat /f; echo; cat /g; echo; cat /h"));
        Ok("Build-ContainerImage $args[0] -Network none -Target bare -Tag bare -BuildContext @{ tools = $args[1] }", Context, named);
        Assert.Equal(["f"], Ok("Get-ContainerImageDetail bare | Out-Null; (Compare-ContainerImage busybox bare | Where-Object Path -eq '/f').Path.TrimStart('/')").Lines);
        Fails("BuildContextNotFound", "Build-ContainerImage $args[0] -BuildContext @{ tools = './none' }", Context);
    }

    [SkippableFact]
    public void AddDownloadsAndChecks()
    {
        byte[] content = Encoding.UTF8.GetBytes("downloaded");
        using WebServer site = WebServer.Of(content);
        string sum = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));
        Dockerfile("FROM busybox", $"ADD {site.Address}dir/name.txt /d/", $"ADD --checksum={sum} --chmod=755 --chown=7:8 {site.Address}x /y");
        Build("-Tag added");
        Assert.Equal(
            ["600 0:0 1445412480", "755 7:8 1445412480", "downloaded"],
            InImage("added", "stat -c '%a %u:%g %Y' /d/name.txt /y; cat /d/name.txt"));
        Assert.Equal(["cached", "cached"], Steps().Skip(1).Select(step => step[(step.LastIndexOf(' ') + 1)..]));

        Assert.Equal(
            [site.Address + "dir/name.txt", site.Address + "x"],
            Ok("(Get-ContainerBuildCache | Where-Object Kind -eq Download | Sort-Object Description).Description").Lines);
        Dockerfile("FROM busybox", $"ADD --checksum=sha256:{new string('0', 64)} {site.Address}x /y");
        string message = FailsToBuild("ChecksumMismatch");
        Assert.Contains("Dockerfile:2:", message, StringComparison.Ordinal);
        Assert.Contains("^~~", message, StringComparison.Ordinal);
        Dockerfile("FROM busybox", "ADD http://127.0.0.1:1/x /y");
        Assert.Contains("Dockerfile:2:", FailsToBuild("DownloadFailed"), StringComparison.Ordinal);
        Dockerfile("FROM busybox", $"ADD --checksum={sum} f /y");
        FailsToBuild("InvalidDockerfile");
        Dockerfile("FROM busybox", "ADD https://host/x.git#--upload-pack=x /y");
        FailsToBuild("InvalidAddress");

        site.Dispose();
        Dockerfile("FROM busybox", $"ADD --checksum={sum} {site.Address}x /new");
        Build("-Tag offline");
        Assert.Equal(["downloaded"], InImage("offline", "cat /new"));
        Ok("Clear-ContainerStorage -BuildCache -Force > $null");
        FailsToBuild("DownloadFailed");
    }

    [SkippableTheory]
    [InlineData("cat")]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    [InlineData("xz")]
    [InlineData("zstd -q")]
    public void AddUnpacksArchivesAndCopyDoesNot(string program)
    {
        Write("a/f", "unpacked");
        string archive = Pack(program, "a");
        File.Move(archive, Path.Combine(Context, "x.bin"));
        Dockerfile("FROM busybox", "ADD x.bin /add/", "COPY x.bin /copy/", "ADD --unpack=false x.bin /not/");
        Build("-Tag unpacked");
        Assert.Equal(["unpacked", "/copy/x.bin", "/not/x.bin"], InImage("unpacked", "cat /add/a/f; echo; ls -d /copy/* /not/*"));
    }

    [SkippableFact]
    public void CopiesTakeOwnersModesParentsAndExceptions()
    {
        Write("s/a.txt", "a");
        Write("s/a.md", "a");
        Write("s/sub/keep.md", "k");
        Write("s/sub/b.md", "b");
        Dockerfile(
            "FROM busybox", "RUN echo me:x:123:45::/:/bin/sh >> /etc/passwd; echo us:x:678: >> /etc/group",
            "COPY --chown=me:us --chmod=u=rwX,go= s /c", "COPY --chown=9 s/a.txt /n", "COPY --exclude=**/*.md --exclude=!sub/keep.md s /e",
            "COPY --parents ./s/./sub/b.md /p/", "COPY --link s/a.txt /l/", "COPY s/*.txt /g/");
        Build("-Tag copied");
        Assert.Equal(
            [
                "700 123:678", "600 123:678", "9:9", "/e/a.txt /e/sub/keep.md", "/p/sub/b.md", "/l/a.txt /g/a.txt",
            ],
            InImage("copied", "stat -c '%a %u:%g' /c/sub /c/a.txt; stat -c %u:%g /n; echo $(find /e -type f | sort); find /p -type f; echo /l/* /g/*"));
        Dockerfile("FROM busybox", "COPY --chown=nobody-here s /c");
        Assert.Contains("Dockerfile:2:", FailsToBuild("UserNotFound"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void VolumesOfAnImageGiveStepsNoVolumes()
    {
        Dockerfile("FROM busybox", "VOLUME /v", "RUN mkdir /v && echo kept > /v/f");
        Build("-Tag volume");
        Assert.Equal(["0"], Ok("\"$(@(Get-ContainerVolume).Count)\"").Lines);
        Assert.Equal(["/v/f"], Ok("(Compare-ContainerImage busybox volume | Where-Object Path -eq '/v/f').Path").Lines);
    }

    [SkippableFact]
    public void AScriptOfItsOwnInterpreterRuns()
    {
        Dockerfile("FROM busybox", "RUN <<E", "#!/bin/awk -f", "BEGIN { print 6 * 7 > \"/n\" }", "E");
        Build("-Tag script");
        Assert.Equal(["42"], InImage("script", "cat /n"));
    }

    [SkippableFact]
    public void NothingOfAHostileContextLeadsOut()
    {
        string canary = Path.Combine(Path.GetTempPath(), "containers-canary-" + Guid.NewGuid().ToString("N"));
        File.WriteAllText(canary, "FROM canary");
        try
        {
            Directory.CreateSymbolicLink(Path.Combine(Context, "link"), Path.GetTempPath());
            Dockerfile("FROM busybox", $"COPY link/{Path.GetFileName(canary)} /");
            FailsToBuild("CopySourceNotFound");
            Dockerfile("FROM busybox", "COPY ../x /");
            FailsToBuild("CopySourceOutside");
            Dockerfile("FROM busybox", "RUN --mount=source=../../..,target=/m ls /m");
            FailsToBuild("CopySourceOutside");
            File.Delete(Path.Combine(Context, "Dockerfile"));
            File.CreateSymbolicLink(Path.Combine(Context, "Dockerfile"), canary);
            FailsToBuild("DockerfileNotFound");
            Fails("InvalidAddress", "Build-ContainerImage 'https://host/x.git#:../..'");
            Fails("ProviderNotFound", "Build-ContainerImage 'ext::sh -c id'");
            File.Delete(Path.Combine(Context, "Dockerfile"));
            Dockerfile("# syntax=evil/frontend", "FROM busybox");
            FailsToBuild("DockerfileFrontendRefused");
            Dockerfile("FROM busybox");
            FailsToBuild("DockerfileFrontendRefused", "-BuildArgument @{ BUILDKIT_SYNTAX = 'evil/frontend' }");
        }
        finally
        {
            File.Delete(canary);
        }
    }

    /// <summary>An archive of parts of the context, outside of it.</summary>
    private string Pack(string program, params string[] names)
    {
        string archive = Path.Combine(Path.GetTempPath(), "containers-context-" + Guid.NewGuid().ToString("N"));
        using Process shell = Process.Start("/bin/sh", ["-c", $"tar -C '{Context}' -c {string.Join(' ', names)} | {program} > '{archive}'"]);
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
        return archive;
    }
}
