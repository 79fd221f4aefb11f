using Containers.Engine.Building.Syntax;
using Xunit;

namespace Containers.Engine.Tests.Building;

/// <summary>The expected values were compared with those of moby/buildkit's own lexer.</summary>
public sealed class VariableLexerTests
{
    private static readonly Dictionary<string, string> s_variables = new()
    {
        ["v"] = "value", ["empty"] = "", ["two"] = "a b", ["path"] = "/usr/local/bin/tool.tar.gz", ["star"] = "a*b*c", ["家"] = "house",
        ["lines"] = "one\ntwo", ["up"] = "/../../x", ["x_1"] = "under", ["sep"] = "/", ["any"] = "*",
    };

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("$v", "value")]
    [InlineData("${v}", "value")]
    [InlineData("a${v}b", "avalueb")]
    [InlineData("$vb", "")]
    [InlineData("$x_1-", "under-")]
    [InlineData("$家$v", "housevalue")]
    [InlineData("${家}$v", "housevalue")]
    [InlineData("$none", "")]
    [InlineData("${none}", "")]
    [InlineData("$", "$")]
    [InlineData("a$", "a$")]
    [InlineData("$.x", "$.x")]
    [InlineData("$1x", "x")]
    [InlineData("$12x", "x")]
    [InlineData("$@$*$#$?$-$!", "")]
    [InlineData("$$v", "v")]
    [InlineData("\\$v", "$v")]
    [InlineData("\\${v}", "${v}")]
    [InlineData("\\\\$v", "\\value")]
    [InlineData("a\\bc", "abc")]
    [InlineData("end\\", "end")]
    [InlineData("'$v'", "$v")]
    [InlineData("'a\\b'", "a\\b")]
    [InlineData("\"$v\"", "value")]
    [InlineData("\"a\\b\"", "a\\b")]
    [InlineData("\"a\\\"b\\$v\\\\\"", "a\"b$v\\")]
    [InlineData("\"it's\"", "it's")]
    [InlineData("'say \"x\"'", "say \"x\"")]
    [InlineData("a\" b \"c", "a b c")]
    [InlineData("a<b", "a<b")]
    [InlineData("<<EOF", "<<EOF")]
    public void Words_lose_their_quotes_and_variables_get_their_values(string word, string expected) => Check(word, expected);

    [Theory]
    [InlineData("${v:-d}", "value")]
    [InlineData("${empty:-d}", "d")]
    [InlineData("${empty-d}", "")]
    [InlineData("${none:-d}", "d")]
    [InlineData("${none-d}", "d")]
    [InlineData("${none:-}", "")]
    [InlineData("${none:-$v}", "value")]
    [InlineData("${none:-${empty:-${two}}}", "a b")]
    [InlineData("${none:-'q }'}", "q }")]
    [InlineData("${none:-\"q }\"}", "q }")]
    [InlineData("${none:-a\\}b}", "a}b")]
    [InlineData("${none:-{x}", "{x")]
    [InlineData("${v:+a}", "a")]
    [InlineData("${empty:+a}", "")]
    [InlineData("${empty+a}", "a")]
    [InlineData("${none+a}", "")]
    [InlineData("${none:+a}", "")]
    [InlineData("${v:+-$v}", "-value")]
    [InlineData("${v:?must}", "value")]
    [InlineData("${v?must}", "value")]
    [InlineData("${empty?must}", "")]
    public void Defaults_alternatives_and_requirements(string word, string expected) => Check(word, expected);

    [Theory]
    [InlineData("${path#*/}", "usr/local/bin/tool.tar.gz")]
    [InlineData("${path##*/}", "tool.tar.gz")]
    [InlineData("${path%.*}", "/usr/local/bin/tool.tar")]
    [InlineData("${path%%.*}", "/usr/local/bin/tool")]
    [InlineData("${path%/*}", "/usr/local/bin")]
    [InlineData("${path%%/*}", "")]
    [InlineData("${path#x}", "/usr/local/bin/tool.tar.gz")]
    [InlineData("${path#/???/}", "local/bin/tool.tar.gz")]
    [InlineData("${star#a\\*}", "b*c")]
    [InlineData("${star##*\\*}", "c")]
    [InlineData("${star%\\**}", "a*b")]
    [InlineData("${star%%\\**}", "a")]
    [InlineData("${v#}", "value")]
    [InlineData("${v##}", "value")]
    [InlineData("${v#*}", "value")]
    [InlineData("${v##*}", "")]
    [InlineData("${lines#*}", "one\ntwo")]
    [InlineData("${lines##*}", "\ntwo")]
    [InlineData("${lines%%*}", "one\n")]
    [InlineData("${none#a}", "")]
    [InlineData("${path#$sep}", "usr/local/bin/tool.tar.gz")]
    [InlineData("${path##$any$sep}", "tool.tar.gz")]
    public void Patterns_cut_the_least_or_the_most_off(string word, string expected) => Check(word, expected);

    [Theory]
    [InlineData("${path/l/L}", "/usr/Local/bin/tool.tar.gz")]
    [InlineData("${path//l/L}", "/usr/LocaL/bin/tooL.tar.gz")]
    [InlineData("${path/\\//|}", "|usr/local/bin/tool.tar.gz")]
    [InlineData("${path//\\//|}", "|usr|local|bin|tool.tar.gz")]
    [InlineData("${path/$sep/|}", "|usr/local/bin/tool.tar.gz")]
    [InlineData("${path//o?/0}", "/usr/l0al/bin/t0l.tar.gz")]
    [InlineData("${path/l*/}", "/usr/")]
    [InlineData("${star//\\*/-}", "a-b-c")]
    [InlineData("${v/x/y}", "value")]
    [InlineData("${v//a/$two}", "va blue")]
    [InlineData("${v//a/}", "vlue")]
    [InlineData("${none/a/b}", "")]
    [InlineData("${v///}", "value")]
    public void Replacements_take_the_first_or_all(string word, string expected) => Check(word, expected);

    [Theory]
    [InlineData("${")]
    [InlineData("${}")]
    [InlineData("${:}")]
    [InlineData("${:-x}")]
    [InlineData("${{v}}")]
    [InlineData("${.}")]
    [InlineData("${v")]
    [InlineData("${v:")]
    [InlineData("${v:-")]
    [InlineData("${v:-x")]
    [InlineData("${v:=x}")]
    [InlineData("${v=x}")]
    [InlineData("${v:x}")]
    [InlineData("${v:#x}")]
    [InlineData("${v:%x}")]
    [InlineData("${v/a}")]
    [InlineData("${v//a}")]
    [InlineData("${v/a/b")]
    [InlineData("${v#\\a}")]
    [InlineData("'open")]
    [InlineData("\"open")]
    [InlineData("\"open\\\"")]
    [InlineData("${none?}")]
    [InlineData("${none:?}")]
    [InlineData("${empty:?}")]
    public void What_is_wrong_is_refused(string word) => Assert.Throws<VariableException>(() => Lexer(word).ToText());

    [Fact]
    public void A_required_variable_fails_with_the_authors_words()
    {
        VariableException e = Assert.Throws<VariableException>(() => Lexer("${none:?give a $v}").ToText());
        Assert.Equal("none: give a value", e.Message);
        Assert.True(e.IsRequired);
        Assert.True(Assert.Throws<VariableException>(() => Lexer("${empty:?}").ToText()).IsRequired);
        Assert.False(Assert.Throws<VariableException>(() => Lexer("${empty").ToText()).IsRequired);
    }

    [Theory]
    [InlineData("a b", new[] { "a", "b" })]
    [InlineData("  a   b  ", new[] { "a", "b" })]
    [InlineData("$two", new[] { "a", "b" })]
    [InlineData("x$two", new[] { "xa", "b" })]
    [InlineData("\"$two\"", new[] { "a b" })]
    [InlineData("a\\ b", new[] { "a b" })]
    [InlineData("$empty", new string[0])]
    [InlineData("\"\"", new string[0])]
    [InlineData("x${none:-${two}}y", new[] { "xa", "by" })]
    public void What_a_variable_brings_along_is_split_what_is_quoted_is_not(string word, string[] expected) =>
        Assert.Equal(expected, Lexer(word).ToWords());

    [Fact]
    public void With_a_backtick_as_escape_the_backslash_is_a_character()
    {
        Assert.Equal("C:\\value", new VariableLexer("C:\\$v", Find, '`').ToText());
        Assert.Equal("$v\\", new VariableLexer("`$v\\", Find, '`').ToText());
    }

    [Fact]
    public void In_a_heredoc_quotes_are_content()
    {
        VariableLexer lexer = new("it's \"$v\" \\$v", Find, '\\') { QuotesAreContent = true };
        Assert.Equal("it's \"value\" $v", lexer.ToText());
    }

    [Fact]
    public void Nesting_and_growth_are_bounded()
    {
        string deep = string.Concat(Enumerable.Repeat("${a:-", 100_000));
        Assert.Contains("nested", Assert.Throws<VariableException>(() => Lexer(deep).ToText()).Message, StringComparison.Ordinal);

        string big = new('x', 1 << 20);
        VariableLexer growing = new(string.Concat(Enumerable.Repeat("$a", 100)), _ => big, '\\');
        Assert.Contains("too long", Assert.Throws<VariableException>(() => growing.ToText()).Message, StringComparison.Ordinal);

        VariableLexer slow = new("${a%%" + new string('*', 500_000) + "y}", _ => big, '\\');
        Assert.Throws<VariableException>(() => slow.ToText());
    }

    private static void Check(string word, string expected) => Assert.Equal(expected, Lexer(word).ToText());

    private static VariableLexer Lexer(string word) => new(word, Find, '\\');

    private static string? Find(string name) => s_variables.GetValueOrDefault(name);
}
