namespace Containers.Engine.Cgroups;

/// <summary>How the host mounts its cgroups (cgroups(7)).</summary>
public enum CgroupVersion
{
    /// <summary>No cgroup file system is mounted.</summary>
    None,

    /// <summary>Each controller in a hierarchy of its own.</summary>
    V1,

    /// <summary>One tree for all controllers.</summary>
    V2,

    /// <summary>Controllers in v1 hierarchies, and a v2 tree beside them that can still clone into, freeze and kill.</summary>
    Hybrid,
}
