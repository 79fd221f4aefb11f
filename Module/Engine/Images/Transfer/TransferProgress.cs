namespace Containers.Engine.Images;

/// <summary>What is happening to one layer.</summary>
public enum TransferState
{
    Waiting,

    /// <summary>Its bytes come in and are unpacked as they come.</summary>
    Receiving,

    /// <summary>Everything came; it is being written to the disk.</summary>
    Finishing,

    /// <summary>It is being compressed for the first time.</summary>
    Compressing,

    Sending,

    /// <summary>It was there already.</summary>
    Exists,

    Done,
}

/// <summary>One layer on its way.</summary>
public sealed record LayerTransfer
{
    /// <summary>12 digits of its digest.</summary>
    public required string Name { get; init; }

    public TransferState State { get; init; }

    /// <summary>Bytes so far, as the source has them (compressed).</summary>
    public long Done { get; init; }

    /// <summary>All bytes; 0 where nobody knows yet.</summary>
    public long Total { get; init; }
}

/// <summary>How far a pull, push, load or save has come.</summary>
public sealed record TransferProgress
{
    /// <summary>The image.</summary>
    public required string Subject { get; init; }

    /// <summary>Bottom first.</summary>
    public IReadOnlyList<LayerTransfer> Layers { get; init; } = [];

    /// <summary>Bytes of all layers so far.</summary>
    public long Done { get; init; }

    public long Total { get; init; }
}
