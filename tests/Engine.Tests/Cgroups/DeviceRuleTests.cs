using Containers.Engine.Cgroups;
using Containers.Engine.Cgroups.V2;
using Xunit;
using V1Devices = Containers.Engine.Cgroups.V1.DevicesController;

namespace Containers.Engine.Tests.Cgroups;

public class DeviceRuleTests
{
    [Theory]
    [InlineData("c 10:200 rwm")]
    [InlineData("b *:* m")]
    [InlineData("a *:* rwm")]
    [InlineData("!c 1:* w")]
    public void A_rule_reads_and_writes_the_same_text(string text) => Assert.Equal(text, DeviceRule.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("c 10:200")]
    [InlineData("d 1:3 r")]
    [InlineData("c 1 r")]
    [InlineData("c 1:3 x")]
    [InlineData("c 1:3 rr")]
    [InlineData("c 1:3  r")]
    [InlineData("c -1:3 r")]
    [InlineData("c 5000:3 r")]
    [InlineData("c 1:3 r\n")]
    public void Anything_else_is_refused(string text) =>
        Assert.Equal("InvalidDeviceRule", Assert.Throws<EngineException>(() => DeviceRule.Parse(text)).ErrorId);

    [Theory]
    [InlineData("c 1:3 rwm;a 7:* r", "devices.deny a;devices.allow c 1:3 rwm;devices.allow b 7:* r;devices.allow c 7:* r")]
    [InlineData("a *:* rwm;!c 1:3 w", "devices.allow a;devices.deny c 1:3 w")]
    [InlineData("a *:* r", "devices.deny a;devices.allow b *:* r;devices.allow c *:* r")] // "a" would allow writing too
    [InlineData("c 1:3 r;!a *:* rwm;c 1:5 r", "devices.deny a;devices.allow c 1:5 r")]
    public void V1_gets_a_default_and_its_exceptions(string rules, string lines)
    {
        Assert.True(V1Devices.CanExpress(Rules(rules)));
        Assert.Equal(lines, string.Join(';', V1Devices.Lines(Rules(rules)).Select(l => $"{l.File} {l.Value}")));
    }

    [Theory]
    [InlineData("c *:* rwm;!c 1:3 w")]
    [InlineData("a *:* rwm;!c *:* w;c 1:3 w")]
    public void Rules_whose_order_matters_are_more_than_v1_can(string rules) => Assert.False(V1Devices.CanExpress(Rules(rules)));

    [Theory]
    [InlineData("c 1:3 rwm", 'c', 1, 3, "rwm", true)]
    [InlineData("c 1:3 rwm", 'b', 1, 3, "r", false)]
    [InlineData("c 1:3 rwm", 'c', 1, 4, "r", false)]
    [InlineData("c 1:3 rwm", 'c', 2, 3, "r", false)]
    [InlineData("c 1:3 r", 'c', 1, 3, "rw", false)]
    [InlineData("c 1:3 r;c 1:3 w", 'c', 1, 3, "rw", true)] // one rule for each half of the access
    [InlineData("c 1:3 rw;!c 1:3 w", 'c', 1, 3, "r", true)]
    [InlineData("c 1:3 rw;!c 1:3 w", 'c', 1, 3, "rw", false)]
    [InlineData("!c 1:3 w;c 1:3 rw", 'c', 1, 3, "rw", true)] // the last match wins
    [InlineData("c *:* m", 'c', 250, 9, "m", true)]
    [InlineData("c *:* m", 'c', 250, 9, "r", false)]
    [InlineData("c 1:3 r;a *:* rwm", 'b', 8, 0, "rw", true)]
    [InlineData("a *:* rwm;!b 8:* rw", 'b', 8, 1, "m", true)]
    [InlineData("a *:* rwm;!b 8:* rw", 'b', 8, 1, "rm", false)]
    [InlineData("a *:* rwm;!a *:* rwm", 'c', 1, 3, "r", false)]
    [InlineData("c 4095:1048575 r", 'c', 4095, 1048575, "r", true)]
    [InlineData("a *:* rw", 'c', 4, 5, "rw", true)]
    [InlineData("a *:* rw", 'c', 4, 5, "m", false)]
    public void The_v2_program_decides_as_the_rules_say(string rules, char type, uint major, uint minor, string access, bool allowed)
    {
        byte[] program = DeviceProgram.Generate(Rules(rules));

        Assert.Equal(allowed, new DeviceProgramRun(program).Allows(type, major, minor, access));
    }

    private static DeviceRule[] Rules(string text) => [.. text.Split(';').Select(DeviceRule.Parse)];
}
