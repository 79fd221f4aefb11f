namespace Containers.Engine.Statistics;

/// <summary>What one network interface of a container has carried, seen from the container, since the interface is there.</summary>
public sealed record NetworkStatistic
{
    public required string Name { get; init; }

    public long ReceivedBytes { get; init; }

    public long ReceivedPackets { get; init; }

    public long ReceiveErrors { get; init; }

    public long ReceiveDropped { get; init; }

    public long SentBytes { get; init; }

    public long SentPackets { get; init; }

    public long SendErrors { get; init; }

    public long SendDropped { get; init; }

    public override string ToString() => Name;
}
