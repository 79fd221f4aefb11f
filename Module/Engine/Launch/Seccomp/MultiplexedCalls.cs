using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Containers.Engine.Launch.Seccomp;

/// <summary>
/// The calls that i386 reaches through socketcall(2) and ipc(2) as well: the first argument says which call is meant. A rule for
/// one of them must cover both ways (libseccomp does so too), else a profile which forbids socket could be walked around. The
/// arguments of the inner call are in memory, where a filter cannot look, so this holds for rules without conditions only.
/// </summary>
internal static class MultiplexedCalls
{
    // SYS_SOCKET to SYS_SENDMMSG, linux/net.h.
    private static readonly FrozenDictionary<string, int> s_socketCalls = Numbered(
        1, "socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv", "sendto",
        "recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg");

    /// <summary>The condition under which the multiplexer <paramref name="through"/> means the named call.</summary>
    internal static bool TryGet(string name, out string through, [NotNullWhen(true)] out SeccompCondition? condition)
    {
        if (s_socketCalls.TryGetValue(name, out int socketCall))
        {
            through = "socketcall";
            condition = new SeccompCondition(0, SeccompComparison.Equal, (ulong)socketCall);
            return true;
        }

        // linux/ipc.h. The upper half of ipc's first argument is a version, which the kernel cuts off.
        int ipcCall = name switch
        {
            "semop" => 1,
            "semget" => 2,
            "semctl" => 3,
            "semtimedop" => 4,
            "msgsnd" => 11,
            "msgrcv" => 12,
            "msgget" => 13,
            "msgctl" => 14,
            "shmat" => 21,
            "shmdt" => 22,
            "shmget" => 23,
            "shmctl" => 24,
            _ => 0,
        };
        through = "ipc";
        condition = ipcCall == 0 ? null : new SeccompCondition(0, SeccompComparison.MaskedEqual, 0xffff, (ulong)ipcCall);
        return condition is not null;
    }

    private static FrozenDictionary<string, int> Numbered(int first, params string[] names) =>
        names.Select((name, position) => KeyValuePair.Create(name, first + position)).ToFrozenDictionary(StringComparer.Ordinal);
}
