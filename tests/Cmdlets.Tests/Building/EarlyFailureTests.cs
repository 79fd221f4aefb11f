using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>What is wrong with a build is told before a program of it has run.</summary>
public sealed class EarlyFailureTests(ContainerHostFixture host) : BuildTest(host)
{
    private const string Program = "RUN echo this must not run";

    [SkippableTheory]
    [InlineData("EXPOSE 99999", "InvalidDockerfile")]
    [InlineData("EXPOSE 80/foo", "InvalidDockerfile")]
    [InlineData("EXPOSE 90-80", "InvalidDockerfile")]
    [InlineData("EXPOSE $PORT", "InvalidDockerfile")]
    [InlineData("STOPSIGNAL FOO", "InvalidDockerfile")]
    [InlineData("ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 f /x", "InvalidDockerfile")]
    [InlineData("ADD --checksum=sha256:123 http://127.0.0.1:1/x /x", "InvalidChecksum")]
    [InlineData("COPY --chmod=foo f /", "InvalidDockerfile")]
    [InlineData("COPY --chmod=$MODE f /", "InvalidDockerfile")]
    [InlineData("RUN --mount=type=cache true", "InvalidDockerfile")]
    [InlineData("RUN --mount=type=bind,source=f true", "InvalidDockerfile")]
    [InlineData("RUN --mount=type=tmpfs,target=/ true", "InvalidDockerfile")]
    [InlineData("RUN --mount=type=cache,target=$NOTHING true", "InvalidDockerfile")]
    [InlineData("RUN --mount=type=ssh,required=true true", "SshAgentNotFound")]
    [InlineData("RUN --mount=type=bind,source=nope,target=/m true", "CopySourceNotFound")]
    [InlineData("RUN --mount=type=bind,source=$MODE,target=/m true", "CopySourceNotFound")]
    [InlineData("RUN --mount=from=more,source=nope,target=/m true", "CopySourceNotFound")]
    [InlineData("COPY --from=more nope /", "CopySourceNotFound")]
    [InlineData("COPY nope /", "CopySourceNotFound")]
    [InlineData("USER \"\"", "InvalidDockerfile")]
    [InlineData("WORKDIR \"\"", "InvalidDockerfile")]
    [InlineData("VOLUME \"$NOTHING\"", "InvalidDockerfile")]
    public void NothingRunsWhereALineCannotBeDone(string line, string errorId)
    {
        Dockerfile("FROM busybox", "ARG PORT=99999 MODE=999 NOTHING=", Program, line);
        Write("f", "f");
        Write("more/f", "f");
        Assert.Contains("Dockerfile:4:", FailsToBuild(errorId, $"-BuildContext @{{ more = '{Context}/more' }}"), StringComparison.Ordinal);
        Assert.Empty(Ran());
    }

    [SkippableTheory]
    [InlineData("COPY --from=missing.example:1 /a /a")]
    [InlineData("RUN --mount=from=missing.example:1,target=/m true")]
    public void NothingRunsWhereAnImageCannotBeHad(string line)
    {
        Dockerfile("FROM busybox", Program, line);
        Assert.Contains("Dockerfile:3:", Assert.Single(Run("Build-ContainerImage $args[0] -Network none", Context).Errors).Exception.Message, StringComparison.Ordinal);
        Assert.Empty(Ran());
    }

    [SkippableFact]
    public void ABaseThatIsNotHereHidesOnlyWhatItsVariablesDecide()
    {
        Dockerfile("FROM busybox AS first", Program, "FROM missing.example:1", "EXPOSE 99999", "COPY --from=first /bin /bin");
        Assert.Contains("Dockerfile:4:", FailsToBuild("InvalidDockerfile"), StringComparison.Ordinal);
        Assert.Empty(Ran());
    }

    [SkippableFact]
    public void AMountCannotBecomeTheRootByTheWorkingDirectory()
    {
        Dockerfile("FROM busybox", "RUN --mount=type=tmpfs,target=. true");
        Assert.Contains("Dockerfile:2:13:", FailsToBuild("InvalidDockerfile"), StringComparison.Ordinal);
        Dockerfile("FROM busybox", "WORKDIR /w", "RUN --mount=type=tmpfs,target=. grep -q ' /w tmpfs' /proc/mounts");
        Build();
    }

    [SkippableFact]
    public void ATargetThatIsNotThereShowsNamesThatAre()
    {
        Dockerfile("FROM busybox AS foo", "FROM busybox", "RUN true");
        System.Management.Automation.ErrorRecord error = Fails("TargetNotFound", "Build-ContainerImage $args[0] -Network none -Target zz", Context);
        Assert.Equal("Its stages are: foo, 1.", error.ErrorDetails.RecommendedAction);
        Build("-Target 1");
    }

    private IReadOnlyList<string> Ran() => Ok("Get-ContainerBuildCache | Where-Object Description -like '*must not run*' | ForEach-Object Description").Lines;
}
