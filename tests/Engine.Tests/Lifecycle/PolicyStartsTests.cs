using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Xunit;

namespace Containers.Engine.Tests.Lifecycle;

public sealed class PolicyStartsTests
{
    [Theory]
    [InlineData(RestartKind.No, 1, false, false)]
    [InlineData(RestartKind.Always, 0, true, true)]
    [InlineData(RestartKind.Always, null, false, true)]
    [InlineData(RestartKind.UnlessStopped, 0, false, true)]
    [InlineData(RestartKind.UnlessStopped, 143, true, false)]
    [InlineData(RestartKind.OnFailure, 0, false, false)]
    [InlineData(RestartKind.OnFailure, 1, false, true)]
    [InlineData(RestartKind.OnFailure, 143, true, false)]
    [InlineData(RestartKind.OnFailure, null, false, true)]
    public void A_policy_decides_by_how_the_last_run_ended(RestartKind policy, int? exitCode, bool stoppedByUser, bool wanted) =>
        Assert.Equal(wanted, PolicyStarts.IsWanted(Make("a", policy) with { ExitCode = exitCode, StoppedByUser = stoppedByUser }));

    [Theory]
    [InlineData(ContainerState.Created)]
    [InlineData(ContainerState.Running)]
    [InlineData(ContainerState.Paused)]
    [InlineData(ContainerState.Restarting)]
    [InlineData(ContainerState.Damaged)]
    public void Only_containers_that_have_ended_are_started(ContainerState state) =>
        Assert.Empty(PolicyStarts.Select([Make("a", RestartKind.Always) with { State = state }]));

    [Fact]
    public void One_that_gave_up_after_its_failures_is_not_started_again()
    {
        Container given = Make("a", RestartKind.OnFailure) with { ExitCode = 1, RestartPolicy = new RestartSpec { Policy = RestartKind.OnFailure, Maximum = 3 } };

        Assert.True(PolicyStarts.IsWanted(given with { RestartCount = 2 }));
        Assert.False(PolicyStarts.IsWanted(given with { RestartCount = 3 }));
    }

    [Fact]
    public void What_others_need_is_started_before_them_and_a_circle_ends()
    {
        Container app = Make("app", RestartKind.Always, network: "container:" + Id("net"), links: ["db"]);
        Container db = Make("db", RestartKind.Always, links: ["app"]);
        Container net = Make("net", RestartKind.Always);
        Container idle = Make("idle", RestartKind.No, network: "container:" + Id("net"));

        Assert.Equal(["net", "db", "app"], PolicyStarts.Select([app, db, idle, net]).Select(one => one.Name));
    }

    private static string Id(string name) => name.PadRight(64, '0');

    private static Container Make(string name, RestartKind policy, string network = NetworkSpec.Own, string[]? links = null)
    {
        RestartSpec restart = new() { Policy = policy };
        return new Container
        {
            Id = Id(name),
            Name = name,
            State = ContainerState.Exited,
            ExitCode = 0,
            RestartPolicy = restart,
            Spec = new ContainerSpec
            {
                Image = "busybox",
                Restart = restart,
                Network = new NetworkSpec { Mode = network, Links = [.. (links ?? []).Select(link => new LinkSpec(Id(link), link))] },
            },
        };
    }
}
