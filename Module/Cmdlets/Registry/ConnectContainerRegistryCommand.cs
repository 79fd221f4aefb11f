using System.Management.Automation;
using System.Security;
using Containers.Engine;
using Containers.Engine.Registry;

namespace Containers.Cmdlets;

/// <summary>Signs in to a registry and keeps the credential where docker and podman look for it: docker login.</summary>
[Cmdlet(VerbsCommunications.Connect, "ContainerRegistry", SupportsShouldProcess = true, DefaultParameterSetName = CredentialSet)]
[Alias("Login-ContainerRegistry")]
[OutputType(typeof(ContainerRegistry))]
public sealed class ConnectContainerRegistryCommand : ContainersCmdlet
{
    private const string CredentialSet = "Credential";

    private const string TokenSet = "Token";

    /// <summary>host[:port].</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Server")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RegistryCompleter))]
    public string Registry { get; set; } = DefaultRegistry;

    /// <summary>Name and password, or personal token; asked for where it is left out.</summary>
    [Parameter(ParameterSetName = CredentialSet, Position = 1), Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>An identity token (OAuth2 refresh token).</summary>
    [Parameter(ParameterSetName = TokenSet, Mandatory = true)]
    [Alias("IdentityToken")]
    [ValidateNotNull]
    public SecureString? Token { get; set; }

    /// <summary>The file that keeps it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AuthFile { get; set; }

    protected override void ProcessRecord()
    {
        if (ShouldDo($"Sign in to registry \"{Registry}\"") && TryRun(Connect, out ContainerRegistry? registry))
        {
            WriteObject(registry);
        }
    }

    private ContainerRegistry Connect(CancellationToken stop)
    {
        RegistryCredential credential = Token is not null
            ? new RegistryCredential { IdentityToken = Reveal(Token) }
            : Convert(Credential ?? Ask()) ?? throw Missing(null);
        return Engine.ConnectRegistry(Registry, credential, ResolveOptional(AuthFile), stop);
    }

    private PSCredential? Ask()
    {
        try
        {
            return Host.UI.PromptForCredential("Registry " + Registry, "Enter the name and password for the registry.", "", Registry);
        }
        catch (Exception e) when (IsNobodyThere(e))
        {
            throw Missing(e);
        }
    }

    private EngineException Missing(Exception? inner) => new(
        EngineErrorKind.AuthenticationError, ErrorIds.CredentialMissing, $"There is no credential for the registry \"{Registry}\".", Registry,
        "Give -Credential, for example (Get-Credential), or -Token.", inner);
}
