using Containers.Engine.Building.Context;
using Containers.Engine.Building.Execution;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Linux;
using Containers.Engine.Tests.Images;
using Xunit;

namespace Containers.Engine.Tests.Building;

public sealed class SourceTreeTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public SourceTreeTests()
    {
        foreach (string file in (string[])["a.txt", "src/b.txt", "src/b.md", "src/x/c.txt", "src/x/y/d.txt", "src/out/e.txt", "other/f.txt", "a*b"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[file])!);
            File.WriteAllText(_folder[file], file);
        }

        Directory.CreateSymbolicLink(_folder["src/x/circle"], "..");
        File.CreateSymbolicLink(_folder["src/x/link.txt"], "../../other/f.txt");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("none*")]
    [InlineData("src/none?")]
    [InlineData("*/none")]
    [InlineData("a.txt/*")]
    public void A_wildcard_may_match_nothing(string pattern) => Assert.Empty(Find(pattern));

    [Theory]
    [InlineData("none")]
    [InlineData("none/*")]
    [InlineData("src/out")]
    [InlineData("src/out/*")]
    [InlineData("a\\*c")]
    public void A_path_and_the_directory_of_a_wildcard_have_to_be_there(string path) =>
        Assert.Equal("CopySourceNotFound", Assert.Throws<EngineException>(() => Find(path)).ErrorId);

    [Theory]
    [InlineData("src/**/*.txt", "src/b.txt src/x/c.txt src/x/link.txt src/x/y/d.txt")]
    [InlineData("**/d.txt", "src/x/y/d.txt")]
    [InlineData("src/**/x/**", "src/x/c.txt src/x/circle src/x/link.txt src/x/y")]
    [InlineData("./src/./**/?.txt", "src/b.txt src/x/c.txt src/x/y/d.txt")]
    [InlineData("s*/**/y", "src/x/y")]
    [InlineData("src/x/circle/**/*.md", "src/b.md")]
    [InlineData("none/**", "")]
    [InlineData("src/**/none", "")]
    public void With_parents_two_stars_are_any_number_of_directories_and_no_link_is_followed(string pattern, string expected) =>
        Assert.Equal(expected, string.Join(' ', Find(pattern, parents: true).Order(StringComparer.Ordinal)));

    [Theory]
    [InlineData("src/**/*.txt", false, "other/f.txt src/x/c.txt")]
    [InlineData("**/./x/*.txt", true, "other/f.txt src/x/c.txt")]
    public void Without_parents_or_before_the_pivot_they_are_one_star(string pattern, bool parents, string expected) =>
        Assert.Equal(expected, string.Join(' ', Find(pattern, parents).Order(StringComparer.Ordinal)));

    [Fact]
    public void With_parents_the_directory_before_the_pivot_has_to_be_there() =>
        Assert.Equal("CopySourceNotFound", Assert.Throws<EngineException>(() => Find("none/./**", parents: true)).ErrorId);

    [Fact]
    public void A_malformed_pattern_is_an_error_where_there_is_nothing_to_match()
    {
        Directory.CreateDirectory(_folder["empty"]);
        Assert.Equal("InvalidDockerfile", Assert.Throws<EngineException>(() => Find("empty/[")).ErrorId);
    }

    /// <summary>"out" is left out of this context.</summary>
    private IEnumerable<string> Find(string pattern, bool parents = false)
    {
        SourceText text = new("Dockerfile", pattern);
        using SourceTree tree = new(RootedDirectory.Open(_folder.Path), IgnoreFile.Parse(".dockerignore", "src/out"), keepsOwners: false, "the build context");
        return [.. tree.Find(new Word(pattern, text.RangeOfLine(1)), parents).Select(source => source.Path)];
    }
}
