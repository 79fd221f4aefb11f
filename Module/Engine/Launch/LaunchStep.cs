using Containers.Engine.Launch.Plan;

namespace Containers.Engine.Launch;

/// <summary>
/// One step of a launch plan: what the new process asks of the kernel. <see cref="LaunchSteps"/> makes them; the monitor's child
/// takes them. The target and the detail are for people: -WhatIf, Get-ContainerPlan, and the error when the step fails.
/// </summary>
internal sealed record LaunchStep(PlanOpcode Code, string Target, string Detail)
{
    internal ushort Flags { get; init; }

    internal int Slot { get; init; }

    internal int Slot2 { get; init; }

    internal uint Mode { get; init; }

    internal ulong X { get; init; }

    internal ulong Y { get; init; }

    internal ulong Z { get; init; }

    internal string? Text1 { get; init; }

    internal string? Text2 { get; init; }

    internal string? Text3 { get; init; }

    /// <summary>Bytes in place of <see cref="Text1"/>.</summary>
    internal ReadOnlyMemory<byte> Blob { get; init; }

    internal IReadOnlyList<string>? List1 { get; init; }

    internal IReadOnlyList<string>? List2 { get; init; }

    internal IReadOnlyList<string>? List3 { get; init; }
}

/// <summary>The numbered places in which steps keep descriptors.</summary>
internal static class Slot
{
    internal const int Root = 0;
    internal const int Proc = 1;
    internal const int Dev = 2;
    internal const int Null = 3;
    internal const int EmptyDirectory = 4;
    internal const int Mount = 5;
    internal const int Target = 6;
    internal const int Cgroup = 7;
    internal const int Source = 8;
    internal const int UserNamespace = 9;

    /// <summary>The first of those for mounts that are cloned before the host's are cut off.</summary>
    internal const int FirstClone = 64;

    internal const int LastClone = Plan.PlanFormat.Slots - 1;
}
