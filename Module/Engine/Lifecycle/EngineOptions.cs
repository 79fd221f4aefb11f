namespace Containers.Engine.Lifecycle;

/// <summary>Where the engine keeps its files.</summary>
/// <param name="DataRoot">Images, layers, containers: survives a reboot. CONTAINERS_DATA_ROOT, else /var/lib/pwsh-containers.</param>
/// <param name="RunRoot">Sockets, locks, namespaces: gone with a reboot. CONTAINERS_RUN_ROOT, else /run/pwsh-containers.</param>
/// <param name="MonitorPath">The containers-monitor executable beside the module.</param>
public sealed record EngineOptions(string DataRoot, string RunRoot, string MonitorPath)
{
    public const string DefaultDataRoot = "/var/lib/pwsh-containers";

    public const string DefaultRunRoot = "/run/pwsh-containers";

    /// <summary>The roots of the environment, the monitor beside the module's folder.</summary>
    public static EngineOptions FromEnvironment(string moduleDirectory) => new(
        NonEmpty("CONTAINERS_DATA_ROOT") ?? DefaultDataRoot,
        NonEmpty("CONTAINERS_RUN_ROOT") ?? DefaultRunRoot,
        Path.Combine(moduleDirectory, "bin", "containers-monitor"));

    private static string? NonEmpty(string variable)
    {
        string? value = Environment.GetEnvironmentVariable(variable);
        return string.IsNullOrEmpty(value) ? null : value;
    }
}
