using Containers.Engine.Networking;
using Containers.Engine.Networking.Firewall;
using Xunit;

namespace Containers.Engine.Tests.Networking.Firewall;

public class RestoreScriptTests
{
    private static readonly FirewallChains s_chains = new("CONTAINERS");

    [Fact]
    public void An_addition_checks_its_base_in_each_table_before_it_appends()
    {
        string script = RestoreScript.Add(
            FirewallCompiler.CompileBase(TestState.Two, TestState.Web, FirewallFamily.IPv6),
                FirewallCompiler.CompileContainer(TestState.Two, TestState.Web, FirewallFamily.IPv6));
        string[] tables = script.Split("COMMIT\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["*raw", "*filter", "*nat"], tables.Select(t => t.Split('\n')[0]));
        Assert.All(tables, table =>
        {
            string[] verbs = [.. table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(l => l[..2])];
            Assert.Equal(verbs.OrderBy(v => v == "-A"), verbs);
            Assert.Equal("-C", verbs[0]);
        });
        Assert.Contains("-A CONTAINERS -p tcp -m tcp --dport 8080 ", script, StringComparison.Ordinal);
    }

    [Fact]
    public void A_base_holds_the_containers_own_networks_only()
    {
        IReadOnlyList<FirewallRule> rules = FirewallCompiler.CompileBase(TestState.Two, TestState.Web, FirewallFamily.IPv4);
        Assert.Contains(rules, r => r.Owner == TestState.NetA);
        Assert.DoesNotContain(rules, r => r.Owner == TestState.NetB);
    }

    [Fact]
    public void A_rebuild_never_declares_the_users_chain()
    {
        IReadOnlyList<FirewallRule> rules = FirewallCompiler.Compile(TestState.Two, FirewallFamily.IPv4);
        Assert.Contains("\n-N CONTAINERS-USER\n", RestoreScript.Replace(s_chains, rules, SavedRules.Parse("")), StringComparison.Ordinal);
        string second = RestoreScript.Replace(s_chains, rules, SavedRules.Parse("*filter\n:CONTAINERS-USER - [0:0]\nCOMMIT\n"));
        Assert.DoesNotContain("-N CONTAINERS-USER", second, StringComparison.Ordinal);
        Assert.DoesNotContain(":CONTAINERS-USER", second, StringComparison.Ordinal);
    }

    [Fact]
    public void Jumps_in_the_wrong_place_or_too_often_are_taken_away_and_put_first()
    {
        SavedRules current = SavedRules.Parse(
            "*filter\n:FORWARD ACCEPT [0:0]\n:CONTAINERS-USER - [0:0]\n:CONTAINERS-FORWARD - [0:0]\n"
            + "-A FORWARD -j CONTAINERS-FORWARD\n-A FORWARD -j X\n"
            + "-A FORWARD -j CONTAINERS-USER\n-A FORWARD -i eth0 -j CONTAINERS-USER\n-A FORWARD -j CONTAINERS-FORWARD\nCOMMIT\n");
        string[] lines = RestoreScript.Replace(s_chains, FirewallCompiler.Compile(TestState.Two, FirewallFamily.IPv4), current).Split('\n');
        Assert.Equal(2, lines.Count(l => l == "-D FORWARD -j CONTAINERS-FORWARD"));
        Assert.Equal(1, lines.Count(l => l == "-D FORWARD -j CONTAINERS-USER"));
        Assert.DoesNotContain("-D FORWARD -i eth0 -j CONTAINERS-USER", lines);
        int first = Array.IndexOf(lines, "-I FORWARD 1 -j CONTAINERS-USER");
        Assert.Equal("-I FORWARD 2 -j CONTAINERS-FORWARD", lines[first + 1]);
    }

    [Fact]
    public void Jumps_that_are_right_are_left_alone()
    {
        SavedRules current = SavedRules.Parse(
            "*filter\n:FORWARD ACCEPT [0:0]\n:CONTAINERS-USER - [0:0]\n:CONTAINERS-FORWARD - [0:0]\n"
            + "-A FORWARD -j CONTAINERS-USER\n-A FORWARD -j CONTAINERS-FORWARD\nCOMMIT\n");
        Assert.DoesNotContain(" FORWARD ", RestoreScript.Replace(s_chains, FirewallCompiler.Compile(TestState.Two, FirewallFamily.IPv4),
            current), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_to_remove_is_an_empty_script()
    {
        Assert.Equal("", RestoreScript.RemoveAll(s_chains, SavedRules.Parse("*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j X\nCOMMIT\n")));
    }

    [Theory]
    [InlineData("-j X", "X")]
    [InlineData("-d 10.0.0.1/32 -g X", "X")]
    [InlineData("-m comment --comment \"a -j Y \\\" b\" -j DNAT --to-destination 1.2.3.4:5", "DNAT")]
    [InlineData("-s 10.0.0.0/8", null)]
    public void The_target_of_a_saved_rule_is_found(string rule, string? target) => Assert.Equal(target, SavedRules.Target(rule));
}
