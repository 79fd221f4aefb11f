namespace Containers.Engine.Building;

/// <summary>What a build's result becomes.</summary>
public enum BuildOutputType
{
    /// <summary>An image of this host.</summary>
    Image,

    /// <summary>The files as a tar.</summary>
    Tar,

    /// <summary>The files in a directory.</summary>
    Local,

    /// <summary>The image as an OCI archive.</summary>
    Oci,

    /// <summary>The image as docker save writes it.</summary>
    Docker,
}

/// <param name="Path">A path of the host; empty for an image.</param>
public sealed record BuildOutputTarget(BuildOutputType Type, string Path);
