using System.Diagnostics;
using System.Management.Automation;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>What comes through the pipeline or is written without quotes, and how failures look in scripts.</summary>
public sealed class BuildPipelineTests(ContainerHostFixture host) : BuildTest(host)
{
    [SkippableFact]
    public void EachDirectoryOfThePipelineIsABuildAndNamesItself()
    {
        Write("one/Dockerfile", "FROM busybox\nLABEL n=1\n");
        Write("two/Dockerfile", "FROM busybox\nLABEL n=2\n");
        Assert.Equal(
            ["many/one:latest 1", "many/two:latest 2"],
            Ok("Get-ChildItem $args[0] -Directory | Build-ContainerImage -Network none -Tag { 'many/' + $_.Name } | ForEach-Object { \"$_ $($_.Labels.n)\" }", Context).Lines);
    }

    [SkippableFact]
    public void AnArchiveComesAsAStreamAndAsTextIsNoneAndSaysSo()
    {
        Write("one/Dockerfile", "FROM busybox\nLABEL n=1\n");
        string archive = Path.Combine(Context, "context.tar");
        using (Process tar = Process.Start("tar", ["-C", Path.Combine(Context, "one"), "-cf", archive, "."]))
        {
            tar.WaitForExit();
        }

        Assert.Equal(["1"], Ok("[IO.File]::OpenRead($args[0]) | Build-ContainerImage -Network none | ForEach-Object { $_.Labels.n }", archive).Lines);
        ErrorRecord error = Fails("BuildContextIsText", "tar -cf - -C $args[0] . | Build-ContainerImage -Network none", Path.Combine(Context, "one"));
        Assert.Contains("-AsByteStream", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void DockersWordsNeedNoQuotes()
    {
        Write("token", "t");
        Dockerfile("FROM busybox", "RUN --mount=type=secret,id=a --mount=type=secret,id=b cat /run/secrets/a > /a; cat /run/secrets/b > /b", "RUN cat /a /b");
        string place = Path.Combine(Context, "place");
        Ok(
            "Build-ContainerImage $args[0] -Network none -Secret id=a,src=$($args[0])/token,id=b,src=$($args[0])/token"
            + " -Output type=tar,dest=$($args[1]).tar,type=local,dest=$($args[1]) -CacheTo type=local,dest=$($args[1]).cache", Context, place);
        Assert.Equal("t", File.ReadAllText(place + "/b"));
        Assert.True(File.Exists(place + ".tar"));
        Assert.True(File.Exists(place + ".cache/index.json"));
        Assert.Equal(["t"], Ok($"Invoke-ContainerImage busybox -RemoveOnExit -Network none -Mount type=bind,src={Context},dst=/m,ro -Command cat, /m/token").Lines);
    }

    [SkippableFact]
    public void InAScriptTheOutputOfAStepComesBeforeTheErrorLineByLine()
    {
        Dockerfile("FROM busybox", "RUN for i in 1 2 3; do echo line $i; done; exit 4");
        string script = Write("build.ps1", "param($Preference) Build-ContainerImage $PSScriptRoot -Network none -ErrorAction $Preference");
        ScriptResult result = Run("& $args[0] Continue 6>&1", script);
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.DoesNotContain('\n', error.ToString());
        Assert.Contains("     > line 1\n     > line 2\n", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains(result.Output, line => line.ToString().EndsWith("     > line 1\n     > line 2\n     > line 3", StringComparison.Ordinal));

        Assert.DoesNotContain(Run("& $args[0] SilentlyContinue 6>&1", script).Output, line => line.ToString().Contains("> line", StringComparison.Ordinal));
        Assert.Contains("\n     > line 1\n", FailsToBuild("BuildStepFailed"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void StagesAndArgumentsAreCompleted()
    {
        Dockerfile("ARG VERSION=3", "FROM busybox AS first", "ARG COLOR=red", "FROM first AS second");
        Write("Other", "FROM busybox AS third\n");
        Assert.Equal(["first", "second"], Completed($"Build-ContainerImage {Context} -Target "));
        Assert.Equal(["third"], Completed($"Build-ContainerImage -Path {Context} -File Other -Target t"));
        Assert.Equal(["'VERSION='", "'COLOR='"], Completed($"Build-ContainerImage {Context} -BuildArgument "));
        Ok("Set-Location $args[0]", Context);
        IReadOnlyList<string> here = Completed("Build-ContainerImage -Target s");
        Ok("Set-Location /");
        Assert.Equal(["second"], here);
    }

    private IReadOnlyList<string> Completed(string line) =>
        Ok("(TabExpansion2 -inputScript $args[0] -cursorColumn $args[0].Length).CompletionMatches.CompletionText", line).Lines;
}
