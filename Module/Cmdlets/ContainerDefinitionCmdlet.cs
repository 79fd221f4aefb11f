using System.Text;
using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>
/// The parameters that say what a new container is to be, in one place for New-Container, Invoke-ContainerImage and
/// Get-ContainerPlan; each group of them has a file.
/// </summary>
public abstract partial class ContainerDefinitionCmdlet : ResourceLimitCmdlet
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
        RemoveOnExit = RemoveOnExit,
        CgroupParent = CgroupParent,
    };

    /// <summary>Makes the container, with its id file and in place of another where that is wanted.</summary>
    private protected Container Create(ContainerSpec spec)
    {
        if (CidFile is null)
        {
            RemoveReplaced();
            return Engine.Create(spec, Name, Warnings);
        }

        // Reserved before anything is made: two runs that share a path must not both believe that the file is theirs.
        string path = ResolvePath(CidFile);
        using FileStream file = CreateIdFile(path);
        try
        {
            RemoveReplaced();
            Container container = Engine.Create(spec, Name, Warnings);
            file.Write(Encoding.ASCII.GetBytes(container.Id));
            return container;
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    private static FileStream CreateIdFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new EngineException(
                EngineErrorKind.ResourceExists, "CidFileExists", $"The file \"{path}\" exists.", path,
                "Remove it, or choose another path for -CidFile.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(
                EngineErrorKind.WriteError, "CidFileNotWritten", $"The file \"{path}\" cannot be written: {e.Message}", path,
                "Choose another path for -CidFile.", e);
        }
    }

    /// <summary>By exact name only: the beginning of another container's id must never be a reason to remove that one.</summary>
    private void RemoveReplaced()
    {
        if (Replace && Name is not null
            && Engine.List().FirstOrDefault(container => container.Name == Name) is { } old)
        {
            Engine.Remove(old.Id, force: true, Stop);
        }
    }
}
