using System.Diagnostics;

namespace Containers.Engine.Images;

/// <summary>Keeps what is known of each layer, and tells it at most every fifth of a second, on the thread that saves.</summary>
internal sealed class SaveProgress(IProgress<TransferProgress> target, string subject, IReadOnlyList<Digest> layers)
{
    private static readonly TimeSpan s_every = TimeSpan.FromMilliseconds(200);

    private readonly LayerTransfer[] _layers = [.. layers.Select(layer => new LayerTransfer { Name = layer.Hex[..12] })];
    private readonly Dictionary<Digest, int> _places = layers.Select((layer, place) => (layer, place)).ToDictionary();
    private long _last = Stopwatch.GetTimestamp();

    internal void Set(Digest layer, TransferState state, long done, long total)
    {
        int place = _places[layer];
        _layers[place] = _layers[place] with { State = state, Done = done, Total = total };
        Tick();
    }

    internal void Tick()
    {
        if (Stopwatch.GetElapsedTime(_last) > s_every)
        {
            Report();
        }
    }

    internal void Report()
    {
        _last = Stopwatch.GetTimestamp();
        target.Report(new TransferProgress
        {
            Subject = subject,
            Layers = [.. _layers],
            Done = _layers.Sum(layer => layer.Done),
            Total = _layers.Sum(layer => layer.Total),
        });
    }
}
