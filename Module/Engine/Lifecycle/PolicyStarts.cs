using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// Which containers the restart policies want to run when the host has come up, by docker's rules: "always" even when the user stopped it,
/// "unless-stopped" when the user did not, "on-failure" when it failed or nobody saw its end. One that was never started is left alone.
/// </summary>
internal static class PolicyStarts
{
    /// <returns>Those to be started, each after the ones that it needs.</returns>
    internal static IReadOnlyList<Container> Select(IEnumerable<Container> containers)
    {
        List<Container> wanted = [.. containers.Where(IsWanted)];
        List<Container> ordered = [];
        HashSet<string> visited = new(StringComparer.Ordinal);
        foreach (Container container in wanted)
        {
            Visit(container);
        }

        return ordered;

        void Visit(Container container)
        {
            if (!visited.Add(container.Id))
            {
                return; // Two that link to each other start in the order of their names.
            }

            foreach (string id in Needed(container.Spec!))
            {
                if (wanted.Find(one => one.Id == id) is { } other)
                {
                    Visit(other);
                }
            }

            ordered.Add(container);
        }
    }

    internal static bool IsWanted(Container container) =>
        container.State == ContainerState.Exited && container.Spec is not null && container.RestartPolicy.Policy switch
        {
            RestartKind.Always => true,
            RestartKind.UnlessStopped => !container.StoppedByUser,
            RestartKind.OnFailure => container.ExitCode != 0
                && !container.StoppedByUser
                && (container.RestartPolicy.Maximum == 0 || container.RestartCount < container.RestartPolicy.Maximum),
            _ => false,
        };

    /// <summary>Those whose namespaces it shares must run; those it links to should have their addresses first.</summary>
    private static IEnumerable<string> Needed(ContainerSpec spec) =>
        ((string[])[spec.Network.Mode, spec.Namespaces.Pid, spec.Namespaces.Ipc, spec.Namespaces.Uts])
            .Where(mode => mode.StartsWith(NamespaceSpec.ContainerPrefix, StringComparison.Ordinal))
            .Select(mode => mode[NamespaceSpec.ContainerPrefix.Length..])
            .Concat(spec.Network.Links.Select(link => link.Container));
}
