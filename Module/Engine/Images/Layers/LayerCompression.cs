namespace Containers.Engine.Images;

/// <summary>How a layer's tar is compressed when it leaves.</summary>
public enum LayerCompression
{
    None,
    Gzip,
    Zstd,
}
