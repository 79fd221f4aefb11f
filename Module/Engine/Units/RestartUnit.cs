using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Units;

/// <summary>A unit file of systemd that was written.</summary>
/// <param name="Name">containers-restart.service.</param>
/// <param name="Path">Where it lies.</param>
/// <param name="Enabled">It starts with the host.</param>
/// <param name="Known">The running systemd has read it; false where none runs, as in an image that is being made.</param>
public sealed record ContainerUnit(string Name, string Path, bool Enabled, bool Known);

/// <summary>
/// The one unit that starts containers after a reboot: systemd's part of what docker's daemon does. It is enabled by the very link that
/// "systemctl enable" makes, so that it can be installed where no systemd runs.
/// </summary>
public static class RestartUnit
{
    public const string Name = "containers-restart.service";

    public const string DefaultDirectory = "/etc/systemd/system";

    /// <summary>What [Install] of the unit says.</summary>
    private const string Wants = "multi-user.target.wants";

    /// <param name="powershell">Absolute path of pwsh or containers-shell.</param>
    /// <param name="module">Path of the module's manifest.</param>
    /// <param name="variables">The session's roots, where it has set them.</param>
    /// <param name="dataRoot">Must be mounted before.</param>
    /// <exception cref="EngineException">UnitPathNotUsable: a path has a line break or a zero byte.</exception>
    public static string Compose(string powershell, string module, IReadOnlyDictionary<string, string> variables, string dataRoot)
    {
        ArgumentNullException.ThrowIfNull(variables);
        using StreamReader template = new(typeof(RestartUnit).Assembly.GetManifestResourceStream("Units." + Name)!);
        IEnumerable<string> environment = variables.Prepend(new("CONTAINERS_MODULE", module)).Select(one => Quote(one.Key + "=" + one.Value));
        return template.ReadToEnd()
            .Replace("@DATA@", Quote(dataRoot), StringComparison.Ordinal)
            .Replace("@ENVIRONMENT@", string.Join(' ', environment), StringComparison.Ordinal)
            .Replace("@POWERSHELL@", Quote(powershell), StringComparison.Ordinal);
    }

    /// <summary>Writes and enables it; an older one is replaced.</summary>
    public static ContainerUnit Install(string directory, string content, IList<string> warnings)
    {
        ArgumentNullException.ThrowIfNull(warnings);
        string path = Path.Combine(directory, Name);
        string link = Path.Combine(directory, Wants, Name);
        try
        {
            Directory.CreateDirectory(Path.Combine(directory, Wants));
            SmallFile.Replace(path, Encoding.UTF8.GetBytes(content));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            File.Delete(link);
            File.CreateSymbolicLink(link, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
        {
            throw NotWritten(path, e);
        }

        return new ContainerUnit(Name, path, Enabled: true, Reload(directory, warnings));
    }

    /// <returns>Null when there was none.</returns>
    public static ContainerUnit? Uninstall(string directory, IList<string> warnings)
    {
        ArgumentNullException.ThrowIfNull(warnings);
        string path = Path.Combine(directory, Name);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            File.Delete(Path.Combine(directory, Wants, Name));
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritten(path, e);
        }

        return new ContainerUnit(Name, path, Enabled: false, Reload(directory, warnings));
    }

    /// <summary>A running systemd reads its files when it is told to (systemd(1), sd_booted(3)).</summary>
    private static bool Reload(string directory, IList<string> warnings)
    {
        if (directory != DefaultDirectory || !Directory.Exists("/run/systemd/system"))
        {
            return false;
        }

        string? systemctl = ((string[])["/usr/bin/systemctl", "/bin/systemctl"]).FirstOrDefault(File.Exists);
        if (systemctl is not null)
        {
            using ChildProcess reload = ChildProcess.Start(systemctl, ["daemon-reload"]);
            ChildResult result = reload.Wait(TimeSpan.FromSeconds(60), CancellationToken.None);
            if (result.ExitCode == 0)
            {
                return true;
            }

            warnings.Add($"systemd does not know the change yet: {result.ErrorText.Trim()}. Run: systemctl daemon-reload");
            return false;
        }

        warnings.Add("systemctl was not found. Run it when it is there: systemctl daemon-reload");
        return false;
    }

    /// <summary>A word of systemd.syntax(7): quoted, with C escapes, % and $ doubled.</summary>
    internal static string Quote(string text)
    {
        if (text.Any(char.IsControl))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "UnitPathNotUsable", "A path with a control character cannot stand in a unit file.", text,
                "Install the module, and keep the data, in directories with ordinary names.");
        }

        StringBuilder quoted = new("\"");
        foreach (char c in text)
        {
            quoted.Append(c switch { '"' => "\\\"", '\\' => "\\\\", '%' => "%%", _ => c.ToString() });
        }

        return quoted.Append('"').ToString();
    }

    private static EngineException NotWritten(string path, Exception e) => new(
        EngineErrorKind.WriteError, "UnitNotWritten", $"The unit \"{path}\" cannot be changed: {e.Message}", path, "Run as root.", e);
}
