namespace Containers.Engine.Launch.Seccomp;

/// <summary>A numbering of system calls; the value is its column in Syscalls.txt.</summary>
internal enum SyscallAbi
{
    X64,
    X32,
    X86,
    Arm64,
    Arm,
}
