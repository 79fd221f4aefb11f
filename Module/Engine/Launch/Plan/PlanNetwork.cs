using System.Runtime.InteropServices;

namespace Containers.Engine.Launch.Plan;

/// <summary>
/// What takes a firewall rule back when nobody else is there to do it. The script exists as long as the rules do: whoever holds the
/// network lock and finds it runs the program on it and deletes it, the monitor at the end or a session before.
/// </summary>
/// <param name="Program">Absolute path on the host, for example of iptables-restore(8).</param>
/// <param name="Arguments">Its arguments, without the program.</param>
/// <param name="Script">The file that is its standard input; not in the run directory, which goes even when the program failed.</param>
internal sealed record PlanUndo(string Program, IReadOnlyList<string> Arguments, string Script);

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PlanUndoData
{
    internal byte* Program;

    /// <summary>argv, with the program's name.</summary>
    internal byte** Arguments;
    internal byte* Script;
}

/// <summary>A port of the host that is published: 24 bytes, in the plan and in HoldPort and ReleasePort.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PlanPort
{
    internal const ushort Tcp = 6;
    internal const ushort Udp = 17;
    internal const ushort Sctp = 132;

    /// <summary>Number of the protocol (IANA): 6, 17 or 132.</summary>
    internal ushort Protocol;

    /// <summary>AF_INET or AF_INET6.</summary>
    internal ushort Family;

    /// <summary>1 to 65535, in the machine's byte order.</summary>
    internal ushort Port;
    internal ushort Reserved;

    /// <summary>Four or sixteen bytes as they go over the wire; zeros for every address of the family.</summary>
    internal fixed byte Address[16];
}
