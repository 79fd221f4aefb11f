using System.Globalization;

namespace Containers.Engine.Cgroups;

/// <summary>Allows or denies access to device nodes (Documentation/admin-guide/cgroup-v1/devices.rst).</summary>
/// <param name="Type"><c>a</c> all, <c>b</c> block or <c>c</c> character devices.</param>
/// <param name="Major">The major number, -1 for any.</param>
/// <param name="Minor">The minor number, -1 for any.</param>
/// <param name="Access">Any of <c>r</c> read, <c>w</c> write, <c>m</c> make a node.</param>
/// <param name="Allow">False denies what an earlier rule allowed.</param>
public sealed record DeviceRule(char Type, long Major, long Minor, string Access, bool Allow)
{
    private const long MajorMaximum = (1 << 12) - 1;
    private const long MinorMaximum = (1 << 20) - 1;

    /// <summary>Reads docker's form, an allowing rule such as <c>c 10:200 rwm</c> or <c>b *:* m</c>; a leading <c>!</c> denies.</summary>
    /// <exception cref="EngineException">InvalidDeviceRule.</exception>
    public static DeviceRule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        bool allow = !text.StartsWith('!');
        string[] parts = (allow ? text : text[1..]).Split(' ');
        if (parts.Length == 3 && parts[0] is ['a' or 'b' or 'c'] && parts[1].Split(':') is [string major, string minor]
            && Number(major, MajorMaximum, out long majorNumber) && Number(minor, MinorMaximum, out long minorNumber)
            && parts[2].Length is > 0 and <= 3 && parts[2].All(c => "rwm".Contains(c, StringComparison.Ordinal))
            && parts[2].Distinct().Count() == parts[2].Length)
        {
            return new DeviceRule(parts[0][0], majorNumber, minorNumber, parts[2], allow);
        }

        throw new EngineException(
            EngineErrorKind.InvalidArgument,
            "InvalidDeviceRule",
            $"'{text}' is not a device rule.",
            text,
            "Write it as type, numbers and access, for example 'c 10:200 rwm' or 'b *:* m'.");
    }

    /// <summary>The form of <see cref="Parse"/>, and of the v1 files devices.allow and devices.deny.</summary>
    public override string ToString() => $"{(Allow ? "" : "!")}{Line}";

    internal string Line => $"{Type} {Text(Major)}:{Text(Minor)} {Access}";

    internal bool IsEverything => Type == 'a' && Major < 0 && Minor < 0 && Access.Length == 3;

    private static string Text(long number) => number < 0 ? "*" : number.ToString(CultureInfo.InvariantCulture);

    private static bool Number(string text, long maximum, out long value)
    {
        value = -1;
        return text == "*"
            || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= maximum);
    }
}
