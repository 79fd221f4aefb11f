using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;

namespace Containers.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>Lines of the container's output, oldest first; with Follow also what comes, until the container ends.</summary>
    /// <exception cref="EngineException">LogNotReadable: the systemd journal cannot be read.</exception>
    public IEnumerable<ContainerLogEntry> ReadLog(string nameOrId, LogQuery query, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        Container container = Get(nameOrId);
        return Reader(container, query, () => !HasWriter(container.Id)).Read(cancellation);
    }

    /// <summary>
    /// Several logs that are followed together: as long as one of the containers runs, one that is started again is followed on.
    /// </summary>
    /// <returns>The lines of each, oldest first, and null each time everything that it had written so far was read.</returns>
    /// <exception cref="EngineException">LogNotReadable: the systemd journal cannot be read.</exception>
    public IReadOnlyList<IEnumerable<ContainerLogEntry?>> FollowLogs(
        IReadOnlyList<string> namesOrIds, LogQuery query, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(namesOrIds);
        List<Container> containers = [.. namesOrIds.Select(Get)];
        LogWriters writers = new([.. containers.Select(one => one.Id)], HasWriter);
        return
        [
            .. containers.Select(one => Reader(
                one, query with { Follow = true }, () => !HasWriter(one.Id) && !writers.AreAny(), () => !HasWriter(one.Id)).ReadMarked(cancellation)),
        ];
    }

    /// <summary>One log in batches, as they lie in the log: for those who read much and do not follow.</summary>
    public IEnumerable<IReadOnlyList<ContainerLogEntry>> ReadLogBatches(string nameOrId, LogQuery query, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        return Reader(Get(nameOrId), query with { Follow = false }, () => true).ReadBatches(cancellation);
    }

    public LogSettings GetLogSettings() => _settings.Read().Log;

    /// <summary>Sets driver and options of new containers; those that are there keep theirs.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="validateOnly">Only the judgement is wanted.</param>
    /// <exception cref="EngineException">InvalidLogOption, InvalidLogLimit, JournalUnavailable.</exception>
    public void SetLogSettings(LogSettings settings, bool validateOnly = false)
    {
        LogSpec effective = LogOptions.Resolve(new LogSpec(), settings);
        SpecValidator.ValidateLog(effective);
        RequireJournal(effective, null);
        if (!validateOnly)
        {
            _store.Prepare();
            _settings.Write(_settings.Read() with { Log = settings });
        }
    }

    /// <summary>Now, and not with the first line that is lost.</summary>
    private static void RequireJournal(LogSpec log, string? container)
    {
        if (log.Effective == LogDriver.Journald && !File.Exists(JournalFields.Socket))
        {
            throw new EngineException(
                EngineErrorKind.NotInstalled, "JournalUnavailable", $"There is no systemd journal on this host: \"{JournalFields.Socket}\" is missing.",
                container, "Use another log driver: -LogDriver Local.");
        }
    }

    private LogReader Reader(Container container, LogQuery query, Func<bool> ended, Func<bool>? pauses = null)
    {
        pauses ??= static () => false;
        string directory = _paths.Log(container.Id);
        return container.Spec?.Log.Effective switch
        {
            LogDriver.JsonFile => new JsonLogReader($"{directory}/{container.Id}-json.log", container.Name, query, ended) { Pauses = pauses },
            LogDriver.Journald => new JournalLogReader(JournalLogReader.Find() ?? throw NoJournalReader(container), container.Id, container.Name, query, ended)
            {
                Pauses = pauses,
            },
            _ => new LogReader(directory, container.Name, query, ended) { Pauses = pauses },
        };
    }

    private static EngineException NoJournalReader(Container container) => new(
        EngineErrorKind.NotInstalled, "LogNotReadable", $"The output of container \"{container.Name}\" is in the systemd journal, and there is no journalctl to read it with.",
        container.Name, "Install systemd's journalctl.");

    private bool HasWriter(string id) =>
        _store.TryGet(id)?.State is ContainerState.Running or ContainerState.Paused or ContainerState.Restarting && _store.HasMonitor(id);
}
