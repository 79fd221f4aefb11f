using System.Collections.Concurrent;
using Containers.Engine.Building.Cache;
using Containers.Engine.Images;

namespace Containers.Engine.Building.Execution;

/// <content>The build's steps in the cache of this host, and in those of others.</content>
internal sealed partial class BuildSession
{
    private readonly ConcurrentQueue<BuildCacheRecord> _steps = [];
    private readonly Lock _importing = new();
    private List<ImportedCache>? _imported;

    /// <summary>What a step came to before, here or elsewhere; null where it has to be done.</summary>
    internal CachedStep? FindStep(Digest key, BuildStep step, string? parent, CancellationToken cancel)
    {
        CachedStep? known = Services.Cache.Find(key) ?? (Request.DryRun ? Peek(key, step, cancel) : Import(key, step, parent, cancel));
        if (known is not null)
        {
            _steps.Enqueue(known.Record);
        }

        return known;
    }

    /// <summary>Keeps what a step came to.</summary>
    internal void KeepStep(BuildCacheRecord record)
    {
        Services.Cache.Write(record);
        _steps.Enqueue(record);
    }

    /// <summary>Writes the steps of this build where others can use them.</summary>
    internal void ExportCache(CancellationToken cancel)
    {
        foreach (BuildCachePlace place in Request.CacheTo)
        {
            new CacheExporter(Services.Images, Services.Registries(cancel), _steps).Write(place, cancel);
        }
    }

    /// <summary>Nothing is fetched: the step has no layer here, but the record of one.</summary>
    private CachedStep? Peek(Digest key, BuildStep step, CancellationToken cancel) =>
        Imported(cancel).Select(cache => cache.Peek(key, step.Instruction)).FirstOrDefault(record => record is not null) is { } found ? new CachedStep(found, null) : null;

    private CachedStep? Import(Digest key, BuildStep step, string? parent, CancellationToken cancel)
    {
        foreach (ImportedCache cache in Imported(cancel))
        {
            try
            {
                if (cache.Find(key, step.Instruction, Services.Images, cancel) is { } found)
                {
                    BuildCacheRecord record = found.Record with { Parent = parent, Uses = 1 };
                    Services.Cache.Write(record);
                    return found with { Record = record };
                }
            }
            catch (EngineException e)
            {
                // It would only have spared the step.
                Request.Warning?.Invoke($"A layer of an imported cache cannot be used: {e.Message}");
            }
        }

        return null;
    }

    private List<ImportedCache> Imported(CancellationToken cancel)
    {
        lock (_importing)
        {
            if (_imported is null)
            {
                _imported = [];
                foreach (BuildCachePlace place in Request.CacheFrom)
                {
                    try
                    {
                        _imported.Add(ImportedCache.Open(place, Services.Registries(cancel), cancel));
                    }
                    catch (EngineException e)
                    {
                        // The first build of all has nothing to import from.
                        Request.Warning?.Invoke($"The build cache '{place}' is not used: {e.Message}");
                    }
                }
            }

            return _imported;
        }
    }
}
