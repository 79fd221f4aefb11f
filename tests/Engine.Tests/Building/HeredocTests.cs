using Containers.Engine.Building.Syntax;
using Xunit;

namespace Containers.Engine.Tests.Building;

public sealed class HeredocTests
{
    private static readonly string[] s_shell = ["/bin/sh", "-c"];

    [Fact]
    public void A_run_that_is_one_heredoc_is_that_script()
    {
        RunInstruction run = Parsed.One<RunInstruction>("RUN <<EOF\necho $a\n# no comment\n\\\nEOF\n");
        Assert.Equal("echo $a\n# no comment\n\\\n", Assert.Single(run.Heredocs).Content);
        Assert.Equal(["/bin/sh", "-c", "echo $a\n# no comment\n\\\n"], run.Script.WithShell(s_shell));
    }

    [Fact]
    public void With_a_dash_leading_tabs_go()
    {
        RunInstruction run = Parsed.One<RunInstruction>("RUN <<-EOF\n\t\techo a\n\t  b\n\tEOF");
        Assert.Equal(["echo a\n  b\n"], run.Script.Arguments);
    }

    [Fact]
    public void A_script_with_a_first_line_of_its_own_becomes_a_file()
    {
        RunScript script = Parsed.One<RunInstruction>("RUN <<say\n#!/usr/bin/env python3\nprint(1)\nsay").Script;
        Assert.Equal(("say", "#!/usr/bin/env python3\nprint(1)\n"), (script.ScriptName, script.ScriptText));
        Assert.Equal(["/bin/sh", "-c", "/dev/pipes/say"], script.WithShell(s_shell));
    }

    [Fact]
    public void Anything_more_than_a_heredoc_is_left_to_the_shell()
    {
        RunInstruction run = Parsed.One<RunInstruction>("RUN cat <<A - 3<<-'B' | sort\n1\nA\n\t2\n\tB\nRUN x".Split("\nRUN x")[0]);
        Assert.Equal(["A", "B"], run.Heredocs.Select(one => one.Name));
        Assert.Equal([true, false], run.Heredocs.Select(one => one.Expands));
        Assert.Equal(["cat <<A - 3<<-'B' | sort\n1\nA\n\t2\nB"], run.Script.Arguments);
    }

    [Theory]
    [InlineData("RUN echo '<<EOF'")]
    [InlineData("RUN echo \"<<EOF\"")]
    [InlineData("RUN echo a<<EOF")]
    [InlineData("RUN echo <<<EOF")]
    [InlineData("RUN echo $((1<<2))")]
    [InlineData("RUN [\"cat\", \"<<EOF\"]")]
    [InlineData("RUN echo it's <<EOF")]
    [InlineData("CMD cat <<EOF")]
    [InlineData("ENV a <<EOF")]
    public void What_only_looks_like_a_heredoc_is_none(string line) =>
        Assert.Empty(Assert.Single(Parsed.File("FROM a\n" + line).Stages[0].Instructions).Heredocs);

    [Theory]
    [InlineData("<<EOF", "EOF", true, false)]
    [InlineData("<<-EOF", "EOF", true, true)]
    [InlineData("<<'EOF'", "EOF", false, false)]
    [InlineData("<<\"E O F\"", "E O F", false, false)]
    [InlineData("12<< EOF", "EOF", true, false)]
    [InlineData("<<E\\OF", "EOF", true, false)]
    public void Names_are_read_with_their_quotes(string word, string name, bool expands, bool strips)
    {
        HeredocParser.Start? start = HeredocParser.TryParse(word);
        Assert.Equal((name, expands, strips), (start?.Name, start?.Expands, start?.StripTabs));
    }

    [Fact]
    public void Files_in_a_copy_come_after_the_sources_and_are_expanded_where_the_name_is_not_quoted()
    {
        CopyInstruction copy = Parsed.One<CopyInstruction>("COPY <<a.conf b <<-'c' /etc/\nhome=\"$h\" \\$x it's\na.conf\n\t$h\n\tc");
        Assert.Equal(["b"], copy.Sources.Select(one => one.Text));
        Assert.Equal(["a.conf", "c"], copy.Contents.Select(one => one.Name));
        CopyInstruction expanded = Assert.IsType<CopyInstruction>(copy.Expand(Parsed.Expander(("h", "/root"))));
        Assert.Equal(["home=\"/root\" $x it's\n", "$h\n"], expanded.Contents.Select(one => one.Text));
    }

    [Fact]
    public void Line_breaks_stay_as_they_are()
    {
        RunInstruction run = Parsed.One<RunInstruction>("RUN <<EOF\r\na\r\nEOF\r\n");
        Assert.Equal("a\r\n", Assert.Single(run.Heredocs).Content);
    }

    [Fact]
    public void The_place_of_a_heredoc_is_its_lines()
    {
        SourceRange range = Assert.Single(Parsed.One<RunInstruction>("RUN <<EOF\na\nb\nEOF").Heredocs).Range;
        Assert.Equal((3, 5), (range.FirstLine, range.LastLine));
    }
}
