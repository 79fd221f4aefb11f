using System.Diagnostics;
using System.Management.Automation;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>What builds become besides images, what their cache keeps, and what ends them before anything runs.</summary>
public sealed class BuildOutputTests(ContainerHostFixture host) : BuildTest(host)
{
    [SkippableFact]
    public void ADirectoryGetsTheFilesAndNothingFollowsItsLinks()
    {
        string canary = Path.Combine(Context, "canary");
        Dockerfile(
            "FROM busybox AS b", "RUN mkdir -p /o/sub /o/link && echo new > /o/file && echo in > /o/sub/f && echo in > /o/link/f && ln -s /etc/passwd /o/abs && mknod /o/null c 1 3",
            "FROM scratch", "COPY --from=b /o /");
        Directory.CreateDirectory(canary);
        Directory.CreateDirectory(Path.Combine(Context, "out/own"));
        File.CreateSymbolicLink(Path.Combine(Context, "out/link"), canary);
        Write("canary/f", "old");
        Write("out/file", "old");
        Write(".dockerignore", "*\n");
        Ok("$r = Build-ContainerImage $args[0] -Network none -Output (Join-Path $args[0] out) -WarningAction Ignore; if ($r -isnot [IO.DirectoryInfo]) { throw $r }", Context);
        Assert.Equal("new\n", File.ReadAllText(Path.Combine(Context, "out/file")));
        Assert.Equal("in\n", File.ReadAllText(Path.Combine(Context, "out/link/f")));
        Assert.Equal("old", File.ReadAllText(Path.Combine(canary, "f")));
        Assert.Equal("/etc/passwd", new FileInfo(Path.Combine(Context, "out/abs")).LinkTarget);
        Assert.True(Directory.Exists(Path.Combine(Context, "out/own")));
        Assert.False(File.Exists(Path.Combine(Context, "out/null")));

        // A directory of the user's is not removed for a file.
        File.Delete(Path.Combine(Context, "out/file"));
        Write("out/file/kept", "k");
        Fails("ArchiveWriteFailed", "Build-ContainerImage $args[0] -Network none -Output \"$($args[0])/out\" -WarningAction Ignore", Context);
        Assert.Equal("k", File.ReadAllText(Path.Combine(Context, "out/file/kept")));
        Assert.Empty(Ok("Get-ContainerImage | Where-Object { $_.References.Count -eq 0 }").Lines);
    }

    [SkippableFact]
    public void ArchivesAreWhatTheirTypeSays()
    {
        Dockerfile("FROM busybox AS b", "RUN echo 1 > /one", "FROM scratch", "COPY --from=b /one /bin/busybox /", "CMD [\"/busybox\", \"cat\", \"/one\"]");
        Ok("Build-ContainerImage $args[0] -Network none -Output \"$($args[0])/a.tar\", \"type=docker,dest=$($args[0])/d.tar\", @{ Type = 'oci'; Dest = \"$($args[0])/o.tar\" }", Context);
        Assert.Equal(["busybox", "one"], Tar("-tf", Path.Combine(Context, "a.tar")).Split('\n').Where(line => line is "busybox" or "one").Order());
        foreach (string name in new[] { "d.tar", "o.tar" })
        {
            Assert.Equal(["1"], Ok(
                "$i = Import-ContainerImage $args[0]; Invoke-ContainerImage $i.Id -RemoveOnExit -Network none; Remove-ContainerImage $i.Id -Force > $null",
                Path.Combine(Context, name)).Lines);
        }

    }

    [SkippableFact]
    public void ASquashedImageHasOneLayerAboveItsBaseAndKeepsItsHistory()
    {
        Dockerfile("FROM busybox", "RUN echo secret > /gone && echo a > /a", "RUN rm /gone /bin/sh.none 2>/dev/null; echo b > /b; rm -f /bin/vi; true", "ENV X=1");
        Build("-Squash -Tag one");
        Assert.Equal("2", Ok("\"$((Get-ContainerImage one).Layers)\"").Lines.Single());
        Assert.Equal(["a", "b", "no"], InImage("one", "cat /a /b; test -e /gone && echo yes || echo no"));
        string[] history = [.. Ok("Get-ContainerImageHistory one | ForEach-Object { \"$($_.CreatedBy)|$($_.Comment)\" }").Lines];
        Assert.Contains("merge sha256:", history[0], StringComparison.Ordinal);
        Assert.Equal("ENV X=1|buildkit.dockerfile.v0", history[1]);
        string id = Ok("(Get-ContainerImage one).Id").Lines[0];
        Build("-Squash -Tag one");
        Assert.Equal(id, Ok("(Get-ContainerImage one).Id").Lines[0]);
    }

    [SkippableFact]
    public void TheCacheIsListedCountedAndCleared()
    {
        Dockerfile("FROM busybox", "WORKDIR /w", "RUN --mount=type=cache,id=pkg,target=/c echo x > /c/x && dd if=/dev/zero of=/w/big bs=1M count=2 2>/dev/null", "COPY f /f");
        Write("f", "1");
        Ok("$null = Clear-ContainerStorage -BuildCache -Image -Force");
        Build("-Tag kept");
        Build("-Tag kept");
        Assert.Equal(
            ["COPY:1:True:1", "Mount:0:False:0", "RUN:1:True:1", "WORKDIR:1:True:0"],
            Ok("Get-ContainerBuildCache | Sort-Object Kind | ForEach-Object { \"$($_.Kind):$($_.UseCount):$($_.InUse):$($_.Parents.Count)\" }").Lines);
        Assert.Equal("4/3", Ok("Get-ContainerStorage | Where-Object Type -eq 'Build cache' | ForEach-Object { \"$($_.Total)/$($_.Active)\" }").Lines.Single());

        // Without the image the cache alone keeps the layers.
        Ok("$null = Remove-ContainerImage kept");
        Assert.True(long.Parse(Ok("(Get-ContainerStorage | Where-Object Type -eq 'Build cache').Size").Lines.Single(), null) >= 2 << 20);
        Assert.Equal(
            ["BuildCache", "BuildCache", "BuildCache", "CacheMount"], Ok("Clear-ContainerStorage -BuildCache -WhatIf | Sort-Object Type | ForEach-Object Type").Lines);
        Assert.Empty(Ok("Clear-ContainerStorage -BuildCache -OlderThan 1h -Force").Lines);
        Assert.Empty(Ok("Clear-ContainerStorage -BuildCache -KeepStorage 1GB -Force").Lines);
        Assert.All(Steps()[..4], step => Assert.EndsWith(": cached", step, StringComparison.Ordinal));
        Ok("$null = Get-ContainerImage | Where-Object { $_.References.Count -eq 0 } | Remove-ContainerImage -Force");
        int layers = Layers();
        Ok("$f = (Clear-ContainerStorage -BuildCache -Force | Measure-Object Size -Sum).Sum; if ($f -lt 2MB) { throw $f }");
        Assert.Equal(layers - 3, Layers());
        Assert.Empty(Ok("Get-ContainerBuildCache").Lines);
        Assert.Empty(Directory.GetDirectories(Path.Combine(Host.Shell.DataRoot, "build/mounts")));
    }

    [SkippableFact]
    public void ClearingTheCacheWhileItIsBuiltLeavesASoundStore()
    {
        Dockerfile(
            "FROM busybox", "RUN --mount=type=cache,target=/c echo 1 > /1 && echo 1 > /c/1", "RUN --mount=type=cache,target=/c,sharing=locked echo 2 > /2", "RUN echo 3 > /3", "RUN echo 4 > /4");
        using OtherSession session = new(Host, "while ($true) { Clear-ContainerStorage -BuildCache -Image -Force > $null; 'round' }");
        for (int i = 0; i < 4; i++)
        {
            Build(i % 2 == 0 ? "-Tag racing -NoCache" : "-Tag racing");
            Assert.Equal(["1", "2", "3", "4"], InImage("racing", "cat /1 /2 /3 /4"));
        }

        session.Kill();
        Assert.Empty(Ok("Test-ContainerHost | Where-Object IsError | ForEach-Object Message").Lines);
    }

    [SkippableTheory]
    [InlineData("DockerfileCheckFailed", "# check=error=true", "FROM busybox as b", "RUN exit 9")]
    [InlineData("CopySourceNotFound", "FROM busybox", "RUN exit 9", "COPY missing /")]
    [InlineData("CopySourceOutside", "FROM busybox", "RUN exit 9", "COPY ../x /")]
    [InlineData("CopySourceNotFound", "FROM busybox", "RUN exit 9", "COPY outside/passwd /")]
    [InlineData("CopySourceNotFound", "FROM busybox", "RUN exit 9", "ADD missing /")]
    [InlineData("CopySourceNotFound", "FROM busybox", "ARG N=none", "RUN exit 9", "COPY $N /")]
    [InlineData("CopySourceNotFound", "FROM busybox AS a", "ENV N=none", "FROM a", "RUN exit 9", "COPY --chown=1 ${N%e}.txt /")]
    [InlineData("CopySourceNotFound", "FROM busybox AS a", "ONBUILD COPY missing /", "RUN exit 9", "FROM a")]
    [InlineData("InvalidDockerfile", "FROM busybox", "RUN exit 9", "ENV a=${b:?is needed}")]
    [InlineData("SecretUnreadable", "FROM busybox", "RUN exit 9", "RUN --mount=type=secret,id=gone true")]
    [InlineData("SecretNotFound", "FROM busybox", "RUN exit 9", "RUN --mount=type=secret,id=s,required=true true")]
    [InlineData("DockerfileStageOrder", "FROM busybox AS a", "RUN exit 9", "COPY --from=b /x /", "FROM busybox AS b", "COPY --from=a /x /")]
    [InlineData("DockerfileStageOrder", "FROM busybox", "RUN exit 9", "COPY --from=7 /x /")]
    [InlineData("UnknownInstruction", "FROM busybox", "RUN exit 9", "NOTHING x")]
    [InlineData("InvalidDockerfile", "RUN exit 9")]
    [InlineData("UnknownInstructionFlag", "FROM busybox", "RUN exit 9", "COPY --nothing=1 a b")]
    [InlineData("InvalidDockerfile", "FROM busybox", "RUN exit 9", "ONBUILD ONBUILD RUN true")]
    [InlineData("InvalidDockerfile", "FROM busybox", "RUN exit 9", "ONBUILD FROM busybox")]
    [InlineData("DockerfileFrontendRefused", "# syntax=evil/frontend:1", "FROM busybox", "RUN exit 9")]
    public void WhatIsKnownToBeWrongEndsTheBuildBeforeAnythingRuns(string errorId, params string[] lines)
    {
        if (!Directory.Exists(Path.Combine(Context, "outside")))
        {
            File.CreateSymbolicLink(Path.Combine(Context, "outside"), "/etc");
        }

        Dockerfile(lines);
        string message = FailsToBuild(errorId, "-Secret @{ gone = '/nonexistent/secret' }");
        Assert.Matches("Dockerfile:[0-9]+:[0-9]+", message);
        Assert.Contains("     | ", message, StringComparison.Ordinal);
        Assert.Contains('^', message);
        Assert.DoesNotContain("exit code 9", message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void AStepAtWorkShowsItsTimeAndItsLastLine()
    {
        Dockerfile("FROM busybox", "RUN echo 'the last line'; sleep 2");
        ProgressRecord[] records = [.. Build("-NoCache").Progress];
        ProgressRecord[] ofStep = [.. records.Where(record => record.Activity.StartsWith("[stage-0 2/2] RUN echo", StringComparison.Ordinal))];
        Assert.Contains(ofStep, record => record.StatusDescription.EndsWith(" s the last line", StringComparison.Ordinal));
        Assert.Contains(ofStep, record => record.StatusDescription.StartsWith("1.", StringComparison.Ordinal)); // Nothing happened then.
        Assert.Equal(ProgressRecordType.Completed, records[^1].RecordType);
    }

    [SkippableFact]
    public void SkippedChecksDoNotEndABuild()
    {
        Dockerfile("# check=skip=FromAsCasing;error=true", "FROM busybox as b", "COPY f /");
        Write("f", "1");
        Build("-Tag checked");
    }

    [SkippableFact]
    public void AForeignPlatformIsCopiedForAndRunsNothing()
    {
        Dockerfile("FROM scratch", "ARG TARGETARCH", "ARG TARGETPLATFORM", "ENV FOR=$TARGETPLATFORM", "COPY bin-$TARGETARCH /bin");
        Write("bin-s390x", "s");
        Build("-Platform linux/s390x -Tag foreign");
        Assert.Equal("s390x FOR=linux/s390x", Config("foreign", "$c.Architecture) $($c.Config.Env | Where-Object { $_ -like 'FOR=*' }"));
        Dockerfile("FROM scratch", "COPY bin-s390x /bin/sh", "RUN true");
        Assert.Contains("linux/s390x", FailsToBuild("PlatformMismatch", "-Platform linux/s390x"), StringComparison.Ordinal);
    }

    private int Layers() => Directory.GetDirectories(Path.Combine(Host.Shell.DataRoot, "layers")).Length;

    private static string Tar(params string[] arguments)
    {
        using Process tar = Process.Start(new ProcessStartInfo("tar", arguments) { RedirectStandardOutput = true })!;
        string output = tar.StandardOutput.ReadToEnd();
        tar.WaitForExit();
        Assert.Equal(0, tar.ExitCode);
        return output.Replace("./", "", StringComparison.Ordinal);
    }
}
