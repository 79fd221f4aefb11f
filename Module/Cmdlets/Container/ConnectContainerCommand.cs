using System.Management.Automation;
using System.Runtime.InteropServices;
using Containers.Engine;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Attaches to the first process of a container that runs: its output from now on, and its input.</summary>
[Cmdlet(VerbsCommunications.Connect, "Container", DefaultParameterSetName = NameSet)]
[Alias("Attach-Container")]
[OutputType(typeof(string))]
public sealed class ConnectContainerCommand : AttachingCmdlet
{
    private volatile string? _attached;

    [Parameter(
        ParameterSetName = NameSet, Mandatory = true, Position = 0,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(UnpausedContainerCompleter))]
    public override string[] Name { get; set; } = [];

    /// <summary>Only looks: nothing that is typed reaches the container.</summary>
    [Parameter]
    public SwitchParameter NoStdin { get; set; }

    /// <summary>What asks this session to end, Ctrl+C first of all, is sent to the container as well.</summary>
    [Parameter]
    [Alias("SigProxy")]
    public SwitchParameter SignalProxy { get; set; }

    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in Targets)
        {
            if (!TryRun(stop => Attach(target, stop), out RunSession? session))
            {
                continue;
            }

            using PosixSignalRegistration? terminated = Pass(PosixSignal.SIGTERM, "SIGTERM");
            using PosixSignalRegistration? hungUp = Pass(PosixSignal.SIGHUP, "SIGHUP");
            _attached = session.Container.Id;
            try
            {
                Follow(session, !NoStdin, first: false);
            }
            finally
            {
                _attached = null;
            }
        }
    }

    /// <summary>Lets go: the container runs on.</summary>
    protected override void StopProcessing()
    {
        Pass("SIGINT");
        base.StopProcessing();
    }

    private RunSession Attach(ContainerTarget target, CancellationToken stop)
    {
        Container container = Engine.Get(target.Id);
        if (!NoStdin && container.Spec?.Process.Terminal == true && container.IsRunning)
        {
            RequireTerminal(container.Name, "Run this at a prompt, or only look: -NoStdin.");
        }

        return Engine.Attach(container.Id, stop);
    }

    private PosixSignalRegistration? Pass(PosixSignal signal, string name) =>
        SignalProxy ? PosixSignalRegistration.Create(signal, _ => Pass(name)) : null;

    private void Pass(string signal)
    {
        if (SignalProxy && _attached is { } id)
        {
            try
            {
                Engine.SendSignal(id, signal);
            }
            catch (EngineException)
            {
                // It has ended meanwhile, which is what the signal asks for; the session ends as well, and nobody listens.
            }
        }
    }
}
