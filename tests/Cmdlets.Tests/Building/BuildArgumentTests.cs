using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>Build arguments that mean something, and those that mean nothing.</summary>
public sealed class BuildArgumentTests(ContainerHostFixture host) : BuildTest(host)
{
    [SkippableTheory]
    [InlineData("", "-SourceDateEpoch 1000000000")]
    [InlineData("", "-BuildArgument @{ SOURCE_DATE_EPOCH = '1000000000' }")]
    [InlineData("", "-BuildArgument @{ SOURCE_DATE_EPOCH = '5' } -SourceDateEpoch 1000000000")]
    [InlineData("ARG SOURCE_DATE_EPOCH=1000000000", "")]
    [InlineData("ARG SOURCE_DATE_EPOCH=5", "-BuildArgument @{ SOURCE_DATE_EPOCH = '1000000000' }")]
    public void TheTimeOfABuildIsAParameterAndAnArgumentAtOnce(string global, string parameters)
    {
        Dockerfile(global, "FROM busybox", "ARG SOURCE_DATE_EPOCH", "RUN echo $SOURCE_DATE_EPOCH > /epoch");
        Assert.Empty(Build($"-Tag epoch {parameters}").Warnings);
        Assert.Equal(["1000000000 1000000000"], InImage("epoch", "echo $(cat /epoch) $(stat -c %Y /epoch)"));
        Assert.Equal("1000000000", Ok("\"$((Get-ContainerImage epoch).Created.ToUnixTimeSeconds())\"").Lines[0]);
    }

    [SkippableFact]
    public void ATimeThatIsNoneIsRefusedAndAnEmptyOneIsNotMeant()
    {
        Dockerfile("ARG SOURCE_DATE_EPOCH=yesterday", "FROM busybox");
        Assert.Contains("Dockerfile:1:5:", FailsToBuild("InvalidTime"), StringComparison.Ordinal);
        FailsToBuild("InvalidTime", "-BuildArgument @{ SOURCE_DATE_EPOCH = 'tomorrow' }");
        Build("-Tag now -BuildArgument @{ SOURCE_DATE_EPOCH = '' }");
        Assert.Equal("True", Ok("\"$((Get-ContainerImage now).Created -gt [DateTimeOffset]::Now.AddDays(-1))\"").Lines[0]);
    }

    [SkippableFact]
    public void AnArgumentThatNothingDeclaresIsWarnedOf()
    {
        Dockerfile("FROM busybox", "ONBUILD ARG LATER");
        Assert.Empty(Build("-Tag later -BuildArgument @{ LATER = 1 }").Warnings);
        Dockerfile("ARG EARLY", "FROM later", "ARG VERSION");
        Assert.Empty(Build("-BuildArgument @{ EARLY = 1; VERSION = 2; LATER = 3; http_proxy = 'p'; TARGETARCH = 'x'; BUILDKIT_INLINE_CACHE = 1 }").Warnings);
        Assert.Equal(
            ["The build argument 'VERSOIN' was not used: no ARG declares it; did you mean VERSION?", "The build argument 'xyzzy' was not used: no ARG declares it."],
            Build("-BuildArgument @{ VERSOIN = 1; xyzzy = 2 }").Warnings);
    }
}
