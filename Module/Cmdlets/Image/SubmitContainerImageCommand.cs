using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Distribution;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>Sends images to registries: docker push.</summary>
[Cmdlet(VerbsLifecycle.Submit, "ContainerImage", SupportsShouldProcess = true)]
[Alias("Push-ContainerImage")]
[OutputType(typeof(PushedImage))]
public sealed class SubmitContainerImageCommand : ContainersCmdlet
{
    private readonly List<string> _digests = [];

    /// <summary>name[:tag], id or beginning of an id; wildcards match names. Objects of Get-ContainerImage.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Reference", "Image", "ImageName", "ImageIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ImageNameTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The name in the registry; the image's own where it is left out.</summary>
    [Parameter(Position = 1)]
    [Alias("Destination")]
    [ValidateNotNullOrEmpty]
    public string? Target { get; set; }

    /// <summary>Every tag that the repository has on this host.</summary>
    [Parameter]
    [Alias("AllTag")]
    public SwitchParameter AllTags { get; set; }

    /// <summary>Of all layers; where it is left out, gzip for those of which no registry is known to have a blob.</summary>
    [Parameter, SingleValue, ValidateSet(nameof(LayerCompression.Gzip), nameof(LayerCompression.Zstd))]
    public LayerCompression? Compression { get; set; }

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

    /// <summary>A file that the digests are written to, one on each line.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? DigestFile { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string name in FindImages(Name))
        {
            if (!AllTags)
            {
                Push(name, Target);
            }
            else if (TryRun(_ => FindTags(name), out List<(string Image, string? Target)>? tags))
            {
                tags.ForEach(each => Push(each.Image, each.Target));
            }
        }
    }

    protected override void EndProcessing()
    {
        if (DigestFile is not null && _digests.Count > 0)
        {
            TryRun(_ => WriteUserFile(DigestFile, string.Join('\n', _digests) + "\n"));
        }
    }

    private List<(string Image, string? Target)> FindTags(string name)
    {
        ImageReference repository = ParseRepository(name, "-AllTags");
        ImageReference? target = Target is null ? null : ParseRepository(Target, "-AllTags");
        List<(string Image, string? Target)> found = [];
        foreach (string reference in Engine.Images.List().SelectMany(image => image.References))
        {
            if (ImageReference.TryParse(reference, out ImageReference? each) && each.Tag is not null
                && each.Domain == repository.Domain && each.Repository == repository.Repository)
            {
                found.Add((reference, target is null ? null : target.FamiliarName + ":" + each.Tag));
            }
        }

        return found.Count > 0 ? found : throw new EngineException(
            EngineErrorKind.ObjectNotFound, "ImageNotFound", $"No image on this host has a name in the repository \"{name}\".", name,
            "Run Get-ContainerImage to list the images of this host.");
    }

    private void Push(string image, string? target)
    {
        string what = target is null ? $"Push image \"{image}\"" : $"Push image \"{image}\" to \"{target}\"";
        if (ShouldDo(what) && TryRun(stop => Push(image, target, stop), out PushedImage? pushed))
        {
            _digests.Add(pushed.Digest);
            WriteObject(pushed);
        }
    }

    private PushedImage Push(string image, string? target, CancellationToken stop)
    {
        PushOptions options = new()
        {
            Compression = Compression,
            Credential = Convert(Credential),
            AuthFile = ResolveOptional(AuthFile),
            Retry = Retry,
            Warning = WriteWarning,
        };
        return RunTransfer($"Pushing {target ?? image}", progress => Engine.Push(image, target, options with { Progress = progress }, stop));
    }
}
