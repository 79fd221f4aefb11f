using System.Management.Automation;
using Containers.Engine.Lifecycle;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Lets containers find another one by a name and reach its exposed ports.</summary>
[Cmdlet(VerbsCommon.Add, "ContainerLink", SupportsShouldProcess = true, DefaultParameterSetName = ObjectSet)]
[OutputType(typeof(ContainerLink))]
public sealed class AddContainerLinkCommand : ContainerConnectionCmdlet
{
    /// <summary>The container that is found.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    [ContainerNameTransformation]
    [ArgumentCompleter(typeof(RunningContainerCompleter))]
    public string Target { get; set; } = "";

    /// <summary>The name under which it is found; its own without it.</summary>
    [Parameter(Position = 2)]
    [ValidateNotNullOrEmpty]
    public string? Alias { get; set; }

    protected override void ProcessRecord()
    {
        if (!TryRun(_ => Engine.Get(Target), out Container? found))
        {
            return;
        }

        string alias = Alias ?? found.Name;
        foreach (ContainerTarget source in Targets)
        {
            if (ShouldDo($"Link container \"{source.Name}\" to container \"{found.Name}\" as \"{alias}\"")
                && TryRun(_ => Engine.AddLink(source.Id, found.Id, alias), out ContainerLink? link))
            {
                WriteObject(link);
            }
        }
    }
}
