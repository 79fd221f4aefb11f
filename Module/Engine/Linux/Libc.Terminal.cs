using System.Runtime.InteropServices;

namespace Containers.Engine.Linux;

/// <summary>Pseudo-terminals. The numbers are those of asm-generic, which x86-64 and arm64 share (ioctl_tty(2)).</summary>
internal static unsafe partial class Libc
{
    internal const long DEVPTS_SUPER_MAGIC = 0x1cd1;

    internal const nuint TIOCSCTTY = 0x540E;
    internal const nuint TIOCSPGRP = 0x5410;
    internal const nuint TIOCGWINSZ = 0x5413;
    internal const nuint TIOCSWINSZ = 0x5414;

    /// <summary>_IOW('T', 0x31, int): locks (1) or unlocks (0) the slave of a master.</summary>
    internal const nuint TIOCSPTLCK = 0x40045431;

    /// <summary>_IO('T', 0x41), Linux 4.13: opens the slave of a master, without any path.</summary>
    internal const nuint TIOCGPTPEER = 0x5441;

    [StructLayout(LayoutKind.Sequential)]
    internal struct winsize
    {
        internal ushort ws_row;
        internal ushort ws_col;
        internal ushort ws_xpixel;
        internal ushort ws_ypixel;
    }

    [LibraryImport(Library)]
    internal static partial int setpgid(int pid, int group);
}
