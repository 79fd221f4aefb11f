namespace Containers.Engine.Cgroups.V1;

/// <summary>
/// devices of cgroup v1 (cgroup-v1/devices.rst): a default, allow or deny, and exceptions to it. The kernel keeps no order of
/// rules: "allow c *:*" and then "deny c 1:3" leaves 1:3 allowed, without an error.
/// </summary>
internal static class DevicesController
{
    /// <summary>Whether these rules are one default and exceptions to it, all of the other kind.</summary>
    internal static bool CanExpress(IReadOnlyList<DeviceRule> rules)
    {
        (bool allowed, IEnumerable<DeviceRule> exceptions) = Split(rules);
        return exceptions.All(r => r.Allow != allowed);
    }

    /// <param name="rules">Rules that <see cref="CanExpress"/> is true for.</param>
    internal static void Apply(string directory, IReadOnlyList<DeviceRule> rules)
    {
        foreach ((string file, string value) in Lines(rules))
        {
            CgroupFile.Write(directory, file, value);
        }
    }

    internal static IEnumerable<(string File, string Value)> Lines(IReadOnlyList<DeviceRule> rules)
    {
        (bool allowed, IEnumerable<DeviceRule> exceptions) = Split(rules);
        yield return (allowed ? "devices.allow" : "devices.deny", "a");
        foreach (DeviceRule rule in exceptions)
        {
            string file = rule.Allow ? "devices.allow" : "devices.deny";
            if (rule.Type == 'a')
            {
                // The kernel takes any line that begins with "a" as all devices and all access.
                yield return (file, (rule with { Type = 'b' }).Line);
                yield return (file, (rule with { Type = 'c' }).Line);
            }
            else
            {
                yield return (file, rule.Line);
            }
        }
    }

    /// <summary>What the last rule about everything says, and the rules after it; without one everything is denied.</summary>
    private static (bool Allowed, IEnumerable<DeviceRule> Exceptions) Split(IReadOnlyList<DeviceRule> rules)
    {
        for (int i = rules.Count - 1; i >= 0; i--)
        {
            if (rules[i].IsEverything)
            {
                return (rules[i].Allow, rules.Skip(i + 1));
            }
        }

        return (false, rules);
    }
}
