using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Registry;

namespace Containers.Cmdlets;

/// <summary>The registries that somebody has signed in to, or that a configuration file names. Secrets stay where they are.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerRegistry")]
[OutputType(typeof(ContainerRegistry))]
public sealed class GetContainerRegistryCommand : ContainersCmdlet
{
    /// <summary>host[:port]; wildcards are allowed.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [Alias("Server")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RegistryCompleter))]
    public string[] Registry { get; set; } = ["*"];

    /// <summary>The file that is read, instead of those that docker and podman have.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AuthFile { get; set; }

    protected override void ProcessRecord()
    {
        if (!TryRun(_ => Engine.GetRegistries(ResolveOptional(AuthFile)), out IReadOnlyList<ContainerRegistry>? all))
        {
            return;
        }

        foreach (string name in Registry)
        {
            List<ContainerRegistry> found = [.. Matching(name, all, registry => registry.Registry)];
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                WriteError(ErrorRecords.From(new EngineException(
                    EngineErrorKind.ObjectNotFound, "RegistryNotFound", $"Nobody has signed in to the registry \"{name}\", and no configuration names it.",
                    name, "Run Connect-ContainerRegistry to sign in.")));
            }

            WriteObject(found, enumerateCollection: true);
        }
    }
}
