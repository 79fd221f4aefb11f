namespace Containers.Engine.Launch;

/// <summary>
/// The kernel parameters (sysctl(8)) that belong to a namespace of the container, and so may be set for it. Everything else would
/// change the host (security.md S13, CVE-2022-0811).
/// </summary>
internal static class KernelParameter
{
    private static readonly string[] s_ipc =
    [
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni",
        "kernel.shm_rmid_forced",
    ];

    /// <exception cref="EngineException">InvalidSysctl.</exception>
    internal static void Validate(string name, string value, bool privateIpc, bool privateNetwork, bool privateUts)
    {
        bool grammar = name.Length is > 0 and < 256 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            && !name.Contains("..", StringComparison.Ordinal) && !name.StartsWith('.') && !name.EndsWith('.');
        if (!grammar || value.AsSpan().ContainsAny("\0\n\r") || value.Length > 1024)
        {
            throw Invalid(name, $"\"{name}\" with this value is not a valid kernel parameter.");
        }

        bool ipc = s_ipc.Contains(name) || name.StartsWith("fs.mqueue.", StringComparison.Ordinal);
        bool network = name.StartsWith("net.", StringComparison.Ordinal);
        bool uts = name is "kernel.domainname";
        if (!ipc && !network && !uts)
        {
            throw Invalid(name, $"The kernel parameter \"{name}\" belongs to the whole host, not to a container.");
        }

        if ((ipc && !privateIpc) || (network && !privateNetwork) || (uts && !privateUts))
        {
            throw Invalid(name, $"The kernel parameter \"{name}\" cannot be set, because the container shares that namespace.");
        }
    }

    private static EngineException Invalid(string name, string message) => new(
        EngineErrorKind.InvalidArgument, "InvalidSysctl", message, name,
        "Parameters below net. and fs.mqueue., and those of System V IPC, can be set for a container.");
}
