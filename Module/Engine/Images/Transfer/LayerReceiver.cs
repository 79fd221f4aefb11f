using System.Collections.Concurrent;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>
/// Brings the layers of one image into the store and keeps them there until it is disposed: nobody can remove one while the image that
/// needs it is not written yet.
/// </summary>
internal sealed class LayerReceiver : IDisposable
{
    private readonly string _root;
    private readonly LayerStore _store;
    private readonly IReadOnlyList<IncomingLayer> _layers;
    private readonly IReadOnlyList<Digest> _diffIds;
    private readonly ReceiveOptions _options;
    private readonly TransferBoard _board;
    private readonly ConcurrentBag<IDisposable> _pins = [];
    private readonly ConcurrentQueue<string> _warnings = [];

    internal LayerReceiver(
        string root, LayerStore store, IReadOnlyList<IncomingLayer> layers, IReadOnlyList<Digest> diffIds, ReceiveOptions options)
    {
        (_root, _store, _layers, _diffIds, _options) = (root, store, layers, diffIds, options);
        _board = new TransferBoard(
            options.Subject, layers.Select((layer, i) => (TransferBoard.NameOf(layer.Digest ?? diffIds[i]), layer.Size ?? 0)));
    }

    internal void Run(CancellationToken cancel)
    {
        // A layer that the image has twice is fetched once; its other places follow the first.
        int[][] places = [.. Enumerable.Range(0, _diffIds.Count).GroupBy(i => _diffIds[i]).Select(group => group.ToArray())];
        SideBySide.Run(places.Length, _options.Parallel, (i, stop) => ReceiveGuarded(places[i], stop), Tick, cancel);
    }

    public void Dispose()
    {
        while (_pins.TryTake(out IDisposable? pin))
        {
            pin.Dispose();
        }
    }

    private void Tick()
    {
        while (_warnings.TryDequeue(out string? warning))
        {
            _options.Warning?.Invoke(warning);
        }

        _options.Progress?.Report(_board.Read());
    }

    private void ReceiveGuarded(int[] places, CancellationToken cancel)
    {
        try
        {
            Receive(places, cancel);
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }

    private void Receive(int[] places, CancellationToken cancel)
    {
        Digest diffId = _diffIds[places[0]];
        IncomingLayer incoming = _layers[places[0]];
        if (TryKeep(diffId, incoming, places))
        {
            return;
        }

        using ReceiveLock mine = ReceiveLock.Take(Path.Join(_root, "layers", ReceiveLock.Prefix + LayerStore.ShortId(diffId)), cancel);
        if (TryKeep(diffId, incoming, places))
        {
            return;
        }

        Set(places, TransferState.Receiving);
        using NewLayer layer = _store.Begin();
        ReceivedLayer received;
        using (Stream blob = incoming.Open(cancel))
        {
            received = LayerImporter.Receive(
                blob, incoming.Digest, incoming.Size, layer, _options.Limits, count => Report(places, count), cancel);
        }

        if (received.DiffId != diffId)
        {
            throw new EngineException(
                EngineErrorKind.InvalidData, "LayerMismatch",
                $"A layer of '{_options.Subject}' unpacks to '{received.DiffId}', but the image's configuration says '{diffId}'.",
                _options.Subject, "Do not use this image unless you know who made it.");
        }

        Set(places, TransferState.Finishing);
        LayerStore.Seal(layer, diffId, received.Size);
        using (SafeFileHandle _ = StoreLock.Take(_root, cancel))
        {
            IReadOnlyList<string> users = _store.Publish(layer, diffId);
            if (users.Count > 0)
            {
                string names = string.Join(", ", users.Select(id => $"'{_store.ContainerName(id)}'"));
                _warnings.Enqueue($"The damaged layer '{diffId}' was replaced, but {names} will see its damaged files until started again.");
            }

            // From its maker's lock to a pin while nobody can remove layers. One that was there already stays, and this one goes later.
            if (layer.Published)
            {
                layer.Dispose();
            }

            _pins.Add(_store.Pin(diffId) ?? throw Vanished(diffId));
        }

        if (received.LostAttributes > 0)
        {
            _warnings.Enqueue($"{received.LostAttributes} extended attributes are lost: the file system of '{_root}' does not hold them.");
        }

        if (incoming.Digest is not null && MediaTypes.ToOciLayer(incoming.MediaType) is not null)
        {
            Remember(diffId, incoming, received.BlobDigest, received.BlobSize);
        }

        Set(places, TransferState.Done);
    }

    private bool TryKeep(Digest diffId, IncomingLayer incoming, int[] places)
    {
        if (_store.Pin(diffId) is not IDisposable pin)
        {
            return false;
        }

        _pins.Add(pin);

        // That this blob is this layer is believed only where it was seen before: the source may say what it likes. But it says where it
        // is.
        if (incoming is { Digest: Digest digest, Repository: string repository })
        {
            IReadOnlyList<LayerBlob> known = _store.Blobs(diffId);
            LayerBlob? same = known.FirstOrDefault(blob => blob.Digest == digest.ToString());
            if (same is not null && !known.Any(blob => blob.Digest == same.Digest && blob.Repository == repository))
            {
                Remember(diffId, incoming, digest, same.Size);
            }
        }

        Set(places, TransferState.Exists);
        return true;
    }

    private void Remember(Digest diffId, IncomingLayer incoming, Digest digest, long size) => _store.Remember(diffId, new LayerBlob
    {
        Digest = digest.ToString(),
        Size = size,
        MediaType = incoming.MediaType,
        Repository = incoming.Repository,
    });

    private void Set(int[] places, TransferState state)
    {
        foreach (int place in places)
        {
            _board.Set(place, state);
        }
    }

    private void Report(int[] places, long count)
    {
        foreach (int place in places)
        {
            _board.Report(place, count);
        }
    }

    private static EngineException Vanished(Digest diffId) => new(
        EngineErrorKind.InvalidData, "DamagedLayer", $"The layer '{diffId}' cannot be used: it vanished while it was put into place.",
        diffId.ToString(), "Try again.");
}
