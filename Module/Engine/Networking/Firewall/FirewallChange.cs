namespace Containers.Engine.Networking.Firewall;

/// <summary>A change of the firewall at work, one process for each family.</summary>
internal sealed class FirewallChange(Firewall firewall, FirewallState full) : IDisposable
{
    private readonly List<(FirewallFamily Family, PendingRestore? Process)> _work = [];

    internal void Add(FirewallFamily family, PendingRestore process) => _work.Add((family, process));

    internal void Rebuild(FirewallFamily family) => _work.Add((family, null));

    /// <summary>Waits for the end; what was refused because rules are missing is built again as a whole.</summary>
    /// <exception cref="EngineException">FirewallFailed.</exception>
    internal void Finish(CancellationToken stop)
    {
        foreach ((FirewallFamily family, PendingRestore? process) in _work)
        {
            try
            {
                if (process is not null)
                {
                    process.Wait(stop);
                    continue;
                }
            }
            catch (EngineException e) when (Firewall.IsRefused(e))
            {
                // Flushed, or the container is the first of its network. The rebuild below holds its rules too.
            }

            firewall.Replace(full, family, stop);
        }
    }

    public void Dispose()
    {
        foreach ((FirewallFamily _, PendingRestore? process) in _work)
        {
            process?.Dispose();
        }
    }
}
