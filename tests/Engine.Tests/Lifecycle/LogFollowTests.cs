using Containers.Engine.Lifecycle;
using Xunit;

namespace Containers.Engine.Tests.Lifecycle;

public class LogFollowTests
{
    [Fact]
    public void Following_until_a_time_that_has_passed_ends_although_the_container_runs()
    {
        string directory = Directory.CreateTempSubdirectory("containers-log-").FullName;
        try
        {
            LogQuery query = new() { Follow = true, Until = DateTimeOffset.UtcNow.AddMilliseconds(300) };
            using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));

            Assert.Empty(new LogReader(directory, "web", query, ended: () => false).Read(limit.Token));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
