using System.Runtime.InteropServices;

namespace Containers.Engine.Linux;

/// <summary>
/// The one place where C library functions and system calls are declared. Names and values are spelled as in the man pages
/// and kernel headers. Every argument is blittable, so that a call compiles to a plain call: the monitor's child, which may
/// not allocate, uses the same declarations. A failed call returns -1; read <see cref="Errno.Last"/> at once.
/// </summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    [LibraryImport(Library)]
    internal static partial nint syscall(nint number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0);

    private static bool Arm64
    {
        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
        get => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    }

    // System calls without a wrapper in every libc we run on. From 424 on the numbers are the same on all architectures.
    internal const nint SYS_pidfd_send_signal = 424;
    internal const nint SYS_open_tree = 428;
    internal const nint SYS_move_mount = 429;
    internal const nint SYS_fsopen = 430;
    internal const nint SYS_fsconfig = 431;
    internal const nint SYS_fsmount = 432;
    internal const nint SYS_pidfd_open = 434;
    internal const nint SYS_clone3 = 435;
    internal const nint SYS_close_range = 436;
    internal const nint SYS_openat2 = 437;
    internal const nint SYS_mount_setattr = 442;
    internal const nint SYS_fchmodat2 = 452;

    internal static nint SYS_renameat2 => Arm64 ? 276 : 316;

    internal static nint SYS_pivot_root => Arm64 ? 41 : 155;

    internal static nint SYS_seccomp => Arm64 ? 277 : 317;

    internal static nint SYS_capset => Arm64 ? 91 : 126;

    internal static nint SYS_capget => Arm64 ? 90 : 125;

    internal static nint SYS_keyctl => Arm64 ? 219 : 250;

    internal static nint SYS_bpf => Arm64 ? 280 : 321;

    internal static nint SYS_getdents64 => Arm64 ? 61 : 217;

    internal static nint SYS_setresuid => Arm64 ? 147 : 117;

    internal static nint SYS_setresgid => Arm64 ? 149 : 119;

    internal static nint SYS_setgroups => Arm64 ? 159 : 116;

    internal static nint SYS_rt_sigprocmask => Arm64 ? 135 : 14;

    internal static nint SYS_rt_sigtimedwait => Arm64 ? 137 : 128;

    internal static nint SYS_rt_sigaction => Arm64 ? 134 : 13;

    internal static nint SYS_clone => Arm64 ? 220 : 56;

    internal static nint SYS_getcwd => Arm64 ? 17 : 79;

    internal static nint SYS_signalfd4 => Arm64 ? 74 : 289;

    internal static nint SYS_exit_group => Arm64 ? 94 : 231;

    internal static nint SYS_waitid => Arm64 ? 95 : 247;
}
