namespace Containers.Engine.Cgroups.V1;

/// <summary>devices of cgroup v1 (cgroup-v1/devices.rst): everything is denied first, then the rules are written in order.</summary>
internal static class DevicesController
{
    internal static void Apply(string directory, IReadOnlyList<DeviceRule> rules)
    {
        foreach ((string file, string value) in Lines(rules))
        {
            CgroupFile.Write(directory, file, value);
        }
    }

    /// <summary>
    /// A denying rule takes back only exceptions with the same numbers: unlike v2 the kernel keeps no order here.
    /// </summary>
    internal static IEnumerable<(string File, string Value)> Lines(IReadOnlyList<DeviceRule> rules)
    {
        yield return ("devices.deny", "a");
        foreach (DeviceRule rule in rules)
        {
            string file = rule.Allow ? "devices.allow" : "devices.deny";
            if (rule.IsEverything)
            {
                yield return (file, "a");
            }
            else if (rule.Type == 'a')
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
}
