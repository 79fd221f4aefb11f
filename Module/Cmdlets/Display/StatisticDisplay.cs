using System.Globalization;
using Containers.Engine.Statistics;

namespace Containers.Cmdlets;

/// <summary>How statistics look: in the format view, and in the table that is redrawn.</summary>
public static class StatisticDisplay
{
    private const string Unknown = "-";

    private static readonly string[] s_heading = ["Name", "CPU %", "Memory", "Limit", "Mem %", "Net in", "Net out", "Disk read", "Disk write", "PIDs"];

    /// <summary>"12.34"; "-" where the host does not say.</summary>
    public static string Percent(double? value) => value?.ToString("0.00", CultureInfo.InvariantCulture) ?? Unknown;

    /// <summary>"1.5 MB"; "-" where the host does not say.</summary>
    public static string Bytes(long? value) => value is { } bytes ? ByteSize.Format(bytes) : Unknown;

    public static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? Unknown;

    internal static IReadOnlyList<IReadOnlyList<string>> Rows(IReadOnlyList<ContainerStatistic> statistics) =>
    [
        s_heading,
        .. statistics.OrderBy(one => one.Name, StringComparer.Ordinal).Select(one => new[]
        {
            ContainerDisplay.Short(one.Name, 30), Percent(one.CpuPercent), Bytes(one.MemoryUsage), Bytes(one.MemoryLimit), Percent(one.MemoryPercent),
            Bytes(one.NetworkReceivedBytes), Bytes(one.NetworkSentBytes), Bytes(one.BlockReadBytes), Bytes(one.BlockWriteBytes), Number(one.Pids),
        }),
    ];
}
