namespace Containers.Engine.Networking.Firewall;

/// <summary>
/// Brings the kernel's tables to what <see cref="FirewallCompiler"/> says. It does not lock: whoever calls holds the engine's lock of the
/// networks. It works in the network namespace of the calling thread.
/// </summary>
internal sealed class Firewall(Iptables iptables)
{
    private const int MaxLooks = 5;

    private static readonly FirewallFamily[] s_families = [FirewallFamily.IPv4, FirewallFamily.IPv6];

    /// <summary>
    /// Begins to add what a container needs; <see cref="FirewallChange.Finish"/> follows. One process, which refuses if what the
    /// container's rules build on does not stand; then, and when no container is named, everything is built again.
    /// </summary>
    /// <param name="full">The state with the container.</param>
    /// <param name="containerId">Its rules may not be there yet.</param>
    /// <exception cref="EngineException">IPTablesNotFound, FirewallFailed.</exception>
    internal FirewallChange StartApply(FirewallState full, string? containerId)
    {
        FirewallChange change = new(this, full);
        try
        {
            foreach (FirewallFamily family in s_families.Where(f => full.Networks.Any(n => n.Subnet(f) is not null)))
            {
                if (containerId is null)
                {
                    change.Rebuild(family);
                    continue;
                }

                string script = RestoreScript.Add(
                    FirewallCompiler.CompileBase(full, containerId, family), FirewallCompiler.CompileContainer(full, containerId, family));
                if (script.Length > 0)
                {
                    change.Add(family, iptables.StartRestore(family, script));
                }
            }

            return change;
        }
        catch
        {
            change.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Begins to build everything on the belief that nothing of ours is there, without looking first: one process instead of two. When
    /// there is something after all (the user's chain, chains of a session that was killed) it is refused, and built with looking.
    /// </summary>
    internal FirewallChange StartInstall(FirewallState full)
    {
        FirewallChange change = new(this, full);
        try
        {
            foreach (FirewallFamily family in s_families.Where(f => full.Networks.Any(n => n.Subnet(f) is not null)))
            {
                string script = RestoreScript.Install(new FirewallChains(full.Prefix), FirewallCompiler.Compile(full, family));
                change.Add(family, iptables.StartRestore(family, script));
            }

            return change;
        }
        catch
        {
            change.Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="StartApply"/>
    internal void Apply(FirewallState full, string? containerId, CancellationToken stop)
    {
        using FirewallChange change = StartApply(full, containerId);
        change.Finish(stop);
    }

    /// <summary>Takes rules away; when some of them are missing, or no network is left, everything is brought to what remains.</summary>
    /// <param name="remaining">The state without them.</param>
    /// <param name="rules">Those of a container, and of the networks that nobody uses any more (<see cref="Difference"/>).</param>
    internal void Remove(FirewallState remaining, IReadOnlyCollection<FirewallRule> rules, CancellationToken stop)
    {
        foreach (FirewallFamily family in s_families)
        {
            FirewallRule[] ours = [.. rules.Where(r => r.Family == family)];
            if (ours.Length == 0)
            {
                continue;
            }

            if (remaining.Networks.All(n => n.Subnet(family) is null))
            {
                Replace(remaining, family, stop);
                continue;
            }

            try
            {
                iptables.Restore(family, RestoreScript.Remove(ours), stop);
            }
            catch (EngineException e) when (IsRefused(e))
            {
                Replace(remaining, family, stop);
            }
        }
    }

    /// <summary>Builds everything again, whatever is there; with a state without networks, leaves nothing behind.</summary>
    internal void Repair(FirewallState state, CancellationToken stop)
    {
        foreach (FirewallFamily family in s_families.Where(f => IsNeeded(state, f)))
        {
            Replace(state, family, stop);
        }
    }

    /// <summary>What the monitor feeds to iptables-restore when a container ends and no session is there.</summary>
    internal static string UndoScript(IEnumerable<FirewallRule> rules, FirewallFamily family) =>
        RestoreScript.Remove(rules.Where(r => r.Family == family));

    /// <summary>The rules of one state that another one has no use for.</summary>
    internal static IReadOnlyList<FirewallRule> Difference(FirewallState before, FirewallState after) =>
        [.. Rules(before).Except(Rules(after))];

    /// <summary>Everything the state means, both families, in order.</summary>
    internal static IReadOnlyList<FirewallRule> Rules(FirewallState state) =>
        [.. s_families.SelectMany(family => FirewallCompiler.Compile(state, family))];

    /// <summary>What differs between the state and the kernel's tables.</summary>
    internal List<FirewallFinding> Check(FirewallState state, CancellationToken stop)
    {
        FirewallChains chains = new(state.Prefix);
        return
        [
            .. s_families.Where(f => IsNeeded(state, f)).SelectMany(family => FirewallCheck.Compare(
                chains, family, FirewallCompiler.Compile(state, family), SavedRules.Parse(iptables.Save(family, stop)))),
        ];
    }

    /// <summary>
    /// The full rebuild of one family. The program that a killed session had started may still be at work, though its lock is free: then the
    /// tables are others than those that were looked at, the change is refused, and they are looked at again.
    /// </summary>
    internal void Replace(FirewallState state, FirewallFamily family, CancellationToken stop)
    {
        for (int attempt = 1; ; attempt++)
        {
            SavedRules current = SavedRules.Parse(iptables.Save(family, stop));
            string script = RestoreScript.Replace(new FirewallChains(state.Prefix), FirewallCompiler.Compile(state, family), current);
            try
            {
                if (script.Length > 0)
                {
                    iptables.Restore(family, script, stop);
                }

                return;
            }
            catch (EngineException e) when (attempt < MaxLooks && IsRefused(e))
            {
            }
        }
    }

    /// <summary>The program ran and did not like the script; any other failure would be the same with another script.</summary>
    internal static bool IsRefused(EngineException e) => e is { ErrorId: "FirewallFailed", Kind: EngineErrorKind.InvalidOperation };

    /// <summary>Without ip6tables there is nothing of ours in it; that matters only when a network has IPv6.</summary>
    private bool IsNeeded(FirewallState state, FirewallFamily family) =>
        state.Networks.Any(n => n.Subnet(family) is not null) || iptables.Has(family);
}
