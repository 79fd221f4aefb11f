namespace Containers.Engine.Images;

/// <summary>Where the threads of a transfer write how far they are, and the calling thread reads it. Thread-safe.</summary>
internal sealed class TransferBoard
{
    private readonly string _subject;
    private readonly string[] _names;
    private readonly int[] _states;
    private readonly long[] _done;
    private readonly long[] _totals;

    internal TransferBoard(string subject, IEnumerable<(string Name, long Total)> layers)
    {
        _subject = subject;
        (string Name, long Total)[] all = [.. layers];
        _names = [.. all.Select(layer => layer.Name)];
        _totals = [.. all.Select(layer => layer.Total)];
        _states = new int[all.Length];
        _done = new long[all.Length];
    }

    internal static string NameOf(Digest digest) => digest.Hex[..12];

    internal void Set(int layer, TransferState state)
    {
        if (state is TransferState.Exists or TransferState.Done && Volatile.Read(ref _totals[layer]) is long total and > 0)
        {
            Volatile.Write(ref _done[layer], total);
        }

        Volatile.Write(ref _states[layer], (int)state);
    }

    internal void Report(int layer, long done) => Volatile.Write(ref _done[layer], done);

    internal void SetTotal(int layer, long total) => Volatile.Write(ref _totals[layer], total);

    internal TransferProgress Read()
    {
        LayerTransfer[] layers = new LayerTransfer[_names.Length];
        for (int i = 0; i < layers.Length; i++)
        {
            layers[i] = new LayerTransfer
            {
                Name = _names[i],
                State = (TransferState)Volatile.Read(ref _states[i]),
                Done = Volatile.Read(ref _done[i]),
                Total = Volatile.Read(ref _totals[i]),
            };
        }

        return new TransferProgress
        {
            Subject = _subject,
            Layers = layers,
            Done = layers.Sum(layer => layer.Done),
            Total = layers.Sum(layer => layer.Total),
        };
    }
}
