namespace Containers.Cmdlets.Tests.Hosting;

/// <summary>Finds what the tests run: the module and the shell, as staged or as built.</summary>
public static class BuiltOutput
{
    /// <summary>$CONTAINERS_TEST_MODULE, else out/Containers/Containers.psd1 above the tests; null when not staged.</summary>
    public static string? Module => Environment.GetEnvironmentVariable("CONTAINERS_TEST_MODULE") is { Length: > 0 } given
        ? given
        : Above("out/Containers/Containers.psd1");

    /// <summary>$CONTAINERS_TEST_SHELL, else the shell built together with these tests.</summary>
    public static string Shell
    {
        get
        {
            if (Environment.GetEnvironmentVariable("CONTAINERS_TEST_SHELL") is { Length: > 0 } given)
            {
                return given;
            }

            // The folder is named after configuration and runtime identifier, such as debug_linux-x64.
            string configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
            string builds = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../containers-shell"));
            string? folder = Directory.Exists(builds) ? Directory.GetDirectories(builds, configuration + "*").FirstOrDefault() : null;
            return folder is null
                ? throw new FileNotFoundException("containers-shell is not built. Build tests/Cmdlets.Tests, or set CONTAINERS_TEST_SHELL.")
                : Path.Combine(folder, "containers-shell");
        }
    }

    private static string? Above(string relative)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, relative);
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }
}
