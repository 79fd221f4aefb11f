using Containers.Engine.Launch;
using Xunit;

namespace Containers.Engine.Tests.Launch;

public class CapabilitySetTests
{
    private const int LastCap = 40;

    [Fact]
    public void The_default_is_dockers_fourteen()
    {
        // CapEff of a docker container without options.
        Assert.Equal(0x00000000a80425fbUL, CapabilitySet.Default.Bits);
        Assert.Equal(14, CapabilitySet.Default.Names.Count);
        Assert.Equal("CAP_CHOWN", CapabilitySet.Default.Names[0]);
    }

    [Theory]
    [InlineData("NET_ADMIN")]
    [InlineData("cap_net_admin")]
    [InlineData("Cap_Net_Admin")]
    public void A_name_is_known_with_and_without_prefix_in_any_case(string name)
    {
        CapabilitySet set = CapabilitySet.Resolve(CapabilitySet.None, [name], [], LastCap);

        Assert.Equal(1UL << 12, set.Bits);
        Assert.True(set.Contains(name));
        Assert.Equal(["CAP_NET_ADMIN"], set.Names);
    }

    [SkippableFact]
    public void The_numbers_are_those_of_the_kernel_header()
    {
        string[] lines = File.Exists("/usr/include/linux/capability.h") ? File.ReadAllLines("/usr/include/linux/capability.h") : [];
        var known = lines
            .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is ["#define", ['C', 'A', 'P', '_', ..], _, ..] && int.TryParse(words[2], out _))
            .ToDictionary(words => words[1], words => int.Parse(words[2]));
        Skip.If(known.Count == 0, "linux/capability.h is not installed");

        Assert.All(known, pair => Assert.Equal([pair.Key], new CapabilitySet(1UL << pair.Value).Names));
    }

    [Theory]
    [InlineData("", "", "CHOWN KILL")]
    [InlineData("SYS_TIME", "KILL", "CHOWN SYS_TIME")]
    [InlineData("KILL", "KILL", "CHOWN KILL")]
    [InlineData("KILL", "ALL", "KILL")]
    [InlineData("", "all", "")]
    [InlineData("SYS_TIME", "ALL KILL", "SYS_TIME")]
    public void Lists_resolve_as_in_docker(string add, string drop, string expected)
    {
        CapabilitySet start = Set("CHOWN KILL");

        Assert.Equal(Set(expected), CapabilitySet.Resolve(start, Words(add), Words(drop), LastCap));
    }

    [Fact]
    public void All_added_is_what_the_kernel_has_less_what_is_dropped_by_name()
    {
        CapabilitySet set = CapabilitySet.Resolve(CapabilitySet.Default, ["all"], ["sys_admin"], 37);

        Assert.Equal(CapabilitySet.All(37).Bits & ~(1UL << 21), set.Bits);
        Assert.False(set.Contains("PERFMON"));
        Assert.Equal(37, set.Names.Count);
    }

    [Theory]
    [InlineData("SYS_ADMlN")]
    [InlineData("")]
    [InlineData("CAP_")]
    [InlineData("CAP_CAP_KILL")]
    [InlineData("40")]
    public void An_unknown_name_is_an_error_in_either_list_and_the_action_lists_the_names(string name)
    {
        foreach ((string[] add, string[] drop) in new[] { (new[] { name }, Array.Empty<string>()), ([], new[] { name }) })
        {
            EngineException e = Assert.Throws<EngineException>(() => CapabilitySet.Resolve(CapabilitySet.Default, add, drop, LastCap));

            Assert.Equal((EngineErrorKind.InvalidArgument, "UnknownCapability", name), (e.Kind, e.ErrorId, e.ErrorTarget));
            Assert.Contains("SYS_ADMIN", e.Action, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_capability_newer_than_the_kernel_cannot_be_added_but_may_be_dropped()
    {
        EngineException e = Assert.Throws<EngineException>(() => CapabilitySet.Resolve(CapabilitySet.Default, ["BPF"], [], 37));

        Assert.Equal("UnknownCapability", e.ErrorId);
        Assert.Equal(CapabilitySet.Default, CapabilitySet.Resolve(CapabilitySet.Default, [], ["BPF"], 37));
    }

    [Fact]
    public void A_bit_newer_than_our_list_still_has_a_name()
    {
        Assert.Equal("CAP_41", CapabilitySet.All(41).Names[41]);
        Assert.Equal(64, CapabilitySet.All(63).Names.Count);
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static CapabilitySet Set(string names) => CapabilitySet.Resolve(CapabilitySet.None, Words(names), [], LastCap);
}
