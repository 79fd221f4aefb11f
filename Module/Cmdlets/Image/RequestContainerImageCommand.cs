using System.Management.Automation;
using Containers.Engine.Distribution;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>Gets images from registries: docker pull.</summary>
[Cmdlet(VerbsLifecycle.Request, "ContainerImage", SupportsShouldProcess = true)]
[Alias("Pull-ContainerImage")]
[OutputType(typeof(ContainerImage))]
public sealed class RequestContainerImageCommand : ContainersCmdlet
{
    /// <summary>[registry/]name[:tag][@digest]; results of Find-ContainerImage and Find-ContainerImageTag say it themselves.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "ImageName", "Image")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Reference { get; set; } = [];

    /// <summary>Every tag of the repository.</summary>
    [Parameter]
    [Alias("AllTag")]
    public SwitchParameter AllTags { get; set; }

    /// <summary>os/architecture[/variant] instead of this machine's.</summary>
    [Parameter, ArgumentCompleter(typeof(PlatformCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Platform { get; set; }

    /// <summary>When the registry is asked.</summary>
    [Parameter, SingleValue]
    [Alias("PullPolicy")]
    public PullPolicy Policy { get; set; } = PullPolicy.Always;

    /// <summary>Instead of the credential that Connect-ContainerRegistry keeps.</summary>
    [Parameter, Credential]
    [ValidateNotNull]
    public PSCredential? Credential { get; set; }

    /// <summary>The only file with credentials that is read.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AuthFile { get; set; }

    /// <summary>Attempts after a failure that may pass.</summary>
    [Parameter, ValidateRange(0, 100)]
    public int? Retry { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string reference in Reference)
        {
            if (!AllTags)
            {
                Pull(reference);
            }
            else if (ShouldDo($"Pull all tags of \"{reference}\"")
                && TryRun(stop => FindTags(reference, stop), out List<string>? tags))
            {
                tags.ForEach(Receive);
            }
        }
    }

    private List<string> FindTags(string repository, CancellationToken stop)
    {
        ImageReference parsed = ParseRepository(repository, "-AllTags");
        return [.. Engine.FindTags(parsed.FamiliarName, detailed: false, Convert(Credential), ResolveOptional(AuthFile), stop).Select(tag => tag.Reference)];
    }

    private void Pull(string reference)
    {
        if (ShouldDo($"Pull image \"{reference}\""))
        {
            Receive(reference);
        }
    }

    private void Receive(string reference)
    {
        if (TryRun(stop => Receive(reference, stop), out ContainerImage? image))
        {
            WriteObject(image);
        }
    }

    private ContainerImage Receive(string reference, CancellationToken stop)
    {
        PullOptions options = new()
        {
            Policy = Policy,
            Platform = ParsePlatform(Platform),
            Credential = Convert(Credential),
            AuthFile = ResolveOptional(AuthFile),
            Retry = Retry,
            Warning = WriteWarning,
        };
        return RunTransfer($"Pulling {reference}", progress => Engine.Pull(reference, options with { Progress = progress }, stop));
    }
}
