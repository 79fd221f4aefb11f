using Containers.Engine.Copying;

namespace Containers.Cmdlets;

/// <summary>What the view of files shows.</summary>
public static class FileDisplay
{
    /// <summary>The name, and of a link where it points.</summary>
    public static string Name(ContainerFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        string name = ContainerDisplay.Plain(file.DisplayName);
        return file.LinkTarget is null ? name : name + " -> " + ContainerDisplay.Plain(file.LinkTarget);
    }

    /// <summary>The directory that a file is in, with its container or image.</summary>
    public static string Directory(ContainerFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        int slash = file.ContainerPath.TrimEnd('/').LastIndexOf('/');
        return ContainerDisplay.Plain(file.Place.Label(slash <= 0 ? "/" : file.ContainerPath[..slash]));
    }
}
