using System.Diagnostics;
using System.Formats.Tar;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>Builds from end to end, with the kernel and the store.</summary>
public sealed class BuildTests(ContainerHostFixture host) : BuildTest(host)
{
    [SkippableFact]
    public void ADockerfileBecomesAnImageThatRunsAsItSays()
    {
        Dockerfile(
            "FROM busybox", "ARG WHO=nobody", "ENV GREETING=\"hello $WHO\"", "WORKDIR /app/data", "COPY a.txt sub ./",
            "RUN echo $GREETING > out && id -u >> out", "LABEL one=1 two=\"2 words\"", "EXPOSE 80 53/udp", "VOLUME /v", "USER 7:8",
            "STOPSIGNAL SIGINT", "HEALTHCHECK --interval=3s CMD true", "ENTRYPOINT [\"cat\"]", "CMD [\"out\"]");
        Write("a.txt", "a");
        Write("sub/b.txt", "b");
        Build("-Tag app:1 -BuildArgument @{ WHO = 'world' } -Label three=3");
        Assert.Equal(["hello world", "0"], Ok("Invoke-ContainerImage app:1 -RemoveOnExit -Network none").Lines);
        Assert.Equal(["a.txt b.txt out"], InImage("app:1", "cd /app/data; echo *"));
        Assert.Equal("/app/data 7:8 SIGINT", Config("app:1", "$c.Config.WorkingDir) $($c.Config.User) $($c.Config.StopSignal"));
        Assert.Equal("cat out", Config("app:1", "$c.Config.Entrypoint) $($c.Config.Cmd"));
        Assert.Equal("53/udp 80/tcp /v", Config("app:1", "$c.Config.ExposedPorts) $($c.Config.Volumes"));
        Assert.Equal("1,2 words,3", Config("app:1", "$c.Config.Labels['one', 'two', 'three'] -join ','"));
        Assert.Equal("{\"Test\":[\"CMD-SHELL\",\"true\"],\"Interval\":3000000000}", Config("app:1", "$c.Config.Healthcheck"));
    }

    [SkippableFact]
    public void WhatTheIgnoreFileNamesIsNotThere()
    {
        Dockerfile("FROM busybox", "COPY . /c/");
        Write(".dockerignore", "*\n!in\nin/*.key\n");
        Write("in/a", "a");
        Write("in/secret.key", "k");
        Write("out/b", "b");
        Build("-Tag ignored");
        Assert.Equal(["/c/in/a"], InImage("ignored", "find /c -type f"));

        Dockerfile("FROM busybox", "COPY in/secret.key /");
        FailsToBuild("CopySourceNotFound");
    }

    [SkippableFact]
    public void DirectoriesThatStepsMakeAreNewOnes()
    {
        Dockerfile(
            "FROM busybox", "COPY closed /copied", "COPY --parents closed closed/in /with/", "ADD --chown=7:8 paths.tar /unpacked/",
            "USER 3000", "WORKDIR /numbered/in", "USER 0");
        Write("closed/in/f", "f");
        File.SetUnixFileMode(Path.Combine(Context, "closed"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.SetUnixFileMode(Path.Combine(Context, "closed/in"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using (TarWriter paths = new(File.Create(Path.Combine(Context, "paths.tar"))))
        {
            paths.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "only/file") { Uid = 5, Gid = 6 });
        }

        Build("-Tag made");
        Assert.Equal(
            [
                "755 0:0 /copied", "500 0:0 /copied/in", "500 0:0 /with/closed", "500 0:0 /with/closed/in", "755 7:8 /unpacked", "755 0:0 /unpacked/only",
                "644 5:6 /unpacked/only/file", "755 3000:3000 /numbered", "755 3000:3000 /numbered/in",
            ],
            InImage("made", "cd /; stat -c '%a %u:%g %n' /copied /copied/* /with/* /with/*/* /unpacked /unpacked/* /unpacked/*/* /numbered /numbered/*"));
    }

    [SkippableFact]
    public void WhoeverMeansAStageAndNamesAnImageIsAskedForIt()
    {
        Dockerfile("FROM busybox AS three", "FROM busybox", "COPY --from=thre /bin /x");
        System.Management.Automation.ErrorRecord error = Assert.Single(Run("Build-ContainerImage $args[0] -Network none", Context).Errors);
        Assert.StartsWith("Did you mean the stage \"three\"?", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("Dockerfile:3:13:", error.Exception.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void HistoriesAreWrittenAsBuildkitWritesThem()
    {
        Dockerfile("FROM busybox", "ARG A=1", "ENV B=2", "WORKDIR /w", "COPY f /f", "RUN echo $A > /x", "CMD [\"sh\"]");
        Write("f", "f");
        Build("-Tag history");
        string[] lines = [.. Ok("Get-ContainerImageHistory history | Select-Object -First 6 | ForEach-Object { \"$($_.CreatedBy)|$([bool]$_.LayerId)\" }").Lines];
        Assert.Equal(
            [
                "CMD [\"sh\"]|False", "RUN |1 A=1 /bin/sh -c echo $A > /x # buildkit|True", "COPY f /f # buildkit|True", "WORKDIR /w|True", "ENV B=2|False",
                "ARG A=1|False",
            ],
            lines);
    }

    [SkippableFact]
    public void HistoriesShowTheScriptOfADocument()
    {
        Dockerfile("FROM busybox", "RUN <<E", "echo one", "echo two > /two", "E", "RUN cat <<X > /x", "text", "X");
        Build("-Tag script");
        Assert.Equal(
            ["RUN /bin/sh -c cat <<X > /x\ntext\nX # buildkit", "RUN /bin/sh -c echo one\necho two > /two\n # buildkit"],
            Ok("(Get-ContainerImageHistory script | Select-Object -First 2).CreatedBy").Lines);
    }

    [SkippableFact]
    public void AHealthCheckOfTextRunsUnderTheShellOfTheImage()
    {
        Write("shell", "#!/bin/sh\necho \"by the shell: $1\"\n");
        Dockerfile(
            "FROM busybox", "COPY --chmod=755 shell /shell", "SHELL [\"/shell\"]", "HEALTHCHECK --interval=1h CMD echo ok || exit 1",
            "ENTRYPOINT [\"/bin/busybox\", \"sleep\", \"1000\"]");
        Build("-Tag checked");
        Assert.Equal("{\"Test\":[\"CMD-SHELL\",\"echo ok || exit 1\"],\"Interval\":3600000000000}", Config("checked", "$c.Config.Healthcheck"));
        Ok("$null = Invoke-ContainerImage checked -Detach -Name checked -Network none");
        Assert.Equal(["by the shell: echo ok || exit 1\n"], Ok("(Test-ContainerHealth checked).Output").Lines);
    }

    [SkippableFact]
    public void ASecondBuildDoesNothingAndGivesTheSameImage()
    {
        Dockerfile("FROM busybox", "WORKDIR /w", "COPY f .", "RUN date +%N > n", "CMD [\"cat\", \"n\"]");
        Write("f", "1");
        string first = Build("-Tag same").Lines.Count > 0 ? Ok("(Get-ContainerImage same).Id").Lines[0] : "";
        File.SetLastWriteTimeUtc(Path.Combine(Context, "f"), DateTime.UtcNow.AddDays(-1));
        Assert.Equal(
            ["FROM busybox: cached", "WORKDIR /w: cached", "COPY f .: cached", "RUN date +%N > n: cached", "CMD [\"cat\", \"n\"]: done"], Steps("-Tag same"));
        Assert.Equal(first, Ok("(Get-ContainerImage same).Id").Lines[0]);
    }

    [SkippableTheory]
    [InlineData("content")]
    [InlineData("mode")]
    [InlineData("name")]
    [InlineData("link")]
    public void WhatIsCopiedChangesTheStepAndThoseAfterIt(string what)
    {
        Dockerfile("FROM busybox", "RUN echo before > /before", "COPY dir /dir", "RUN ls /dir > /after");
        Write("dir/f", "1");
        File.CreateSymbolicLink(Path.Combine(Context, "dir/l"), "f");
        Build();
        switch (what)
        {
            case "content":
                Write("dir/f", "2");
                break;
            case "mode":
                File.SetUnixFileMode(Path.Combine(Context, "dir/f"), UnixFileMode.UserRead);
                break;
            case "name":
                File.Move(Path.Combine(Context, "dir/f"), Path.Combine(Context, "dir/g"));
                break;
            default:
                File.Delete(Path.Combine(Context, "dir/l"));
                File.CreateSymbolicLink(Path.Combine(Context, "dir/l"), "g");
                break;
        }

        string[] steps = Steps();
        Assert.Equal(["RUN echo before > /before: cached", "COPY dir /dir: done"], steps[1..3]);
    }

    [SkippableFact]
    public void WhatARunSeesChangesIt()
    {
        Dockerfile("FROM busybox", "ARG V", "RUN echo one > /one", "RUN echo $V > /two");
        Build("-BuildArgument @{ V = 1 }");
        Assert.Equal("RUN echo one > /one: cached", Steps("-BuildArgument @{ V = 1 }")[2]);
        Assert.Equal("RUN echo one > /one: done", Steps("-BuildArgument @{ V = 2 }")[2]);
        Assert.Equal("RUN echo one > /one: cached", Steps("-BuildArgument @{ V = 1 }")[2]);
        Assert.Equal("RUN echo one > /one: done", Steps("-BuildArgument @{ V = 1 } -NoCache")[2]);
    }

    [SkippableFact]
    public void StagesThatAreNotNeededAreNotBuilt()
    {
        Dockerfile(
            "FROM busybox AS a", "RUN echo a > /a", "FROM busybox AS broken", "RUN exit 1", "FROM scratch", "COPY --from=a /a /", "COPY --from=a /bin/busybox /bin/cat");
        Build("-Tag needed");
        Assert.Equal(["a"], Ok("Invoke-ContainerImage needed -RemoveOnExit -Network none -Command /bin/cat, /a").Lines);
        FailsToBuild("BuildStepFailed", "-Target broken");
        FailsToBuild("TargetNotFound", "-Target none");
    }

    [SkippableFact]
    public void StagesThatDoNotNeedEachOtherRunSideBySide()
    {
        Dockerfile(
            "FROM busybox AS one", "RUN sleep 2 && touch /one", "FROM busybox AS two", "RUN sleep 2 && touch /two", "FROM busybox",
            "COPY --from=one /one /", "COPY --from=two /two /");
        Build("-Target one -NoCache");
        Stopwatch time = Stopwatch.StartNew();
        Build("-NoCache -Tag both -ThrottleLimit 2");
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(3.9), $"two steps of two seconds took {time.Elapsed}");
        Assert.Equal(["/one /two"], InImage("both", "echo /one /two"));
    }

    [SkippableFact]
    public void AFailedStepShowsPlaceCommandCodeAndOutput()
    {
        Dockerfile("FROM busybox", "RUN echo first && \\", "    echo second >&2 && exit 3");
        string message = FailsToBuild("BuildStepFailed");
        Assert.Contains("Dockerfile:2:1", message, StringComparison.Ordinal);
        Assert.Contains("exit code 3", message, StringComparison.Ordinal);
        Assert.Contains("> first", message, StringComparison.Ordinal);
        Assert.Contains("> second", message, StringComparison.Ordinal);
        Assert.Contains("^~~", message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void AFailedStepCanBeKept()
    {
        Dockerfile("FROM busybox", "COPY f /f", "RUN echo here > /made && exit 1");
        Write("f", "f");
        FailsToBuild("BuildStepFailed", "-KeepFailed");
        Assert.Equal(["here"], Ok(
            "$c = Get-Container; $null = $c | ConvertTo-ContainerImage -Reference looked; Invoke-ContainerImage looked -RemoveOnExit -Network none -Entrypoint cat -Command /made").Lines);
    }

    [SkippableFact]
    public void MountPointsAndTheFilesOfTheNetworkAreNotInTheLayer()
    {
        Dockerfile("FROM busybox", "RUN --mount=type=tmpfs,target=/deep/er/tmp --mount=type=cache,target=/cache touch /deep/er/tmp/x /cache/y && echo n >> /etc/hosts || true");
        Build("-Tag clean");
        Assert.Equal(["no", "no"], InImage("clean", "test -e /deep && echo yes || echo no; test -e /cache && echo yes || echo no"));
        Assert.DoesNotContain("/deep", string.Join('\n', Ok("Compare-ContainerImage busybox clean | ForEach-Object Path").Lines), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void CachesAreKeptBetweenBuilds()
    {
        Dockerfile("FROM busybox", "ARG N", "RUN --mount=type=cache,id=../../x,target=/c echo $N >> /c/log && cp /c/log /log");
        Build("-BuildArgument @{ N = 1 }");
        Build("-BuildArgument @{ N = 2 } -Tag cached");
        Assert.Equal(["1", "2"], InImage("cached", "cat /log"));
    }

    [SkippableFact]
    public void BindMountsShowContextsAndStagesAndKeepNothingThatIsWritten()
    {
        Dockerfile(
            "FROM busybox AS tools", "RUN mkdir /t && echo tool > /t/x", "FROM busybox",
            "RUN --mount=target=/ctx --mount=from=tools,source=/t,target=/tools,rw cat /ctx/f /tools/x > /out && echo y > /tools/y && ls /tools >> /out",
            "RUN --mount=from=tools,source=t,target=/tools ls /tools >> /out; touch /tools/z 2>/dev/null || echo read-only >> /out",
            "RUN --mount=source=f,target=/one cat /one >> /out");
        Write("f", "ctx\n");
        Build("-Tag bound");
        Assert.Equal(["ctx", "tool", "x", "y", "x", "read-only", "ctx"], InImage("bound", "cat /out"));
    }

    [SkippableFact]
    public void SecretsAreNowhereButInTheStep()
    {
        const string Secret = "c4n4ry-of-this-test";
        Dockerfile(
            "FROM busybox",
            "RUN --mount=type=secret,id=s,required=true --mount=type=secret,id=e,env=TOKEN [ \"$(cat /run/secrets/s)\" = \"$TOKEN\" ] && wc -c < /run/secrets/s > /length");
        string file = Path.Combine(Path.GetTempPath(), "containers-secret-" + Guid.NewGuid().ToString("N"));
        File.WriteAllText(file, Secret);
        try
        {
            Ok(
                "$env:CONTAINERS_TEST_TOKEN = $args[2]; Build-ContainerImage $args[0] -Tag secret -Network none -Verbose 4>$null"
                + " -Secret @{ s = $args[1] }, 'id=e,env=CONTAINERS_TEST_TOKEN'; Remove-Item env:CONTAINERS_TEST_TOKEN", Context, file, Secret);
            Assert.Equal([Secret.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)], InImage("secret", "cat /length"));
            Assert.Equal(["no"], InImage("secret", "test -e /run/secrets && echo yes || echo no"));
            Assert.Empty(Holding(Host.Shell.DataRoot, Secret).Concat(Holding(Host.Shell.RunRoot, Secret)));
            Assert.Equal("SecretNotFound", Fails("SecretNotFound", "Build-ContainerImage $args[0] -NoCache -Network none", Context).FullyQualifiedErrorId.Split(',')[0]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [SkippableFact]
    public void TriggersOfTheBaseAreDoneOnce()
    {
        Dockerfile("FROM busybox", "ONBUILD RUN echo triggered > /t", "ONBUILD COPY f /f");
        Build("-Tag trigger");
        Write("f", "content");
        Dockerfile("FROM trigger", "RUN cat /t > /copy");
        Build("-Tag triggered");
        Assert.Equal(["triggered", "content"], InImage("triggered", "cat /copy /f"));
        Assert.Equal("", Config("triggered", "$c.Config.OnBuild"));
    }

    [SkippableFact]
    public void TheSameInputGivesTheSameDigest()
    {
        Dockerfile("FROM scratch", "WORKDIR /w", "COPY f d ./", "COPY --chmod=600 <<E /e", "text", "E", "CMD [\"/w/f\"]");
        Write("f", "1");
        Write("d/g", "2");
        Build("-SourceDateEpoch 1700000000 -NoCache -Tag e:1");
        File.SetLastWriteTimeUtc(Path.Combine(Context, "f"), DateTime.UtcNow.AddSeconds(5));
        Build("-SourceDateEpoch 1700000000 -NoCache -Tag e:2");
        Assert.Equal("True", Ok("\"$((Get-ContainerImage e:1).Id -eq (Get-ContainerImage e:2).Id)\"").Lines[0]);
        Assert.Equal("1700000000", Ok("\"$((Get-ContainerImage e:1).Created.ToUnixTimeSeconds())\"").Lines[0]);
    }

    [SkippableFact]
    public void WhatIfSaysWhatWouldBeDone()
    {
        Dockerfile("FROM busybox", "RUN echo 1 > /1", "RUN echo 2 > /2");
        Build();
        Dockerfile("FROM busybox", "RUN echo 1 > /1", "RUN echo 3 > /2", "RUN echo 4 > /4");
        Assert.Equal(["FROM busybox: cached", "RUN echo 1 > /1: cached", "RUN echo 3 > /2: to do", "RUN echo 4 > /4: to do"], Steps("-WhatIf"));
        Dockerfile("FROM does.not.exist.example/image", "RUN true");
        Assert.Equal(["FROM does.not.exist.example/image: to do", "RUN true: to do"], Steps("-WhatIf"));
    }

    [SkippableFact]
    public void AStoppedBuildEndsItsStep()
    {
        Dockerfile("FROM busybox", "RUN sleep 1000");
        Skip.If(Host.Missing is not null, Host.Missing);
        using OtherSession session = new(Host, $"Build-ContainerImage '{Context}' -Network none");
        string steps = Path.Combine(Host.Shell.DataRoot, "build/steps");
        Eventually(() => Directory.Exists(steps) && Directory.GetFiles(steps).Length > 0 && Host.Leftovers().Contains("monitor", StringComparison.Ordinal), () => "no step");
        Assert.Empty(Ok("Get-Container").Lines);
        session.Kill();
        Eventually(() => !Host.Leftovers().Contains("monitor", StringComparison.Ordinal), () => Host.Leftovers());
        Ok("Get-Container");
        Assert.Empty(Directory.GetFiles(steps));
    }

    private static IEnumerable<string> Holding(string root, string text) => Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
        .Where(file => new FileInfo(file) is { Length: < 1 << 20, LinkTarget: null })
        .Where(file => File.ReadAllText(file).Contains(text, StringComparison.Ordinal));
}
