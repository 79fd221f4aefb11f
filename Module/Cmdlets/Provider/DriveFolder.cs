namespace Containers.Cmdlets;

/// <summary>A folder or entry of the drive that is no file of a container or image itself.</summary>
public sealed record DriveFolder
{
    public required string Name { get; init; }

    public required string Description { get; init; }

    public override string ToString() => Name;
}
