using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;

namespace Containers.Cmdlets;

/// <summary>
/// The parameters that say what a new container is to be, in one place for New-Container, Invoke-ContainerImage and
/// Get-ContainerPlan; each group of them has a file.
/// </summary>
public abstract partial class ContainerDefinitionCmdlet : ContainerSettingCmdlet
{
    internal const string DefinitionSet = "Definition";

    /// <summary>The input of the container stays open; the cmdlet that feeds it says so.</summary>
    private protected virtual bool KeepsInputOpen => Interactive;

    /// <summary>'Create container "web" from image "busybox"'.</summary>
    private protected string Describe(string verb) =>
        Name is null ? $"{verb} container from image \"{Image}\"" : $"{verb} container \"{Name}\" from image \"{Image}\"";

    /// <summary>Everything that was asked for; the files it names are read now. The engine judges it.</summary>
    /// <exception cref="EngineException">A file cannot be read, or a text has not the form it must have.</exception>
    private protected ContainerSpec BuildSpec() => new()
    {
        Image = Image,
        Labels = BuildLabels(),
        Annotations = Map(Annotation),
        Process = BuildProcess(),
        Namespaces = BuildNamespaces(),
        Security = BuildSecurity(),
        Storage = BuildStorage(),
        Network = BuildNetwork(),
        Limits = BuildLimits(),
        Log = BuildLog(),
        Restart = new RestartSpec { Policy = RestartPolicy ?? RestartKind.No, Maximum = RestartMaximum ?? 0 },
        Health = BuildHealth(),
        RemoveOnExit = RemoveOnExit,
        CgroupParent = CgroupParent,
    };
}
