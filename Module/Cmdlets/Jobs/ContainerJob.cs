using System.Management.Automation;
using System.Reflection;
using Containers.Engine;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using AsyncCompletedEventArgs = System.ComponentModel.AsyncCompletedEventArgs;

namespace Containers.Cmdlets;

/// <summary>
/// A program in a container as a job of PowerShell: Receive-Job gives the lines of its output, those of its standard error are information,
/// Wait-Job waits for its end, Stop-Job stops it as Stop-Container does. It lives as long as the session, as all jobs do.
/// </summary>
public sealed class ContainerJob : Job2
{
    // For those who derive from Job2, but PowerShell Standard, which this is compiled against, leaves it out.
    private static readonly MethodInfo? s_setStateWithReason = typeof(Job2).GetMethod(
        nameof(SetJobState), BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly, [typeof(JobState), typeof(Exception)]);

    private readonly AttachedRun _run;

    private readonly ContainerJobActions _actions;

    private readonly LineSplitter _stdout = new();

    private readonly LineSplitter _stderr = new();

    private readonly Thread _reader;

    private volatile bool _stopping;

    /// <param name="name">Of the job.</param>
    /// <param name="command">The command line.</param>
    /// <param name="container">Where it runs.</param>
    /// <param name="run">The program, which runs already.</param>
    /// <param name="actions">What is done to it, and at its end.</param>
    internal ContainerJob(string name, string command, Container container, AttachedRun run, ContainerJobActions actions)
        : base(command, name)
    {
        Container = container;
        _run = run;
        _actions = actions;
        PSJobTypeName = nameof(ContainerJob);
        PSBeginTime = DateTime.Now;
        _reader = new Thread(Read) { IsBackground = true, Name = "Container job" };
        SetJobState(JobState.Running);
    }

    /// <summary>The container as it was at the start; afterwards as it was at the end.</summary>
    public Container Container { get; private set; }

    /// <summary>128 + signal when a signal ended it; null while it runs, or when nobody saw the end.</summary>
    public int? ExitCode { get; private set; }

    public override string Location => Container.Name;

    public override string StatusMessage => ExitCode is { } code ? $"Exit code {code}" : "";

    internal bool IsFinished => JobStateInfo.State is JobState.Completed or JobState.Failed or JobState.Stopped;

    /// <summary>There is something to receive, or may be.</summary>
    public override bool HasMoreData =>
        !IsFinished || Output.Count > 0 || Error.Count > 0 || Information.Count > 0 || Warning.Count > 0;

    /// <summary>When it is in the list of jobs: what ends at once must be found there.</summary>
    internal void Begin() => _reader.Start();

    internal void Append(object? input) => _run.Append(input);

    internal void EndInput() => _run.EndInput();

    /// <summary>The session ends, or does not want it any more: the program ends as one in the foreground would.</summary>
    internal void Abandon()
    {
        _stopping = true;
        _run.Abandon();
    }

    public override void StopJob() => StopJob(force: false, reason: "");

    public override void StopJob(bool force, string reason)
    {
        if (IsFinished)
        {
            return;
        }

        _stopping = true;
        SetJobState(JobState.Stopping);
        try
        {
            _actions.Stop(force);
        }
        catch (EngineException e)
        {
            // It ended by itself in this moment, or it is paused: then only a kill helps.
            if (e.ErrorId != ErrorIds.ContainerNotFound)
            {
                _run.Abandon();
            }
        }

        _reader.Join();
    }

    public override void StopJobAsync() => StopJobAsync(force: false, reason: "");

    public override void StopJobAsync(bool force, string reason) => Later(() => StopJob(force, reason), OnStopJobCompleted);

    public override void SuspendJob() => SuspendJob(force: false, reason: "");

    public override void SuspendJob(bool force, string reason)
    {
        _actions.Suspend();
        SetJobState(JobState.Suspended);
    }

    public override void SuspendJobAsync() => Later(SuspendJob, OnSuspendJobCompleted);

    public override void SuspendJobAsync(bool force, string reason) => SuspendJobAsync();

    public override void ResumeJob()
    {
        _actions.Resume();
        SetJobState(JobState.Running);
    }

    public override void ResumeJobAsync() => Later(ResumeJob, OnResumeJobCompleted);

    /// <summary>It runs from the beginning: one that has ended is not started again.</summary>
    public override void StartJob() => throw new InvalidJobStateException("A container's job runs from its beginning, and once.");

    public override void StartJobAsync() => Later(StartJob, OnStartJobCompleted);

    public override void UnblockJob() => throw new InvalidJobStateException("A container's job runs from its beginning, and once.");

    public override void UnblockJobAsync() => Later(UnblockJob, OnUnblockJobCompleted);

    protected override void Dispose(bool disposing)
    {
        if (disposing && !IsFinished)
        {
            Abandon();
            if (_reader.IsAlive)
            {
                _reader.Join();
            }
        }

        base.Dispose(disposing);
    }

    private static void Later(Action action, Action<AsyncCompletedEventArgs> completed) => new Thread(() =>
    {
        Exception? failure = null;
        try
        {
            action();
        }
        catch (Exception e) when (e is EngineException or InvalidJobStateException)
        {
            failure = e;
        }

        completed(new AsyncCompletedEventArgs(failure, cancelled: false, userState: null));
    })
    {
        IsBackground = true, Name = "Container job",
    }.Start();

    private void Read()
    {
        Exception? failure = null;
        try
        {
            using (_run)
            {
                while (_run.Read(CancellationToken.None, out OutputChunk chunk))
                {
                    Write(chunk);
                }

                _stdout.End(line => Output.Add(line));
                _stderr.End(WriteStderr);
                failure = Finish(_run.End());
            }
        }
        catch (EngineException e)
        {
            failure = e;
            Error.Add(ErrorRecords.From(e));
        }
        catch (LinuxException e)
        {
            failure = e;
            Error.Add(ErrorRecords.From(EngineException.From(e)));
        }

        PSEndTime = DateTime.Now;
        Finish(_stopping ? JobState.Stopped : failure is null ? JobState.Completed : JobState.Failed, failure);
        Output.Complete();
        Error.Complete();
        Information.Complete();
    }

    private void Finish(JobState state, Exception? failure)
    {
        if (state == JobState.Failed && s_setStateWithReason is not null)
        {
            s_setStateWithReason.Invoke(this, [state, failure]);
        }
        else
        {
            SetJobState(state);
        }
    }

    /// <returns>Why the job failed, or null.</returns>
    private Exception? Finish(ContainerExit exit)
    {
        ExitCode = exit.ExitCode;
        Container = _actions.LastSeen(exit);
        foreach (object result in _actions.Results(exit))
        {
            Output.Add(PSObject.AsPSObject(result));
        }

        if (_stopping || _actions.Failure(exit) is not { } error)
        {
            return null;
        }

        Error.Add(error);
        return error.Exception;
    }

    private void Write(OutputChunk chunk)
    {
        if (chunk.Stream == LogStream.Stderr)
        {
            _stderr.Add(chunk.Data.Span, WriteStderr);
        }
        else
        {
            _stdout.Add(chunk.Data.Span, line => Output.Add(line));
        }
    }

    private void WriteStderr(string line)
    {
        InformationRecord record = new(new HostInformationMessage { Message = line }, Location);
        record.Tags.AddRange(ProgramOutput.StderrTags);
        Information.Add(record);
    }
}
