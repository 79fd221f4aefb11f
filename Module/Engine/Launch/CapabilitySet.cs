using System.Numerics;

namespace Containers.Engine.Launch;

/// <summary>A set of Linux capabilities, capabilities(7): bit N is the capability with number N of linux/capability.h.</summary>
/// <param name="Bits">One bit per capability.</param>
public readonly record struct CapabilitySet(ulong Bits)
{
    private const string Prefix = "CAP_";
    private const string Every = "ALL";

    // In the order of linux/capability.h; the index is the number.
    private static readonly string[] s_names =
    [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT",
        "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE",
        "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
        "PERFMON", "BPF", "CHECKPOINT_RESTORE",
    ];

    /// <summary>No capability at all.</summary>
    public static CapabilitySet None => default;

    /// <summary>The 14 capabilities that docker gives to a container which asks for nothing.</summary>
    public static CapabilitySet Default { get; } = Of(
        "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
        "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE");

    /// <summary>The names with CAP_ in front, in the order of their numbers. A number newer than this list reads CAP_41.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            List<string> names = new(BitOperations.PopCount(Bits));
            for (ulong rest = Bits; rest != 0; rest &= rest - 1)
            {
                int number = BitOperations.TrailingZeroCount(rest);
                names.Add(number < s_names.Length ? Prefix + s_names[number] : $"{Prefix}{number}");
            }

            return names;
        }
    }

    /// <summary>Every capability that a kernel knows.</summary>
    /// <param name="lastCap">The content of /proc/sys/kernel/cap_last_cap, 0 to 63.</param>
    public static CapabilitySet All(int lastCap)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lastCap);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lastCap, 63);
        return new CapabilitySet(ulong.MaxValue >> (63 - lastCap));
    }

    /// <summary>
    /// What a container gets, with docker's rules (moby, oci/caps): ALL added means all but those dropped by name; else ALL
    /// dropped means only those added by name; else drop first and add then, so that a name in both lists is granted.
    /// </summary>
    /// <param name="baseSet">What it would get without lists, most often <see cref="Default"/>.</param>
    /// <param name="add">Names with or without CAP_ in any case, or ALL.</param>
    /// <param name="drop">Likewise.</param>
    /// <param name="lastCap">The last capability of this kernel, see <see cref="All"/>.</param>
    /// <exception cref="EngineException">UnknownCapability: not a capability, or one that this kernel does not have.</exception>
    public static CapabilitySet Resolve(CapabilitySet baseSet, IEnumerable<string> add, IEnumerable<string> drop, int lastCap)
    {
        CapabilitySet all = All(lastCap);
        (ulong added, bool addAll) = ParseList(add);
        (ulong dropped, bool dropAll) = ParseList(drop);
        if ((added & ~all.Bits) != 0)
        {
            string name = new CapabilitySet(added & ~all.Bits).Names[0];
            throw Unknown(name, $"This kernel has no capability '{name}'; its last one is number {lastCap}.", lastCap);
        }

        ulong bits = addAll ? all.Bits & ~dropped
            : dropAll ? added
            : (baseSet.Bits & ~dropped) | added;
        return new CapabilitySet(bits & all.Bits);

        (ulong Bits, bool All) ParseList(IEnumerable<string> names)
        {
            ulong bits = 0;
            bool every = false;
            foreach (string name in names)
            {
                if (string.Equals(name, Every, StringComparison.OrdinalIgnoreCase))
                {
                    every = true;
                }
                else if (TryGetNumber(name, out int number))
                {
                    bits |= 1UL << number;
                }
                else
                {
                    throw Unknown(name, $"There is no capability '{name}'.", lastCap);
                }
            }

            return (bits, every);
        }
    }

    /// <summary>Whether the named capability is in the set. A name that no capability has is in no set.</summary>
    /// <param name="name">With or without CAP_, in any case.</param>
    public bool Contains(string name) => TryGetNumber(name, out int number) && ((Bits >> number) & 1) != 0;

    public override string ToString() => Bits == 0 ? "none" : string.Join(' ', Names);

    private static CapabilitySet Of(params ReadOnlySpan<string> names)
    {
        ulong bits = 0;
        foreach (string name in names)
        {
            bits |= 1UL << Array.IndexOf(s_names, name);
        }

        return new CapabilitySet(bits);
    }

    private static bool TryGetNumber(string name, out int number)
    {
        ReadOnlySpan<char> bare = name;
        if (bare.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            bare = bare[Prefix.Length..];
        }

        for (number = 0; number < s_names.Length; number++)
        {
            if (bare.Equals(s_names[number], StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static EngineException Unknown(string name, string message, int lastCap) => new(
        EngineErrorKind.InvalidArgument,
        "UnknownCapability",
        message,
        name,
        $"Use ALL or one of: {string.Join(", ", s_names.Take(lastCap + 1))}.");
}
