namespace Containers.Engine.Launch.Seccomp;

/// <summary>What the kernel does with a system call, seccomp(2); spelled SCMP_ACT_... in profiles.</summary>
public enum SeccompAction
{
    KillProcess,
    KillThread,
    Trap,
    Errno,
    Notify,
    Trace,
    Log,
    Allow,
}
