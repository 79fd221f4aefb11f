using Containers.Cmdlets.Tests.Images;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>Caches that go to other hosts: a store that is empty does no step that another one has done.</summary>
public sealed class BuildCacheTransferTests(ContainerHostFixture host) : BuildTest(host)
{
    [SkippableFact]
    public void AnEmptyStoreBuildsFromARegistryAndRunsNothing()
    {
        Skip.If(LoopbackRegistry.Missing is not null, LoopbackRegistry.Missing);
        using LoopbackRegistry registry = new();
        BuildsFrom(registry.Address + "/build/cache:main");
    }

    [SkippableFact]
    public void AnEmptyStoreBuildsFromADirectoryAndRunsNothing() => BuildsFrom(Path.Combine(Context, "cache"));

    [SkippableFact]
    public void OnlyLayersThatStepsWantComeAndOnlyIfTheyAreWhatTheySay()
    {
        string cache = Path.Combine(Context, "cache");
        Write(".dockerignore", "cache\n");
        Dockerfile("FROM busybox", "RUN head -c 300000 /dev/urandom > /big", "RUN echo 2 > /2");
        Build($"-CacheTo '{cache}'");
        Empty();

        // Nobody can tell whose fault it is: the step is done, and a warning says so.
        foreach (string blob in Directory.GetFiles(Path.Combine(cache, "blobs/sha256")).Where(file => new FileInfo(file).Length > 200_000))
        {
            byte[] bytes = File.ReadAllBytes(blob);
            bytes[^5000] ^= 1;
            File.WriteAllBytes(blob, bytes);
        }

        Assert.Contains("cannot be used", string.Join(' ', Ok($"$null = Build-ContainerImage $args[0] -Network none -CacheFrom '{cache}' -WarningVariable w -WarningAction SilentlyContinue; \"$w\"", Context).Lines), StringComparison.Ordinal);
        Empty();
        File.WriteAllText(Path.Combine(cache, "index.json"), "{}");
        Assert.Contains("is not used", string.Join(' ', Ok($"$null = Build-ContainerImage $args[0] -Network none -CacheFrom '{cache}' -WarningVariable w -WarningAction SilentlyContinue; \"$w\"", Context).Lines), StringComparison.Ordinal);
        Fails("InvalidBuildCachePlace", "Build-ContainerImage $args[0] -CacheFrom 'type=s3,bucket=x'", Context);
    }

    private void BuildsFrom(string place)
    {
        Write(".dockerignore", "cache\n");
        Write("f", "1");
        Dockerfile("FROM busybox AS a", "RUN date +%N > /n", "FROM busybox", "WORKDIR /w", "COPY f .", "COPY --from=a /n /n", "RUN true", "RUN cat /n > /m");
        Build($"-Tag cached -CacheTo '{place}'");
        string id = Ok("(Get-ContainerImage cached).Id").Lines[0];
        Empty();

        // What would come is known without fetching it; what is copied out of it is not.
        Assert.Equal(
            [
                "COPY --from=a /n /n: to do", "COPY f .: cached", "FROM busybox AS a: cached", "FROM busybox: cached", "RUN cat /n > /m: to do",
                "RUN date +%N > /n: cached", "RUN true: to do", "WORKDIR /w: cached",
            ],
            Steps($"-WhatIf -CacheFrom '{place}'").Order(StringComparer.Ordinal));
        Assert.DoesNotContain(Ok("Get-ContainerBuildCache").Lines, line => line.Length > 0);
        Assert.All(Steps($"-Tag cached -CacheFrom '{place}'"), step => Assert.EndsWith(": cached", step, StringComparison.Ordinal));
        Assert.Equal(id, Ok("(Get-ContainerImage cached).Id").Lines[0]);
        Assert.Single(InImage("cached", "cmp /n /m && cat /w/f"));

        // What another Dockerfile wants of it comes, and nothing else: the step that follows is not in it.
        Empty();
        Dockerfile("FROM busybox", "WORKDIR /w", "RUN echo other > /o");
        Assert.Equal(["FROM busybox: cached", "WORKDIR /w: cached", "RUN echo other > /o: done"], Steps($"-Tag cached -CacheFrom '{place}'"));
        Assert.Equal(2, Ok("Get-ContainerBuildCache").Lines.Count(line => line.Length > 0));
    }

    private void Empty()
    {
        Ok("Remove-ContainerImage cached -ErrorAction Ignore > $null; $null = Clear-ContainerStorage -BuildCache -Image -Force");
        Assert.Empty(Ok("Get-ContainerBuildCache").Lines);
    }
}
