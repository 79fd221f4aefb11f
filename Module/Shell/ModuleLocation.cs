namespace Containers.Shell;

/// <summary>Where the Containers module is: -Module, $CONTAINERS_MODULE_PATH, or beside the shell's own folder.</summary>
internal static class ModuleLocation
{
    /// <summary>The manifest, or null when none was asked for and none lies beside the shell.</summary>
    internal static string? Find(string? asked)
    {
        string? path = asked ?? Environment.GetEnvironmentVariable("CONTAINERS_MODULE_PATH");
        if (!string.IsNullOrEmpty(path))
        {
            string full = Path.GetFullPath(path);
            string inside = Path.Combine(full, "Containers.psd1");
            return Directory.Exists(full) && File.Exists(inside) ? inside : full;
        }

        string beside = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "Containers", "Containers.psd1"));
        return File.Exists(beside) ? beside : null;
    }
}
