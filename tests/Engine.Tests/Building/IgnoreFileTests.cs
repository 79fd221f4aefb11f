using Containers.Engine.Building.Context;
using Xunit;

namespace Containers.Engine.Tests.Building;

public sealed class IgnoreFileTests
{
    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("a", "a/b/c", true)]
    [InlineData("a", "ab", false)]
    [InlineData("a", "b/a", false)]
    [InlineData("/a", "a", true)]
    [InlineData("a/", "a/b", true)]
    [InlineData("./a//b/../c", "a/c", true)]
    [InlineData("*", "a", true)]
    [InlineData("*", "a/b", true)]
    [InlineData("*.o", "x.o", true)]
    [InlineData("*.o", "d/x.o", false)]
    [InlineData("*/*.o", "d/x.o", true)]
    [InlineData("*/*.o", "d/e/x.o", false)]
    [InlineData("**/*.o", "x.o", true)]
    [InlineData("**/*.o", "d/e/x.o", true)]
    [InlineData("**/*.o", "d/e/x.oo", false)]
    [InlineData("**/x", "x", true)]
    [InlineData("**/x", "d/x/y", true)]
    [InlineData("**/x", "dx", false)]
    [InlineData("**x", "dx", true)]
    [InlineData("**", "a/b", true)]
    [InlineData("a/**", "a/b/c", true)]
    [InlineData("a/**", "a", false)]
    [InlineData("a/**/b", "a/b", true)]
    [InlineData("a/**/b", "a/x/y/b", true)]
    [InlineData("a/**/b", "a/x/yb", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "a/c", false)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[^a-c]x", "bx", false)]
    [InlineData("[^a-c]x", "dx", true)]
    [InlineData("a\\*b", "a*b", true)]
    [InlineData("a\\*b", "axb", false)]
    [InlineData("a.b", "axb", false)]
    [InlineData("a+(b)", "a+(b)", true)]
    [InlineData("# a", "# a", false)]
    [InlineData("  a  ", "a", true)]
    [InlineData("a b", "a b", true)]
    [InlineData("a\r\nb\r\n", "b", true)]
    [InlineData("\uFEFFa", "a", true)]
    [InlineData(" # a", "# a", true)]
    [InlineData("*\n!a", "a", false)]
    [InlineData("*\n!a", "a/b", false)]
    [InlineData("*\n!a", "b", true)]
    [InlineData("*\n!a\na/b", "a/b", true)]
    [InlineData("*\n!a\na/b", "a/c", false)]
    [InlineData("*\n! a ", "a", false)]
    [InlineData("*.md\n!README*.md\nREADME-secret.md", "README.md", false)]
    [InlineData("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true)]
    [InlineData("*.md\nREADME-secret.md\n!README*.md", "README-secret.md", false)]
    [InlineData("!a\na", "a", true)]
    [InlineData(".", "a", false)]
    public void The_last_pattern_that_matches_decides(string rules, string path, bool excluded) =>
        Assert.Equal(excluded, IgnoreFile.Parse(".dockerignore", rules).IsExcluded(path, false));

    [Theory]
    [InlineData("*\n!a/b/c", "a", true)]
    [InlineData("*\n!a/b/c", "a/b", true)]
    [InlineData("*\n!a/b/c", "x", false)]
    [InlineData("*\n!**/*.md", "x", true)]
    [InlineData("*\n!a/*.md", "a", true)]
    [InlineData("*\n!a/*.md", "b", false)]
    [InlineData("a\nb", "a", false)]
    public void A_directory_is_only_walked_where_something_may_come_back(string rules, string directory, bool walked) =>
        Assert.Equal(walked, IgnoreFile.Parse(".dockerignore", rules).MayHoldIncluded(directory));

    [Theory]
    [InlineData("a\n[b", ".dockerignore:2:")]
    [InlineData("a\\", ".dockerignore:1:")]
    [InlineData("!", ".dockerignore:1:")]
    [InlineData("[]a]", ".dockerignore:1:")]
    public void A_malformed_pattern_is_named_with_its_line(string rules, string place)
    {
        EngineException e = Assert.Throws<EngineException>(() => IgnoreFile.Parse(".dockerignore", rules));
        Assert.Equal("InvalidIgnoreFile", e.ErrorId);
        Assert.StartsWith(place, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Twenty_thousand_paths_take_no_time_and_a_hostile_pattern_ends()
    {
        IgnoreFile file = IgnoreFile.Parse(".dockerignore", "**/node_modules\n**/*.o\n.git\n!keep\n*/build/*.tmp\n" + string.Concat(Enumerable.Range(0, 50).Select(n => $"dir{n}/x\n")));
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        int excluded = Enumerable.Range(0, 20_000).Count(n => file.IsExcluded($"src/module{n % 100}/node_modules/package/lib/file{n}.js", false));
        Assert.Equal(20_000, excluded);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{watch.Elapsed}");

        IgnoreFile hostile = IgnoreFile.Parse(".dockerignore", string.Concat(Enumerable.Repeat("*a", 30)) + "b");
        Assert.Throws<EngineException>(() => hostile.IsExcluded(new string('a', 200), false));
    }

    [Fact]
    public void The_file_of_a_dockerfile_comes_first_and_links_do_not_lead_out()
    {
        using Images.TestFolder folder = new();
        string canary = Path.Join(folder.Path, "canary");
        string context = Directory.CreateDirectory(Path.Join(folder.Path, "context")).FullName;
        File.WriteAllText(canary, "secret\n");
        Assert.Null(IgnoreFile.Find(context, "Dockerfile"));

        File.WriteAllText(Path.Join(context, ".dockerignore"), "a\n");
        File.WriteAllText(Path.Join(context, "build.Dockerfile.dockerignore"), "b\n");
        Assert.Equal(["a"], IgnoreFile.Find(context, "Dockerfile")?.Patterns);
        Assert.Equal(["b"], IgnoreFile.Find(context, "build.Dockerfile")?.Patterns);

        File.Delete(Path.Join(context, ".dockerignore"));
        File.CreateSymbolicLink(Path.Join(context, ".dockerignore"), canary);
        Assert.Null(IgnoreFile.Find(context, "Dockerfile"));
        File.Delete(Path.Join(context, ".dockerignore"));
        File.CreateSymbolicLink(Path.Join(context, ".dockerignore"), "../canary");
        Assert.Null(IgnoreFile.Find(context, "Dockerfile"));
    }
}
