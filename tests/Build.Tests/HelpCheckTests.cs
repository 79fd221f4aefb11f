using Containers.HelpBuilder;
using Xunit;

namespace Containers.Build.Tests;

public sealed class HelpCheckTests
{
    private const string Rest = "\n\n## Description\n\nText.\n\n## Examples\n\n### One\n\n```powershell\nGet-Thing\n```\n";

    [Fact]
    public void Pages_that_tell_what_the_code_has_pass()
    {
        Assert.Empty(HelpCheck.Run(Help("### -Name\n\nThe name."), [Thing()], "docs"));
    }

    [Fact]
    public void A_shared_paragraph_serves_a_parameter_without_one_of_its_own()
    {
        Assert.Empty(HelpCheck.Run(Help("", shared: "### -Name\n\nThe name."), [Thing()], "docs"));
    }

    [Theory]
    [InlineData("", "", "-Name has no paragraph")]
    [InlineData("### -Name\n\nThe name.\n\n### -Nmae\n\nA slip.", "", "has no parameter -Nmae")]
    [InlineData("### -Name\n\nThe name.", "### -Gone\n\nWas here.", "no cmdlet has a parameter -Gone")]
    public void A_parameter_without_words_and_words_without_a_parameter_are_problems(string own, string shared, string message)
    {
        var problem = Assert.Single(HelpCheck.Run(Help(own, shared), [Thing()], "docs"));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cmdlet_without_a_page_and_a_page_without_a_cmdlet_are_problems()
    {
        var problems = HelpCheck.Run(Help("### -Name\n\nThe name."), [Thing() with { Name = "Get-Other" }], "docs").ToList();

        Assert.Equal(["Get-Other has no help page", "there is no cmdlet Get-Thing"], problems.Select(problem => problem.Message));
    }

    [Fact]
    public void A_page_without_an_example_is_a_problem()
    {
        var problems = new List<Problem>();
        var page = HelpPageParser.ParsePage("Get-Thing.md", "# Get-Thing\n\nGets.\n\n## Description\n\nText.\n", problems);
        var help = Help("### -Name\n\nThe name.") with { Pages = new Dictionary<string, HelpPage> { ["Get-Thing"] = page } };

        Assert.Contains(HelpCheck.Run(help, [Thing()], "docs"), problem => problem.Message == "the page has no example");
    }

    [Fact]
    public void The_help_file_holds_words_and_facts_together()
    {
        var document = MamlWriter.Write(Help("### -Name\n\nThe name."), [Thing()]);

        var parameter = document.Descendants().Single(node =>
             node.Name.LocalName == "parameter" && node.Parent!.Name.LocalName == "parameters");
        Assert.Equal("True (ByValue)", parameter.Attribute("pipelineInput")!.Value);
        Assert.Equal("0", parameter.Attribute("position")!.Value);
        Assert.Contains(parameter.Descendants(), node => node.Name.LocalName == "para" && node.Value == "The name.");
        Assert.Equal("Get-Thing", document.Descendants().First(node => node.Name.LocalName == "code").Value);
        Assert.Equal("helpItems", document.Root!.Name.LocalName);
    }

    private static CommandFacts Thing()
    {
        var name = new ParameterFacts("Name", "String[]", false, "0", "True (ByValue)", true, [], [], false);
        return new CommandFacts("Get-Thing", [new ParameterSetFacts("Default", [name])], [name], []);
    }

    private static HelpPages Help(string parameters, string shared = "")
    {
        var problems = new List<Problem>();
        var page = HelpPageParser.ParsePage(
            "Get-Thing.md", "# Get-Thing\n\nGets things." + Rest + "\n## Parameters\n\n" + parameters, problems);
        var words = HelpPageParser.ParseShared("_parameters.md", shared, problems);
        return new HelpPages(new Dictionary<string, HelpPage> { ["Get-Thing"] = page }, words, problems);
    }
}
