using Containers.Engine.Building.Cache;

namespace Containers.Engine.Building.Context;

/// <summary>How a file of the web is downloaded.</summary>
internal sealed record DownloadOptions
{
    /// <summary>algorithm:HEX that its content must have; null for any.</summary>
    internal string? Checksum { get; init; }

    /// <summary>Bytes that it may have.</summary>
    internal long Maximum { get; init; } = WebFile.MaxBytes;

    /// <summary>Keeps files whose servers can say whether they have changed; null for none.</summary>
    internal DownloadStore? Store { get; init; }

    /// <summary>Bytes so far, and all, where the server says so; some times a second.</summary>
    internal Action<long, long?>? Report { get; init; }
}
