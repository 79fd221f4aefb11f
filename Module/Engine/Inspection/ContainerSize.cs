namespace Containers.Engine.Inspection;

/// <param name="Written">Bytes on the disk that the container added or changed.</param>
/// <param name="Root">The same and the image, which others may share.</param>
public sealed record ContainerSize(long Written, long Root);
