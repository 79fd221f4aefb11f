namespace Containers.Cmdlets.Tests.Network;

/// <summary>Bridges, routes and firewall rules are made only where the whole test process has a network namespace of its own.</summary>
internal static class OwnNetwork
{
    private const string Variable = "CONTAINERS_TEST_NETWORK";

    /// <summary>Why nothing may be made here; null where it may.</summary>
    internal static string? Missing { get; } =
        Environment.UserName != "root" ? "networks need root"
        : Environment.GetEnvironmentVariable(Variable) != "1" ? $"{Variable} is not set: ./build.sh test runs the tests in a network namespace"
        : Namespace("self") == Namespace("1") ? $"{Variable} is set, but this is the machine's own network namespace"
        : null;

    internal static void Require() => Skip.If(Missing is not null, Missing);

    private static string? Namespace(string process) => new FileInfo($"/proc/{process}/ns/net").LinkTarget;
}
