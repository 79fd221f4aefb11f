using Containers.HelpBuilder;
using Xunit;

namespace Containers.Build.Tests;

public sealed class HelpPageParserTests
{
    private const string Page = """
        # Get-Thing

        Gets `things`, and
        [more](https://docs.example/more).

        ## Description

        One paragraph.

        - first
        - second

        ## Parameters

        ### -Name

        The name.
        Default: web.

        ## Examples

        ### Get one

        Before.

        ```powershell
        Get-Thing -Name a |
          Select-Object Name
        ```

        After.

        ```text
        # not a heading
        ```

        ## Related links

        - Get-Other
        - [Site](https://docs.example/)
        """;

    [Fact]
    public void A_page_is_read_part_by_part()
    {
        var (page, problems) = Parse(Page);

        Assert.Empty(problems);
        Assert.Equal("Gets things, and more (https://docs.example/more).", page.Synopsis);
        Assert.Equal(["One paragraph.", "- first", "- second"], page.Description);
        Assert.Equal(["The name."], page.Parameters["name"].Paragraphs);
        Assert.Equal("web", page.Parameters["Name"].Default);
        Assert.Equal([new HelpLink("Get-Other", null), new HelpLink("Site", "https://docs.example/")], page.Links);

        var example = Assert.Single(page.Examples);
        Assert.Equal("Get-Thing: Get one", example.ToString());
        Assert.Equal("Get-Thing -Name a |\n  Select-Object Name", example.Code);
        Assert.Equal(["Before."], example.Introduction);
        Assert.Equal(["After.", "# not a heading"], example.Remarks);
    }

    [Theory]
    [InlineData("# Get-Thing", "# Get-Things", 1, "must begin with '# Get-Thing'")]
    [InlineData("## Description", "## Descripton", 6, "is not expected here")]
    [InlineData("## Related links", "## Description", 37, "stands twice")]
    [InlineData("```powershell", "```pwsh", 22, "has no ```powershell fence")]
    [InlineData("```text", "```powershell", 33, "make it two examples")]
    [InlineData("### -Name", "### Name", 15, "a parameter is '### -Name'")]
    public void A_slip_is_told_with_its_line(string right, string wrong, int line, string message)
    {
        var (_, problems) = Parse(Page.Replace(right, wrong, StringComparison.Ordinal));

        Assert.Contains(problems, problem => problem.Line == line && problem.Message.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_page_that_ends_inside_a_fence_is_a_problem()
    {
        var (_, problems) = Parse(Page[..Page.IndexOf("  Select-Object", StringComparison.Ordinal)]);

        Assert.Contains(problems, problem => problem.Message == "the fence is not closed");
    }

    [Fact]
    public void An_empty_page_is_a_problem_and_no_crash()
    {
        Assert.NotEmpty(Parse("").Problems);
    }

    private static (HelpPage Page, List<Problem> Problems) Parse(string text)
    {
        var problems = new List<Problem>();
        return (HelpPageParser.ParsePage("Get-Thing.md", text, problems), problems);
    }
}
