using System.Management.Automation;

namespace Containers.Cmdlets;

/// <summary>Forgets the credential for a registry: docker logout.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "ContainerRegistry", SupportsShouldProcess = true)]
[Alias("Logout-ContainerRegistry")]
public sealed class DisconnectContainerRegistryCommand : ContainersCmdlet
{
    /// <summary>host[:port]; objects of Get-ContainerRegistry. Wildcards match those that somebody signed in to.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Server")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RegistryCompleter))]
    public string[] Registry { get; set; } = [DefaultRegistry];

    /// <summary>The file that keeps it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AuthFile { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string given in Registry)
        {
            foreach (string registry in TryRun(_ => Expand(given), out List<string>? found) ? found : [])
            {
                if (ShouldDo($"Sign out of registry \"{registry}\""))
                {
                    TryRun(_ => Disconnect(registry));
                }
            }
        }
    }

    private string? File => ResolveOptional(AuthFile);

    private List<string> Expand(string given) => !WildcardPattern.ContainsWildcardCharacters(given)
        ? [given]
        : [.. Matching(given, Engine.GetRegistries(File).Where(each => each.UserName is not null), each => each.Registry)
            .Select(each => each.Registry)];

    private void Disconnect(string registry)
    {
        // No error, as with docker: what was wanted is so. But perhaps another registry was meant.
        if (!Engine.DisconnectRegistry(registry, File))
        {
            WriteWarning($"Nobody had signed in to the registry \"{registry}\".");
        }
    }
}
