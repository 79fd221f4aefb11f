using System.Diagnostics;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>S40: mounts of steps whose places and sources an image or another step has prepared lead to nothing of the host.</summary>
public sealed class MountAttackTests : BuildTest
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _canary;
    private readonly string _before;

    public MountAttackTests(ContainerHostFixture host)
        : base(host)
    {
        _canary = Path.GetDirectoryName(_folder.File("canary/file", "canary"))!;
        Directory.CreateDirectory(Path.Combine(_canary, "empty"));
        _before = Describe();
    }

    [SkippableFact]
    public void TargetsThatAreLinksOfTheImageStayInIt()
    {
        string up = string.Concat(Enumerable.Repeat("../", 20)) + _canary[1..];
        Dockerfile(
            "FROM busybox", $"RUN ln -s {_canary} /abs; ln -s {up} /rel; ln -s {_canary}/file /file; mkdir -p {_canary}; echo image > {_canary}/file",
            "RUN --mount=type=tmpfs,target=/abs/empty --mount=type=cache,target=/rel/cache --mount=target=/abs/context \\",
            $"  --mount=type=secret,id=s,target=/rel/secret --mount=type=tmpfs,target={up}/deep/er \\",
            $"  touch /abs/empty/x /rel/cache/x && cat /abs/context/f /rel/secret > /seen && ls {_canary} >> /seen",
            "RUN --mount=type=cache,target=/abs touch /abs/y && ls /abs/ > /whole", "RUN --mount=type=secret,id=s,target=/file cat /file > /through");
        Write("f", "context\n");
        Ok("Build-ContainerImage $args[0] -Network none -Tag linked -Secret @{ s = $args[1] }", Context, Path.Combine(Context, "f"));
        Assert.Equal(
            ["context", "context", "cache", "context", "deep", "empty", "file", "secret", "y", "context"], InImage("linked", "cat /seen /whole /through"));
        Assert.Equal(_before, Describe());

        // Where the links lead to belongs to nobody who wrote there: it is not in the layer either.
        Assert.Equal(["file", "image"], InImage("linked", $"ls -A {_canary}; cat {_canary}/file"));
        Assert.Equal(["link link link"], InImage("linked", "for l in /abs /rel /file; do test -L $l && echo -n \"link \"; done | sed 's/ $//'"));
    }

    [SkippableTheory]
    [InlineData("/proc/1/root/tmp/x")]
    [InlineData("/proc/self/fd/3/x")]
    [InlineData("/loop/x")]
    [InlineData("/bin/busybox/x")]
    public void TargetsThatLeadNowhereEndTheStep(string target)
    {
        Dockerfile("FROM busybox", "RUN ln -s loop /loop", $"RUN --mount=type=tmpfs,target={target} echo ran");
        ScriptResult result = Run("Build-ContainerImage $args[0] -Network none -Verbose 4>&1 | Out-String", Context);
        Assert.DoesNotContain("] ran", string.Join('\n', result.Lines), StringComparison.Ordinal);
        Assert.Contains("Dockerfile:3:", Assert.Single(result.Errors).Exception.Message, StringComparison.Ordinal);
        Assert.Equal(_before, Describe());
    }

    [SkippableFact]
    public void SourcesThatAreLinksOfAStageStayInIt()
    {
        string[] sources =
        [
            "source=/good", "source=/link", "source=/magic", "source=/link/file", "source=../../..", "type=cache,id=1,source=/good",
            "type=cache,id=2,source=/link", "type=cache,id=3,source=/magic",
        ];
        foreach (string source in sources)
        {
            Dockerfile(
                "FROM busybox AS evil",
                $"RUN ln -s {_canary} /link; ln -s /proc/1/root{_canary} /magic; mkdir -p /in && echo inside > /in/file && ln -s /in /good",
                "FROM busybox", $"RUN --mount=from=evil,{source},target=/m ls /m; cat /m/file || cat /m");
            string shown = string.Join('\n', Run("Build-ContainerImage $args[0] -Network none -Verbose *>&1 | Out-String", Context).Lines);
            Assert.DoesNotContain("] canary", shown, StringComparison.Ordinal);
            Assert.Equal(source.EndsWith("good", StringComparison.Ordinal), shown.Contains("] inside", StringComparison.Ordinal));
        }

        Assert.Equal(_before, Describe());
    }

    [SkippableFact]
    public void AStepThatMovesItsMountPointsAwayChangesNothingOfTheHost()
    {
        Dockerfile(
            "FROM busybox", $"RUN --mount=type=tmpfs,target=/a/b/t --mount=type=cache,target=/a/c touch /a/b/t/x /a/c/x \\",
            $" && mv /a /moved && ln -s {_canary} /a && ls /moved /moved/b/t > /seen");
        Build("-Tag moved");
        Assert.Equal(["/moved:", "b", "c", "", "/moved/b/t:", "x", _canary], InImage("moved", "cat /seen; readlink /a"));
        Assert.Equal(_before, Describe());
        Assert.Empty(InImage("moved", "find /moved -type f"));
    }

    [SkippableFact]
    public void ALockedCacheIsOfOneStepAtATimeAndItsIdIsNoPath()
    {
        const string Count =
            "--mount=type=cache,id=../../../x,target=/c,sharing=locked "
            + "n=$(cat /c/n 2>/dev/null || echo 0); sleep 0.4; echo $((n + 1)) > /c/n; cp /c/n /n";
        Dockerfile(
            "FROM busybox AS a", "RUN " + Count, "FROM busybox AS b", "RUN " + Count, "FROM busybox", "COPY --from=a /n /a", "COPY --from=b /n /b",
            "RUN --mount=type=cache,id=../../../x,target=/c ln -s / /c/link; cat /c/n > /c-n");
        Build("-Tag counted -ThrottleLimit 2");
        Assert.Equal(["1", "2", "2"], InImage("counted", "sort /a /b; cat /c-n"));
        Assert.Matches("^[0-9a-f]{32}$", Path.GetFileName(Assert.Single(Directory.GetDirectories(Path.Combine(Host.Shell.DataRoot, "build/mounts")))));
        Ok("$null = Clear-ContainerStorage -BuildCache -Image -Force");
        Assert.Equal(_before, Describe());
    }

    [SkippableTheory]
    [InlineData("InvalidDockerfile", "--mount=type=bind,target=/m,bind-propagation=rshared")]
    [InlineData("InvalidDockerfile", "--mount=type=bind,target=/m,propagation=shared")]
    [InlineData("InvalidDockerfile", "--mount=type=bind,target=/m,z")]
    [InlineData("InvalidDockerfile", "--mount=type=volume,target=/m")]
    [InlineData("InvalidDockerfile", "--mount=type=tmpfs,target=/m,size=1m,mode=4777")]
    [InlineData("RunSecurityRefused", "--security=insecure")]
    public void NoOptionOfAStepGivesPrivileges(string errorId, string option)
    {
        Dockerfile("FROM busybox", $"RUN {option} exit 9");
        Assert.DoesNotContain("exit code 9", FailsToBuild(errorId), StringComparison.Ordinal);
    }

    protected override void Clean()
    {
        base.Clean();
        _folder.Dispose();
    }

    private string Describe()
    {
        using Process find = Process.Start(new ProcessStartInfo(
            "/usr/bin/find", [_canary, "-printf", "%p %y %m %U:%G %T@ %C@ %i\n"]) { RedirectStandardOutput = true })!;
        string found = find.StandardOutput.ReadToEnd();
        find.WaitForExit();
        return found + File.ReadAllText(Path.Combine(_canary, "file"));
    }
}
