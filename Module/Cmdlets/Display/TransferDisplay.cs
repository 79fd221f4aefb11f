using System.Management.Automation;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>
/// Progress of a pull, push, load or save: one bar for all of it and below it one for each layer that is on its way. The engine reports on
/// the thread that called it, which is the pipeline's, and not more often than an eye can follow.
/// </summary>
internal sealed class TransferDisplay(Cmdlet cmdlet, string activity) : IProgress<TransferProgress>, IDisposable
{
    private const int ActivityId = 1;

    private readonly Dictionary<string, (int Id, LayerTransfer Last)> _layers = new(StringComparer.Ordinal);

    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);

    private bool _any;

    public void Report(TransferProgress value)
    {
        _any = true;
        cmdlet.WriteProgress(new ProgressRecord(ActivityId, activity, Amount(value.Done, value.Total))
        {
            PercentComplete = Percent(value.Done, value.Total),
        });
        foreach (LayerTransfer layer in value.Layers)
        {
            Report(layer);
        }
    }

    public void Dispose()
    {
        // A pipeline that is stopped takes its bars away itself, and WriteProgress would throw.
        if (!_any || cmdlet.Stopping)
        {
            return;
        }

        foreach (string name in _shown.ToArray())
        {
            Complete(name);
        }

        cmdlet.WriteProgress(new ProgressRecord(ActivityId, activity, "Done") { RecordType = ProgressRecordType.Completed });
    }

    /// <summary>"12.3 MB / 40 MB"; only what came where nobody knows how much there is.</summary>
    internal static string Amount(long done, long total) =>
        total > 0 ? ByteSize.Format(done) + " / " + ByteSize.Format(total) : ByteSize.Format(done);

    private void Report(LayerTransfer layer)
    {
        if (!_layers.TryGetValue(layer.Name, out (int Id, LayerTransfer Last) known))
        {
            known = (ActivityId + 1 + _layers.Count, new LayerTransfer { Name = layer.Name });
        }

        bool news = layer != known.Last;
        _layers[layer.Name] = (known.Id, layer);
        if (!news)
        {
            return;
        }

        if (layer.State is TransferState.Waiting or TransferState.Exists or TransferState.Done)
        {
            Complete(layer.Name);
            return;
        }

        _shown.Add(layer.Name);
        cmdlet.WriteProgress(new ProgressRecord(known.Id, layer.Name, $"{Word(layer.State)} {Amount(layer.Done, layer.Total)}")
        {
            ParentActivityId = ActivityId,
            PercentComplete = Percent(layer.Done, layer.Total),
        });
    }

    private void Complete(string name)
    {
        if (_shown.Remove(name))
        {
            cmdlet.WriteProgress(new ProgressRecord(_layers[name].Id, name, "Done")
            {
                ParentActivityId = ActivityId,
                RecordType = ProgressRecordType.Completed,
            });
        }
    }

    /// <summary>-1 is PowerShell's word for "nobody knows".</summary>
    private static int Percent(long done, long total) => total > 0 ? (int)Math.Clamp(done * 100.0 / total, 0, 100) : -1;

    private static string Word(TransferState state) => state switch
    {
        TransferState.Receiving => "Receiving",
        TransferState.Finishing => "Writing to disk",
        TransferState.Compressing => "Compressing",
        TransferState.Sending => "Sending",
        _ => "Waiting",
    };
}
