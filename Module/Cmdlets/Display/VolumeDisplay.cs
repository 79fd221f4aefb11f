using Containers.Engine.Volumes;

namespace Containers.Cmdlets;

/// <summary>How volumes look in tables.</summary>
public static class VolumeDisplay
{
    private const int AnonymousLength = 12;

    /// <summary>Nobody reads 64 digits: the first twelve, and that it has no name.</summary>
    public static string Name(ContainerVolume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return volume.Anonymous && volume.Name.Length > AnonymousLength
            ? volume.Name[..AnonymousLength] + " (anonymous)"
            : ContainerDisplay.Short(volume.Name, 40);
    }

    /// <summary>Empty where nobody measured it.</summary>
    public static string Size(ContainerVolume volume) => volume?.Size is { } size ? ByteSize.Format(size) : "";

    /// <summary>Names of containers, or what is wrong.</summary>
    public static string UsedBy(ContainerVolume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return ContainerDisplay.Short(volume.Problem is { } problem ? "(" + problem.TrimEnd('.') + ")" : string.Join(", ", volume.UsedBy), 60);
    }
}
