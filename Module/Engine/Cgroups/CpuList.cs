using System.Globalization;

namespace Containers.Engine.Cgroups;

/// <summary>A list of CPU or memory node numbers as the kernel writes it, "0-3,7" (cpuset(7), "List format").</summary>
internal sealed class CpuList
{
    private const int Maximum = 65535;
    private readonly HashSet<int> _numbers;

    private CpuList(HashSet<int> numbers) => _numbers = numbers;

    internal int Count => _numbers.Count;

    internal static CpuList OnlineCpus() => Read("/sys/devices/system/cpu/online");

    /// <summary>The memory nodes; a kernel without NUMA has node 0 only.</summary>
    internal static CpuList OnlineNodes() => Read("/sys/devices/system/node/online");

    internal static CpuList? Parse(string text)
    {
        HashSet<int> numbers = [];
        foreach (string part in text.Split(','))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !Number(ends[0], out int first) || !Number(ends[^1], out int last) || last < first)
            {
                return null;
            }

            for (int i = first; i <= last; i++)
            {
                numbers.Add(i);
            }
        }

        return new CpuList(numbers);
    }

    /// <summary>The numbers of this list that the other one lacks, ascending.</summary>
    internal IReadOnlyList<int> Except(CpuList other) => [.. _numbers.Where(n => !other._numbers.Contains(n)).Order()];

    private static bool Number(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= Maximum;

    private static CpuList Read(string path) =>
        (CgroupFile.TryRead(path) is { } text ? Parse(text.Trim()) : null) ?? new CpuList([0]);
}
