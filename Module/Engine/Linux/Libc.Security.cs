using System.Runtime.InteropServices;

namespace Containers.Engine.Linux;

internal static unsafe partial class Libc
{
    internal const uint LINUX_CAPABILITY_VERSION_3 = 0x20080522;
    internal const uint SECCOMP_SET_MODE_FILTER = 1;
    internal const uint SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;

    [StructLayout(LayoutKind.Sequential)]
    internal struct cap_header
    {
        internal uint version;
        internal int pid;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct cap_data
    {
        internal uint effective;
        internal uint permitted;
        internal uint inheritable;
    }

    /// <summary>struct sock_fprog of seccomp(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct sock_fprog
    {
        internal ushort len;
        internal void* filter;
    }

    /// <param name="data">Two elements: capabilities 0 to 31 and 32 to 63.</param>
    internal static int capset(cap_header* header, cap_data* data) => (int)syscall(SYS_capset, (nint)header, (nint)data);

    internal static int capget(cap_header* header, cap_data* data) => (int)syscall(SYS_capget, (nint)header, (nint)data);

    internal static int seccomp(uint operation, uint flags, void* args) =>
        (int)syscall(SYS_seccomp, (nint)operation, (nint)flags, (nint)args);

    internal static nint keyctl(nint operation, nint a) => syscall(SYS_keyctl, operation, a);

    internal static int bpf(int command, void* attributes, uint size) =>
        (int)syscall(SYS_bpf, command, (nint)attributes, (nint)size);
}
