using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Containers.Engine.Launch.Plan;

namespace Containers.Engine.Launch;

/// <summary>Lays a plan out as the memory image that the monitor uses in place (<see cref="PlanFormat"/>).</summary>
internal sealed unsafe class PlanWriter
{
    private readonly List<uint> _relocations = [];
    private byte[] _buffer = new byte[16 << 10];
    private int _length;

    /// <exception cref="EngineException">LaunchPlanTooLarge, TooManyPorts, InvalidCharacter.</exception>
    internal static byte[] Write(LaunchPlan plan) => new PlanWriter().WritePlan(plan);

    private byte[] WritePlan(LaunchPlan plan)
    {
        int headerAt = Reserve(sizeof(PlanHeader));
        int stepsAt = Reserve(sizeof(PlanStepData) * plan.Steps.Count);
        for (int i = 0; i < plan.Steps.Count; i++)
        {
            WriteStep(plan.Steps[i], stepsAt + (i * sizeof(PlanStepData)));
        }

        PlanCgroup cgroup = plan.Cgroup;
        PlanHeader header = default;
        header.Magic = PlanFormat.Magic;
        header.Version = PlanFormat.Version;
        header.StepCount = (uint)plan.Steps.Count;
        header.CloneFlags = plan.CloneFlags;
        header.LogMaximumBytes = (ulong)plan.LogMaximumBytes;
        header.LogMaximumFiles = (uint)plan.LogMaximumFiles;
        header.LogNumber = (uint)plan.LogNumber;
        header.LogFormat = plan.LogFormat;
        if (plan.Health is { } health)
        {
            header.Health = health.Times;
        }

        header.Flags = plan.Flags | (cgroup.FreezeIsV1 ? PlanFlags.FreezeIsV1 : 0);
        header.Restart = plan.Restart.Policy;
        header.RestartMaximum = (uint)plan.Restart.Maximum;
        header.StopSignal = plan.StopSignal;
        header.StopTimeoutMilliseconds = (uint)plan.StopTimeout.TotalMilliseconds;

        byte* at = (byte*)&header;
        Set(headerAt, at, (void**)&header.Steps, stepsAt);
        SetText(headerAt, at, &header.ContainerId, plan.Id);
        SetText(headerAt, at, &header.BootId, plan.BootId);
        SetText(headerAt, at, &header.DataDirectory, plan.DataDirectory);
        SetText(headerAt, at, &header.TrashDirectory, plan.TrashDirectory);
        SetText(headerAt, at, &header.RunDirectory, plan.RunDirectory);
        SetText(headerAt, at, &header.NameFile, plan.NameFile);
        SetText(headerAt, at, &header.LogDirectory, plan.LogDirectory);
        SetText(headerAt, at, &header.HealthPlan, plan.HealthPlan);
        SetText(headerAt, at, &header.JournalSocket, plan.JournalSocket);
        SetText(headerAt, at, &header.JournalFields, plan.JournalFields);
        SetText(headerAt, at, &header.EventFile, plan.EventFile);
        SetText(headerAt, at, &header.EventSubject, plan.EventSubject);
        SetText(headerAt, at, &header.PidNamespace, plan.PidNamespace);
        SetText(headerAt, at, &header.PidNamespaceStatus, plan.PidNamespaceProcess is { } process ? LaunchSteps.StatusPath(process) : null);
        header.PidNamespaceStartTime = (ulong)(plan.PidNamespaceProcess?.StartTime ?? 0);
        SetText(headerAt, at, &header.CgroupCloneInto, cgroup.CloneIntoDirectory);
        SetText(headerAt, at, &header.CgroupKillFile, cgroup.KillFile);
        SetText(headerAt, at, &header.CgroupFreezeFile, cgroup.FreezeFile);
        SetText(headerAt, at, &header.CgroupProcessesFile, cgroup.ProcessesFile);
        SetText(headerAt, at, &header.CgroupOomFile, cgroup.OomFile);
        SetList(headerAt, at, &header.CgroupDirectories, cgroup.Directories);
        SetList(headerAt, at, &header.MonitorCgroupFiles, plan.MonitorCgroupFiles.Count > 0 ? plan.MonitorCgroupFiles : null);

        SetList(headerAt, at, &header.VolumeUsers, plan.Volumes.Count > 0 ? [.. plan.Volumes.Select(volume => volume.User)] : null);
        string[] passing = [.. plan.Volumes.Where(volume => volume.Trash is not null).SelectMany(volume => volume.Texts)];
        SetList(headerAt, at, &header.PassingVolumes, passing.Length > 0 ? passing : null);
        SetText(headerAt, at, &header.NetworkLockFile, plan.NetworkLockFile);
        Set(headerAt, at, (void**)&header.NetworkUndo, WriteUndo(plan.NetworkUndo));
        header.NetworkUndoCount = (uint)plan.NetworkUndo.Count;
        Set(headerAt, at, (void**)&header.Ports, plan.Ports.Count == 0 ? 0 : Append(MemoryMarshal.AsBytes<PlanPort>(plan.Ports.ToArray())));
        header.PortCount = (uint)plan.Ports.Count;
        SetText(headerAt, at, &header.Record, plan.Record);

        header.RelocationCount = (uint)_relocations.Count;
        header.RelocationOffset = (uint)Reserve(_relocations.Count * sizeof(uint));
        for (int i = 0; i < _relocations.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan((int)header.RelocationOffset + (i * sizeof(uint))), _relocations[i]);
        }

        if (plan.Ports.Count > PlanFormat.MaximumPorts)
        {
            throw new EngineException(
                EngineErrorKind.LimitsExceeded, "TooManyPorts",
                string.Create(CultureInfo.InvariantCulture, $"A container cannot publish more than {PlanFormat.MaximumPorts} ports."),
                plan.Id, "Publish fewer ports, or use the host's network.");
        }

        if (_length > PlanFormat.MaximumSize)
        {
            throw new EngineException(
                EngineErrorKind.LimitsExceeded, "LaunchPlanTooLarge", "The container's arguments and environment are too large.", plan.Id,
                "Pass large values in files.");
        }

        header.Size = (uint)_length;
        new ReadOnlySpan<byte>(at, sizeof(PlanHeader)).CopyTo(_buffer.AsSpan(headerAt));
        return _buffer[.._length];
    }

    private void WriteStep(LaunchStep step, int place)
    {
        PlanStepData data = default;
        byte* at = (byte*)&data;
        data.Code = step.Code;
        data.Flags = step.Flags;
        data.Slot = step.Slot;
        data.Slot2 = step.Slot2;
        data.Mode = step.Mode;
        data.X = step.X;
        data.Y = step.Y;
        data.Z = step.Z;
        SetText(place, at, &data.Text1, step.Text1);
        SetText(place, at, &data.Text2, step.Text2);
        SetText(place, at, &data.Text3, step.Text3);
        SetList(place, at, &data.List1, step.List1);
        SetList(place, at, &data.List2, step.List2);
        SetList(place, at, &data.List3, step.List3);
        if (!step.Blob.IsEmpty)
        {
            // A mount has source, target and type in the texts: its options take the place of the first list.
            void** field = step.Text1 is null ? (void**)&data.Text1 : (void**)&data.List1;
            Set(place, at, field, Append(step.Blob.Span));
        }

        new ReadOnlySpan<byte>(at, sizeof(PlanStepData)).CopyTo(_buffer.AsSpan(place));
    }

    private int WriteUndo(IReadOnlyList<PlanUndo> all)
    {
        int first = all.Count == 0 ? 0 : Reserve(sizeof(PlanUndoData) * all.Count);
        for (int i = 0; i < all.Count; i++)
        {
            PlanUndoData data = default;
            byte* at = (byte*)&data;
            int place = first + (i * sizeof(PlanUndoData));
            SetText(place, at, &data.Program, all[i].Program);
            SetList(place, at, &data.Arguments, [Path.GetFileName(all[i].Program), .. all[i].Arguments]);
            SetText(place, at, &data.Script, all[i].Script);
            new ReadOnlySpan<byte>(at, sizeof(PlanUndoData)).CopyTo(_buffer.AsSpan(place));
        }

        return first;
    }

    private void SetText(int place, byte* at, byte** field, string? text) => Set(place, at, (void**)field, text is null ? 0 : Append(text));

    private void SetList(int place, byte* at, byte*** field, IReadOnlyList<string>? texts)
    {
        if (texts is null)
        {
            return;
        }

        int list = Reserve((texts.Count + 1) * sizeof(ulong));
        for (int i = 0; i < texts.Count; i++)
        {
            int text = Append(texts[i]);
            BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(list + (i * sizeof(ulong))), (ulong)text);
            _relocations.Add((uint)(list + (i * sizeof(ulong))));
        }

        Set(place, at, (void**)field, list);
    }

    private void Set(int place, byte* at, void** field, int target)
    {
        if (target != 0)
        {
            *field = (void*)target;
            _relocations.Add((uint)(place + ((byte*)field - at)));
        }
    }

    private int Append(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new EngineException(EngineErrorKind.InvalidArgument, "InvalidCharacter", "A value contains a NUL character.", text);
        }

        int size = Encoding.UTF8.GetByteCount(text);
        int place = Reserve(size + 1);
        Encoding.UTF8.GetBytes(text, _buffer.AsSpan(place, size));
        return place;
    }

    private int Append(ReadOnlySpan<byte> bytes)
    {
        int place = Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(place));
        return place;
    }

    /// <summary>Zeroed room, 8-byte aligned.</summary>
    private int Reserve(int size)
    {
        int place = (_length + 7) & ~7;
        _length = place + size;
        if (_length > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length));
        }

        return place;
    }
}
