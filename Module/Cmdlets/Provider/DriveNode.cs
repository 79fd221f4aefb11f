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

    /// <summary>A file or directory in a container, image or layer; the roots of these too.</summary>
    File,
}
