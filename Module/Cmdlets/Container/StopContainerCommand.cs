using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Stops containers: the stop signal, a wait, then the kill.</summary>
[Cmdlet(VerbsLifecycle.Stop, "Container", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(Container))]
public sealed class StopContainerCommand : ContainerTargetCmdlet
{
    private const string ShutdownSet = "Shutdown";

    [Parameter(
        ParameterSetName = NameSet, Mandatory = true, Position = 0,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunningContainerCompleter))]
    public override string[] Name { get; set; } = [];

    /// <summary>All that run, because the host goes down: their restart policies are to start them again.</summary>
    [Parameter(ParameterSetName = ShutdownSet, Mandatory = true)]
    public SwitchParameter Shutdown { get; set; }

    /// <summary>How long to wait before the kill; the container's own without it, and for ever when negative.</summary>
    [Parameter(ParameterSetName = NameSet), Parameter(ParameterSetName = ObjectSet), TimeTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Instead of the container's own stop signal.</summary>
    [Parameter(ParameterSetName = NameSet), Parameter(ParameterSetName = ObjectSet), ArgumentCompleter(typeof(SignalCompleter))]
    public string? Signal { get; set; }

    /// <summary>Kills at once, also a paused container.</summary>
    [Parameter(ParameterSetName = NameSet), Parameter(ParameterSetName = ObjectSet)]
    public SwitchParameter Force { get; set; }

    /// <summary>A name that no container has is no error.</summary>
    [Parameter(ParameterSetName = NameSet), Parameter(ParameterSetName = ObjectSet)]
    public SwitchParameter IgnoreMissing { get; set; }

    /// <summary>Writes the stopped container.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        if (Shutdown)
        {
            StopAll();
            return;
        }

        foreach (ContainerTarget target in Targets)
        {
            if (ShouldDo($"{(Force ? "Kill" : "Stop")} container \"{target.Name}\""))
            {
                TryRun(stop => StopOne(target, stop));
            }
        }
    }

    private void StopOne(ContainerTarget target, CancellationToken stop)
    {
        try
        {
            Container stopped = Engine.Stop(target.Id, Timeout, Signal, Force, stop);
            if (PassThru)
            {
                WriteObject(stopped);
            }
        }
        catch (EngineException e) when (IgnoreMissing && e.ErrorId == ErrorIds.ContainerNotFound)
        {
            WriteVerbose($"There is no container \"{target.Name}\".");
        }
    }

    /// <summary>All at once: the host does not wait for one after the other.</summary>
    private void StopAll()
    {
        if (!TryRun(_ => Engine.List(), out IReadOnlyList<Container>? all))
        {
            return;
        }

        List<Container> running = [.. all.Where(container =>
            (container.IsRunning || container.State == ContainerState.Restarting) && ShouldDo($"Stop container \"{container.Name}\""))];
        using ParallelWait wait = new(running.Count, Stop);
        foreach (Container container in running)
        {
            wait.Begin(stop => Engine.StopForShutdown(container.Id, stop));
        }

        for (int left = running.Count; left > 0; left--)
        {
            if (TryRun(_ => wait.Next(), out Container? stopped) && PassThru)
            {
                WriteObject(stopped);
            }
        }
    }
}
