namespace Containers.Engine.Launch;

/// <summary>docker's names of the resources of setrlimit(2); numbers of asm-generic/resource.h.</summary>
public static class UlimitNames
{
    private static readonly Dictionary<string, int> s_numbers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["cpu"] = 0, ["fsize"] = 1, ["data"] = 2, ["stack"] = 3, ["core"] = 4, ["rss"] = 5, ["nproc"] = 6, ["nofile"] = 7,
        ["memlock"] = 8, ["as"] = 9, ["locks"] = 10, ["sigpending"] = 11, ["msgqueue"] = 12, ["nice"] = 13, ["rtprio"] = 14, ["rttime"] = 15,
    };

    public static IReadOnlyCollection<string> All => s_numbers.Keys;

    /// <exception cref="EngineException">InvalidUlimit.</exception>
    public static int Number(string name) => s_numbers.TryGetValue(name, out int number)
        ? number
        : throw new EngineException(
            EngineErrorKind.InvalidArgument, "InvalidUlimit", $"There is no resource limit \"{name}\".", name,
            "Use one of: " + string.Join(", ", s_numbers.Keys) + ".");
}
