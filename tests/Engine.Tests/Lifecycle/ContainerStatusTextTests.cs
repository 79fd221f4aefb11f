using Containers.Engine.Lifecycle;
using Xunit;

namespace Containers.Engine.Tests.Lifecycle;

public class ContainerStatusTextTests
{
    private static readonly DateTimeOffset s_now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, "Less than a second")]
    [InlineData(1, "1 second")]
    [InlineData(59, "59 seconds")]
    [InlineData(60, "About a minute")]
    [InlineData(120, "2 minutes")]
    [InlineData(3599, "59 minutes")]
    [InlineData(3600, "About an hour")]
    [InlineData(7200, "2 hours")]
    [InlineData(47 * 3600, "47 hours")]
    [InlineData(48 * 3600, "2 days")]
    [InlineData(14 * 86400, "2 weeks")]
    [InlineData(60 * 86400, "2 months")]
    [InlineData(730 * 86400, "2 years")]
    [InlineData(-5, "Less than a second")]
    public void Times_are_told_as_docker_tells_them(int seconds, string expected) =>
        Assert.Equal(expected, ContainerStatusText.Duration(TimeSpan.FromSeconds(seconds)));

    public static TheoryData<Container, string> States => new()
    {
        { Of(ContainerState.Created), "Created" },
        { Of(ContainerState.Running) with { Started = s_now.AddMinutes(-3) }, "Up 3 minutes" },
        { Of(ContainerState.Running) with { Started = s_now.AddMinutes(-3), Supervised = false }, "Up 3 minutes (no monitor)" },
        { Of(ContainerState.Paused) with { Started = s_now.AddHours(-3) }, "Up 3 hours (Paused)" },
        { Of(ContainerState.Restarting) with { ExitCode = 1, Finished = s_now.AddSeconds(-2) }, "Restarting (1) 2 seconds ago" },
        { Of(ContainerState.Exited) with { ExitCode = 137, Finished = s_now.AddSeconds(-90) }, "Exited (137) About a minute ago" },
        { Of(ContainerState.Exited), "Exited (unknown) at an unknown time" },
        { Of(ContainerState.Damaged), "Damaged" },
    };

    [Theory]
    [MemberData(nameof(States))]
    public void Each_state_has_its_sentence(Container container, string expected) =>
        Assert.Equal(expected, ContainerStatusText.Describe(container, s_now));

    private static Container Of(ContainerState state) => new() { Id = new string('a', 64), Name = "web", State = state };
}
