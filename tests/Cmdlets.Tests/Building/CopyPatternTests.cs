using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>Patterns of COPY, and what the cache makes of them.</summary>
public sealed class CopyPatternTests(ContainerHostFixture host) : BuildTest(host)
{
    [SkippableFact]
    public void WildcardsMayMatchNothingAndPathsMayNot()
    {
        Dockerfile("FROM busybox", "COPY package.json yarn.lock* ./app/", "COPY package.json yarn.lock* /directory", "COPY none* /nothing/");
        Write("package.json", "p");
        Build("-Tag wild");
        Assert.Equal(
            ["/app/package.json /directory/package.json", "no"],
            InImage("wild", "echo /app/* /directory/*; test -e /nothing && echo yes || echo no"));

        Dockerfile("FROM busybox", "COPY package.json yarn.lock ./app/");
        FailsToBuild("CopySourceNotFound");
    }

    [SkippableFact]
    public void WhatAWildcardMatchesIsPartOfTheStep()
    {
        Dockerfile("FROM busybox", "COPY a b* /x");
        Write("a", "a");
        Build();
        Assert.Equal("COPY a b* /x: cached", Steps()[1]);
        Write("b1", "b");
        Assert.Equal("COPY a b* /x: done", Steps()[1]);
        File.Delete(Path.Combine(Context, "b1"));
        Assert.Equal("COPY a b* /x: cached", Steps()[1]);

        // The same file, and another place for it.
        Dockerfile("FROM busybox", "COPY a /x");
        Assert.Equal("COPY a /x: done", Steps("-Tag file")[1]);
        Assert.Equal(["a"], InImage("file", "cat /x"));
    }

    [SkippableFact]
    public void WithParentsTwoStarsAreAnyNumberOfDirectories()
    {
        Write("src/a.txt", "a");
        Write("src/x/b.txt", "b");
        Write("src/x/y/c.txt", "c");
        Write("src/x/y/c.md", "c");
        Dockerfile("FROM busybox", "COPY --parents ./src/**/*.txt /parents/", "COPY --parents ./src/./x/** /pivot/", "COPY ./src/**/*.txt /flat/");
        Build("-Tag stars");
        Assert.Equal(
            [
                "/flat/b.txt", "/parents/src/a.txt", "/parents/src/x/b.txt", "/parents/src/x/y/c.txt", "/pivot/x/b.txt", "/pivot/x/y/c.md", "/pivot/x/y/c.txt",
            ],
            InImage("stars", "find /flat /parents /pivot -type f | sort"));

        Write("src/x/y/z/d.md", "d");
        Assert.Equal(["cached", "done"], Steps()[1..3].Select(step => step[(step.LastIndexOf(' ') + 1)..]));
        Write("src/x/y/z/d.txt", "d");
        Assert.Equal("COPY --parents ./src/**/*.txt /parents/: done", Steps()[1]);
    }
}
