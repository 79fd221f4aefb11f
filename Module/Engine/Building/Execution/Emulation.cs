namespace Containers.Engine.Building.Execution;

/// <summary>Interpreters for programs of other architectures (Documentation/admin-guide/binfmt-misc.rst).</summary>
internal static class Emulation
{
    private const string Folder = "/proc/sys/fs/binfmt_misc";

    /// <param name="architecture">As Go names it.</param>
    internal static bool IsAvailable(string architecture)
    {
        string name = architecture switch
        {
            "amd64" => "x86_64", "386" => "i386", "arm64" => "aarch64", "ppc64le" => "ppc64le", "mips64le" => "mips64el", _ => architecture,
        };
        try
        {
            string text = File.ReadAllText(Folder + "/qemu-" + name);

            // Flag F: the kernel holds the interpreter, which is not in the container.
            return text.StartsWith("enabled", StringComparison.Ordinal)
                && text.Split('\n').Any(line => line.StartsWith("flags:", StringComparison.Ordinal) && line.Contains('F', StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
