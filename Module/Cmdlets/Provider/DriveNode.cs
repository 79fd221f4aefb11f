namespace Containers.Cmdlets;

/// <summary>What a path of the drive names.</summary>
internal enum DriveNode
{
    None,
    Root,
    Containers,
    Container,
    Log,
    Images,
    Image,
    Layers,
    Volumes,

    /// <summary>A file or directory in a container, image, layer or volume; the roots of these too.</summary>
    File,
}
