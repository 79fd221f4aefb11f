namespace Containers.Engine.Storage;

/// <summary>What is set for storage on this host, kept in <c>settings.json</c>.</summary>
public sealed record StorageSettings
{
    /// <summary>overlay, btrfs or vfs for new containers; null for what the host can, in this order.</summary>
    public string? Driver { get; init; }
}
