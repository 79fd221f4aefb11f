using System.Collections.Concurrent;
using Containers.Engine.Images;
using Containers.Engine.Registry;

namespace Containers.Engine.Distribution;

/// <summary>Sees to it that a repository has each layer of an image as a blob; the cheapest way that works.</summary>
internal sealed class LayerPusher
{
    /// <summary>A registry that refuses to mount from three repositories refuses the fourth.</summary>
    private const int MaxMounts = 3;

    private readonly LayerStore _store;
    private readonly RegistryRepository _place;
    private readonly ManifestPlan _plan;
    private readonly PushOptions _options;
    private readonly Digest[] _layers;
    private readonly ConcurrentDictionary<Digest, OciDescriptor> _placed = [];
    private long _sent;

    internal LayerPusher(
        LayerStore store, RegistryRepository place, ManifestPlan plan, PushOptions options, string subject, Digest[] layers)
    {
        (_store, _place, _plan, _options, _layers) = (store, place, plan, options, layers);
        Board = new TransferBoard(subject, layers.Select(layer => (TransferBoard.NameOf(layer), 0L)));
    }

    internal TransferBoard Board { get; }

    /// <summary>The blob of each layer.</summary>
    internal IReadOnlyDictionary<Digest, OciDescriptor> Placed => _placed;

    /// <summary>Bytes that had to be sent.</summary>
    internal long Sent => Volatile.Read(ref _sent);

    internal void Place(int index, CancellationToken cancel)
    {
        Digest layer = _layers[index];
        if (Existing(layer, cancel) is LayerBlob existing)
        {
            Finish(index, existing, TransferState.Exists);
            return;
        }

        Board.Set(index, TransferState.Compressing);
        Board.SetTotal(index, _store.TarSize(layer));
        using CompressedLayer blob = _store.Compress(layer, _options.Compression ?? LayerCompression.Gzip, new Counter(count => Board.Report(index, count)), cancel);
        LayerBlob made = new()
        {
            Digest = blob.Digest.ToString(), Size = blob.Size, MediaType = blob.MediaType, Repository = _place.Name,
        };
        bool there = _place.HasBlob(blob.Digest, cancel);
        if (!there)
        {
            Board.Report(index, 0);
            Board.SetTotal(index, blob.Size);
            Board.Set(index, TransferState.Sending);
            _place.Upload(blob.Digest, blob.Size, blob.Open, new Counter(count => Board.Report(index, count)), cancel);
            Interlocked.Add(ref _sent, blob.Size);
        }

        _store.Remember(layer, made);
        Finish(index, made, there ? TransferState.Exists : TransferState.Done);
    }

    private void Finish(int index, LayerBlob blob, TransferState state)
    {
        _placed[_layers[index]] = new OciDescriptor { MediaType = blob.MediaType, Digest = Digest.Parse(blob.Digest), Size = blob.Size };
        Board.SetTotal(index, blob.Size);
        Board.Set(index, state);
    }

    /// <summary>A blob of this layer that the repository has, or gets from its neighbour.</summary>
    private LayerBlob? Existing(Digest layer, CancellationToken cancel)
    {
        _plan.Wanted.TryGetValue(layer, out Digest wanted);
        LayerBlob[] known =
        [
            .. _store.Blobs(layer).Where(blob => Digest.TryParse(blob.Digest, out _) && IsWelcome(blob))
                .OrderBy(blob => blob.Digest != wanted.ToString()),
        ];
        HashSet<string> asked = [];
        foreach (LayerBlob blob in known.Where(blob => blob.Repository == _place.Name))
        {
            if (asked.Add(blob.Digest) && _place.HasBlob(Digest.Parse(blob.Digest), cancel))
            {
                return blob;
            }
        }

        string domain = _place.Name[..(_place.Name.IndexOf('/', StringComparison.Ordinal) + 1)];
        int mounts = 0;
        foreach (LayerBlob blob in known.Where(blob =>
            blob.Repository != _place.Name && blob.Repository?.StartsWith(domain, StringComparison.Ordinal) == true))
        {
            if (mounts++ < MaxMounts && _place.TryMount(Digest.Parse(blob.Digest), blob.Repository![domain.Length..], cancel))
            {
                return Remembered(layer, blob);
            }
        }

        foreach (LayerBlob blob in known)
        {
            if (asked.Add(blob.Digest) && _place.HasBlob(Digest.Parse(blob.Digest), cancel))
            {
                return Remembered(layer, blob);
            }
        }

        return null;
    }

    /// <summary>Whoever asks for a compression gets it; else a blob that is there already is as good as a new one.</summary>
    private bool IsWelcome(LayerBlob blob) => MediaTypes.ToOciLayer(blob.MediaType) is string type && (_options.Compression switch
    {
        LayerCompression.Gzip => type == MediaTypes.OciLayerGzip,
        LayerCompression.Zstd => type == MediaTypes.OciLayerZstd,
        LayerCompression.None => type == MediaTypes.OciLayer,
        _ => true,
    });

    private LayerBlob Remembered(Digest layer, LayerBlob blob)
    {
        LayerBlob here = blob with { Repository = _place.Name };
        _store.Remember(layer, here);
        return here;
    }

    /// <summary>Unlike Progress, at once and on the thread that reports.</summary>
    private sealed class Counter(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
