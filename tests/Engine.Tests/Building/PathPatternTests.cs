using System.Diagnostics;
using Containers.Engine.Building.Execution;
using Xunit;

namespace Containers.Engine.Tests.Building;

public sealed class PathPatternTests
{
    [Theory]
    [InlineData("*", "", true)]
    [InlineData("*.txt", "a.txt", true)]
    [InlineData("*.txt", "a.md", false)]
    [InlineData("a*b*c", "aXbXbc", true)]
    [InlineData("a*b*c", "aXbXbd", false)]
    [InlineData("?[a-c]", "xb", true)]
    [InlineData("?[^a-c]", "xb", false)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "a", false)]
    [InlineData("a", "ab", false)]
    [InlineData("ab", "a", false)]
    [InlineData("*a", "ba", true)]
    [InlineData("**", "x", true)]
    public void Patterns_match_as_those_of_go_do(string pattern, string name, bool matches) => Assert.Equal(matches, PathPattern.Match(pattern, name));

    [Theory]
    [InlineData("[")]
    [InlineData("x[a-]")]
    [InlineData("a\\")]
    public void A_malformed_pattern_is_refused_whatever_the_name(string pattern) =>
        Assert.Throws<FormatException>(() => PathPattern.Match(pattern, "other"));

    [Fact]
    public void A_hostile_pattern_takes_no_time()
    {
        Stopwatch time = Stopwatch.StartNew();
        Assert.False(PathPattern.Match(string.Concat(Enumerable.Repeat("*a", 100)) + "b", new string('a', 255)));
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(1), $"{time.Elapsed}");
    }
}
