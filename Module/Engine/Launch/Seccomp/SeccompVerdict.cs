namespace Containers.Engine.Launch.Seccomp;

/// <summary>An action with its value.</summary>
/// <param name="Action">What the kernel does.</param>
/// <param name="Data">The errno of <see cref="SeccompAction.Errno"/>, the message of <see cref="SeccompAction.Trace"/>, else 0.</param>
public readonly record struct SeccompVerdict(SeccompAction Action, ushort Data = 0)
{
    /// <summary>The filter's return value, SECCOMP_RET_... of linux/seccomp.h.</summary>
    internal uint ReturnValue => Action switch
    {
        SeccompAction.KillProcess => 0x80000000,
        SeccompAction.KillThread => 0,
        SeccompAction.Trap => 0x00030000,
        SeccompAction.Errno => 0x00050000u | Data,
        SeccompAction.Trace => 0x7ff00000u | Data,
        SeccompAction.Log => 0x7ffc0000,
        SeccompAction.Allow => 0x7fff0000,
        _ => throw new InvalidOperationException($"{Action} has no return value here."),
    };
}
