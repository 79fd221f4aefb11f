using System.Diagnostics;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Firewall;
using Xunit;
using Xunit.Abstractions;
using HostFirewall = Containers.Engine.Networking.Firewall.Firewall;

namespace Containers.Engine.Tests.Networking.Firewall;

/// <summary>The real programs and the real kernel, both kinds of tables, in a namespace of the test's own.</summary>
public class FirewallKernelTests(ITestOutputHelper output)
{
    private static readonly FirewallFamily[] s_families = [FirewallFamily.IPv4, FirewallFamily.IPv6];

    [SkippableTheory]
    [InlineData("nft", "CONTAINERS")]
    [InlineData("legacy", "CONTAINERS")]
    [InlineData("nft", "DOCKER")]
    [InlineData("legacy", "DOCKER")]
    public void What_is_restored_is_what_save_prints(string backend, string prefix) => In(backend, host =>
    {
        FirewallState icc = TestState.Two with { Prefix = prefix, Networks = [TestState.A with { InterContainer = false },
            TestState.B with { Internal = true }] };
        foreach (FirewallState state in new[] { TestState.Two with { Prefix = prefix }, icc })
        {
            host.Firewall.Apply(state, null, default);
            foreach (FirewallFamily family in s_families)
            {
                SavedRules saved = host.Saved(family);
                foreach (IGrouping<(string Table, string Chain), FirewallRule> chain in FirewallCompiler.Compile(state,
                    family).GroupBy(r => (r.Table, r.Chain)))
                {
                    Assert.Equal(chain.Select(r => r.Text), saved.Rules(chain.Key.Table, chain.Key.Chain));
                }
            }

            Assert.Empty(host.Firewall.Check(state, default));
        }
    });

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void Adding_and_removing_a_container_leaves_everything_as_it_was(string backend) => In(backend, host =>
    {
        FirewallState without = TestState.Without(TestState.Two, TestState.Web);
        host.Firewall.Apply(without, null, default);
        string before = host.Text();
        host.Firewall.Apply(TestState.Two, TestState.Web, default);
        Assert.Empty(host.Firewall.Check(TestState.Two, default));
        Assert.Contains("--dport 8080", host.Text(), StringComparison.Ordinal);
        host.Firewall.Remove(without, HostFirewall.Difference(TestState.Two, without), default);
        Assert.Equal(before, host.Text());
    });

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void A_rebuild_twice_is_a_rebuild_once(string backend) => In(backend, host =>
    {
        host.Firewall.Apply(TestState.Two, null, default);
        string once = host.Text();
        host.Firewall.Repair(TestState.Two, default);
        Assert.Equal(once, host.Text());
    });

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void A_start_after_a_flush_builds_everything_again(string backend) => In(backend, host =>
    {
        host.Firewall.Apply(TestState.Two, null, default);
        string good = host.Text();
        foreach (string damage in new[]
        {
            "*filter\n-F\nCOMMIT\n*nat\n-F\nCOMMIT\n*raw\n-F\nCOMMIT\n",
                "*filter\n-F\n-X\nCOMMIT\n*nat\n-F\n-X\nCOMMIT\n*raw\n-F\n-X\nCOMMIT\n",
            "*nat\n-F\nCOMMIT\n", "*raw\n-D PREROUTING -j CONTAINERS\nCOMMIT\n",
        })
        {
            host.Iptables.Restore(FirewallFamily.IPv4, damage, default);
            Assert.NotEmpty(host.Firewall.Check(TestState.Two, default));
            host.Firewall.Apply(TestState.Two, TestState.Db, default);
            Assert.Equal(good, host.Text());
        }
    });

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void An_end_after_a_flush_leaves_what_remains(string backend) => In(backend, host =>
    {
        FirewallState without = TestState.Without(TestState.Two, TestState.Web);
        host.Firewall.Apply(without, null, default);
        string good = host.Text();
        host.Firewall.Apply(TestState.Two, TestState.Web, default);
        host.Iptables.Restore(FirewallFamily.IPv4, "*nat\n-F CONTAINERS\nCOMMIT\n", default);
        host.Firewall.Remove(without, HostFirewall.Difference(TestState.Two, without), default);
        Assert.Equal(good, host.Text());
    });

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void Rules_of_the_user_and_of_strangers_survive_everything(string backend) => In(backend, host =>
    {
        const string Foreign = "*filter\n:CONTAINERS-USER - [0:0]\n:OTHER - [0:0]\n-A CONTAINERS-USER -s 10.9.9.9/32 -j DROP\n"
            + "-A FORWARD -p tcp -m tcp --dport 1 -m comment --comment \"a -j CONTAINERS \\\" b\" -j ACCEPT\n"
            + "-A FORWARD -j OTHER\n-A INPUT -j CONTAINERS-USER\nCOMMIT\n"
            + "*nat\n-A POSTROUTING -s 10.1.0.0/16 -j MASQUERADE\nCOMMIT\n";
        host.Iptables.Restore(FirewallFamily.IPv4, Foreign, default);
        string before = host.Text(FirewallFamily.IPv4);
        FirewallState without = TestState.Without(TestState.Two, TestState.Web);
        host.Firewall.Apply(without, TestState.Db, default);
        host.Firewall.Apply(TestState.Two, TestState.Web, default);
        Assert.Empty(host.Firewall.Check(TestState.Two, default));
        Assert.Equal(["-s 10.9.9.9/32 -j DROP"], host.Saved(FirewallFamily.IPv4).Rules("filter", "CONTAINERS-USER"));
        Assert.Equal(
            ["-j CONTAINERS-USER", "-j CONTAINERS-FORWARD"], host.Saved(FirewallFamily.IPv4).Rules("filter", "FORWARD").Take(2));
        host.Firewall.Remove(without, HostFirewall.Difference(TestState.Two, without), default);
        host.Firewall.Remove(new FirewallState(), HostFirewall.Rules(without), default);

        // The table raw, and in nat and filter the chains of the system, exist from then on in some versions; the rest is as before.
        Assert.Equal(Lasting(before), Lasting(host.Text(FirewallFamily.IPv4)));
    });

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void Nothing_stays_when_no_network_is_left(string backend) => In(backend, host =>
    {
        host.Firewall.Apply(TestState.Two, null, default);
        host.Firewall.Remove(new FirewallState(), HostFirewall.Rules(TestState.Two), default);
        Assert.DoesNotContain("CONTAINERS", host.Text(), StringComparison.Ordinal);
        Assert.DoesNotContain("\n-A", host.Text(), StringComparison.Ordinal);
    });

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void A_second_network_takes_its_places_between_the_rules_of_the_first(string backend) => In(backend, host =>
    {
        FirewallState one = TestState.Two with { Networks = [TestState.A], Endpoints = [TestState.Two.Endpoints[0]] };
        host.Firewall.Apply(one, null, default);
        host.Firewall.Apply(TestState.Two, TestState.Db, default);
        Assert.Empty(host.Firewall.Check(TestState.Two, default));
        host.Firewall.Remove(one, HostFirewall.Difference(TestState.Two, one), default);
        Assert.Empty(host.Firewall.Check(one, default));
    });

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void The_script_for_the_monitor_takes_away_what_the_container_added(string backend) => In(backend, host =>
    {
        FirewallState without = TestState.Without(TestState.Two, TestState.Web);
        host.Firewall.Apply(TestState.Two, null, default);
        IReadOnlyList<FirewallRule> rules = HostFirewall.Difference(TestState.Two, without);
        foreach (FirewallFamily family in s_families)
        {
            host.Iptables.Restore(family, HostFirewall.UndoScript(rules, family), default);
        }

        Assert.Empty(host.Firewall.Check(without, default));
    });

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void Every_kind_of_damage_is_found(string backend) => In(backend, host =>
    {
        (string Script, FirewallDrift Kind)[] damages =
        [
            ("*filter\n-A CONTAINERS -j ACCEPT\nCOMMIT\n", FirewallDrift.ForeignRule),
            ("*filter\n-D CONTAINERS-FORWARD 1\nCOMMIT\n", FirewallDrift.MissingRule),
            ("*filter\n-D FORWARD -j CONTAINERS-FORWARD\nCOMMIT\n", FirewallDrift.MissingJump),
            ("*filter\n-I FORWARD 1 -j ACCEPT\nCOMMIT\n", FirewallDrift.ShadowedJump),
            ("*filter\n-N X\n-A X -s 10.0.0.0/8 -j DROP\n-I FORWARD 1 -j X\nCOMMIT\n", FirewallDrift.ShadowedJump),
            ("*raw\n-I PREROUTING 1 -i eth0 -j ACCEPT\nCOMMIT\n", FirewallDrift.ShadowedJump),
            ("*nat\n-A PREROUTING -m addrtype --dst-type LOCAL -j CONTAINERS\nCOMMIT\n", FirewallDrift.DuplicateRule),
            ("*raw\n-D CONTAINERS 1\n-A CONTAINERS -i lo -j RETURN\nCOMMIT\n", FirewallDrift.WrongOrder),
            ("*filter\n-D FORWARD 1\n-I FORWARD 2 -j CONTAINERS-USER\nCOMMIT\n", FirewallDrift.WrongOrder),
        ];
        foreach ((string script, FirewallDrift kind) in damages)
        {
            host.Firewall.Repair(TestState.Two, default);
            Assert.Empty(host.Firewall.Check(TestState.Two, default));
            host.Iptables.Restore(FirewallFamily.IPv4, script, default);
            Assert.Contains(host.Firewall.Check(TestState.Two, default), f => f.Kind == kind && f.Family == FirewallFamily.IPv4);
        }

        host.Firewall.Repair(TestState.Two, default);
        Assert.Empty(host.Firewall.Check(TestState.Two, default));
    });

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void A_rule_between_strangers_interfaces_shadows_nothing(string backend) => In(backend, host =>
    {
        host.Firewall.Apply(TestState.Two, null, default);
        host.Iptables.Restore(FirewallFamily.IPv4,
            "*filter\n-I FORWARD 1 -i wg0 -o eth0 -j ACCEPT\n-I FORWARD 1 -s 10.0.0.0/8 -j LOG\nCOMMIT\n", default);
        Assert.Empty(host.Firewall.Check(TestState.Two, default));
    });

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void A_hundred_containers_come_one_by_one_and_go(string backend) => In(backend, host =>
    {
        FirewallState state = TestState.Hundred with { Networks = [TestState.A with { IPv6 = null }], Endpoints = [] };
        List<double> times = [];
        foreach (FirewallEndpoint endpoint in TestState.Hundred.Endpoints)
        {
            state = state with { Endpoints = [.. state.Endpoints, endpoint] };
            long begin = Stopwatch.GetTimestamp();
            host.Firewall.Apply(state, endpoint.Container, default);
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        double first = times.Skip(1).Take(10).Order().ElementAt(5), last = times.TakeLast(10).Order().ElementAt(5);
        output.WriteLine($"{backend}: one Add {first:0.0} ms at the beginning, {last:0.0} ms at a hundred; "
            + $"the first, with the rebuild, {times[0]:0.0} ms");
        Assert.Empty(host.Firewall.Check(state, default));
        Assert.Equal(100, host.Saved(FirewallFamily.IPv4).Rules("nat", "CONTAINERS").Count);
        foreach (FirewallEndpoint endpoint in TestState.Hundred.Endpoints)
        {
            FirewallState without = TestState.Without(state, endpoint.Container);
            without = without with { Networks = without.Endpoints.Count > 0 ? without.Networks : [] };
            host.Firewall.Remove(without, HostFirewall.Difference(state, without), default);
            state = without;
        }

        Assert.DoesNotContain("\n-A", host.Text(), StringComparison.Ordinal);
    });

    [SkippableFact]
    public void A_change_that_fails_for_good_says_what_the_program_said() => In("nft", host =>
    {
        EngineException e = Assert.Throws<EngineException>(() => host.Iptables.Restore(FirewallFamily.IPv4,
            "*filter\n-A NOWHERE -j ACCEPT\nCOMMIT\n", default));
        Assert.Equal("FirewallFailed", e.ErrorId);
        Assert.StartsWith("The firewall refused a change: iptables-nft-restore", e.Message, StringComparison.Ordinal);
        Assert.StartsWith("iptables v", host.Iptables.Version(default), StringComparison.Ordinal);
    });

    [Fact]
    public void Without_the_programs_the_error_says_what_to_install()
    {
        Iptables none = new("auto", ["/nonexistent"]);
        EngineException e = Assert.Throws<EngineException>(() => none.Save(FirewallFamily.IPv4, default));
        Assert.Equal((EngineErrorKind.NotInstalled, "IPTablesNotFound"), (e.Kind, e.ErrorId));
        Assert.Contains("-IPTables:$false", e.Action, StringComparison.Ordinal);
        Assert.Null(none.Version(default));
    }

    private static void In(string backend, Action<TestHost> test)
    {
        Iptables iptables = new(backend);
        Skip.IfNot(iptables.Has(FirewallFamily.IPv4) && iptables.Has(FirewallFamily.IPv6), $"iptables ({backend}) is not installed");
        OwnNamespace.Run(() => test(new TestHost(iptables)));
    }

    private static IEnumerable<string> Lasting(string text) => text.Split('\n').Where(
        line => line.StartsWith("-A", StringComparison.Ordinal) || (line.StartsWith(':') && line.Contains(" - ",
            StringComparison.Ordinal)));

    private sealed record TestHost(Iptables Iptables)
    {
        internal HostFirewall Firewall { get; } = new(Iptables);

        internal SavedRules Saved(FirewallFamily family) => SavedRules.Parse(Iptables.Save(family, default));

        /// <summary>Without the comments, which hold the time, and the counters.</summary>
        internal string Text(FirewallFamily family) => string.Join('\n', Iptables.Save(family, default).Split('\n')
            .Where(line => !line.StartsWith('#')).Select(line => line.Split('[')[0] is var head && line.StartsWith(':') ? head : line));

        internal string Text() => Text(FirewallFamily.IPv4) + Text(FirewallFamily.IPv6);
    }
}
