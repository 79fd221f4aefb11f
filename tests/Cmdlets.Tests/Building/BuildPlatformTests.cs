using System.Runtime.InteropServices;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>Builds for another platform: stages of this one compile, and what they know of the other one are arguments.</summary>
public sealed class BuildPlatformTests(ContainerHostFixture host) : BuildTest(host)
{
    private static readonly string s_here = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";

    [SkippableTheory]
    [InlineData("linux/arm/v7", "arm", "v7")]
    [InlineData("linux/riscv64", "riscv64", "")]
    public void AStageOfThisPlatformBuildsForTheOtherOne(string platform, string architecture, string variant)
    {
        Dockerfile(
            "FROM --platform=$BUILDPLATFORM busybox AS build-arm", "RUN echo the arm one > /tool",
            "FROM --platform=$BUILDPLATFORM busybox AS build-riscv64", "RUN echo the riscv64 one > /tool",
            "FROM --platform=$BUILDPLATFORM build-$TARGETARCH AS build", "RUN echo \"none: $TARGETPLATFORM$BUILDPLATFORM$TARGETARCH\" > /out",
            "ARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT", "ARG BUILDPLATFORM BUILDOS BUILDARCH BUILDVARIANT=unset",
            "RUN echo \"for $TARGETPLATFORM = $TARGETOS/$TARGETARCH/$TARGETVARIANT\" >> /out",
            "RUN echo \"on $BUILDPLATFORM = $BUILDOS/$BUILDARCH\" >> /out; uname -s >> /out; cat /tool >> /out",
            "FROM scratch AS shown", "COPY --from=build /out /bin/busybox /", "FROM scratch", "ARG TARGETARCH", "COPY --from=shown /out /out-$TARGETARCH",
            "LABEL for=$TARGETARCH$BUILDARCH");
        string folder = Path.Combine(Context, "tree");
        Build($"-Platform {platform} -Tag crossed -Output '{folder}'");
        Assert.Equal(
            ["none: ", $"for {platform} = linux/{architecture}/{variant}", $"on linux/{s_here} = linux/{s_here}", "Linux", $"the {architecture} one"],
            File.ReadAllLines(Path.Combine(folder, "out-" + architecture)));

        Build($"-Platform {platform} -Tag crossed");
        Assert.Equal($"linux {architecture} {variant} {architecture}", Config("crossed", "$c.Os) $($c.Architecture) $($c.Variant) $($c.Config.Labels['for']"));
        Ok("Remove-ContainerImage crossed > $null");
    }

    [SkippableFact]
    public void WithoutAPlatformTheTargetIsThisOneAndArgumentsOfTheUserGoFirst()
    {
        Dockerfile(
            "ARG TARGETARCH", "FROM --platform=$TARGETPLATFORM busybox", "ARG TARGETPLATFORM", "ARG BUILDPLATFORM", "ARG TARGETARCH",
            "RUN [ $TARGETPLATFORM = $BUILDPLATFORM ] && echo $TARGETPLATFORM $TARGETARCH > /out");
        Build("-Tag here");
        Assert.Equal([$"linux/{s_here} {s_here}"], InImage("here", "cat /out"));
        Build("-Tag here -BuildArgument @{ TARGETARCH = 'mine' }");
        Assert.Equal([$"linux/{s_here} mine"], InImage("here", "cat /out"));

        // A base that is there for this platform only is not taken for another one.
        Dockerfile("FROM --platform=linux/s390x busybox", "COPY f /f");
        Write("f", "f");
        Assert.Single(Run("Build-ContainerImage $args[0] -Network none", Context).Errors);
        Dockerfile("FROM --platform=$NOWHERE busybox", "COPY f /f");
        Assert.Contains("Dockerfile:1:17", FailsToBuild("InvalidDockerfile"), StringComparison.Ordinal);
        Ok("Remove-ContainerImage here > $null");
    }
}
