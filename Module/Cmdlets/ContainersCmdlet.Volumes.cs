using System.Management.Automation;
using Containers.Engine.Volumes;

namespace Containers.Cmdlets;

/// <summary>Which volumes the user means.</summary>
public abstract partial class ContainersCmdlet
{
    /// <summary>A name without wildcards is left to the engine; a pattern means the volumes whose name matches, and none is no error.</summary>
    private protected IEnumerable<string> FindVolumes(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name))
            {
                yield return name;
            }
            else if (TryRun(stop => Engine.ListVolumes(withSize: false, stop), out IReadOnlyList<ContainerVolume>? all))
            {
                foreach (ContainerVolume volume in Matching(name, all, each => each.Name))
                {
                    yield return volume.Name;
                }
            }
        }
    }
}
