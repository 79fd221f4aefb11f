using System.Collections;
using System.Management.Automation;
using Containers.Engine.Images;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>The images of this host.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerImage", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ContainerImage))]
public sealed class GetContainerImageCommand : ContainersCmdlet
{
    private const string NameSet = "Name";

    private const string IdSet = "Id";

    private const string ContainerSet = "Container";

    /// <summary>Objects that the view with digests is for: Module/Formats/ContainerImage.format.ps1xml.</summary>
    private const string DigestView = "Containers.Engine.Images.ContainerImage#Digest";

    private DateTimeOffset? _before;

    private DateTimeOffset? _since;

    private bool _known;

    /// <summary>
    /// A name with its tag, a repository for all of its tags, id or beginning of an id; wildcards match names with and without their tag.
    /// </summary>
    [Parameter(ParameterSetName = NameSet, Position = 0, ValueFromPipeline = true)]
    [Alias("Reference", "ImageName", "ImageIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Id or beginning of an id.</summary>
    [Parameter(ParameterSetName = IdSet, Mandatory = true)]
    [Alias("ImageId")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Id { get; set; } = [];

    /// <summary>A container from Get-Container, to get the image that it was made from.</summary>
    [Parameter(ParameterSetName = ContainerSet, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    public Container[] Container { get; set; } = [];

    /// <summary>Only those without a name.</summary>
    [Parameter]
    public SwitchParameter Dangling { get; set; }

    /// <summary>Only those with these labels: @{key = 'value'}, 'key=value', or 'key' for any value. Wildcards match values.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Null)]
    public IDictionary? Label { get; set; }

    /// <summary>Only those that were made before this image.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ImageNameTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string? Before { get; set; }

    /// <summary>Only those that were made after this image.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ImageNameTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string? Since { get; set; }

    /// <summary>Shows the digests that registries know the images by.</summary>
    [Parameter]
    public SwitchParameter Digest { get; set; }

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _known = TryRun(_ => FindMoments());
    }

    protected override void ProcessRecord()
    {
        if (!_known)
        {
            return;
        }

        string[] asked = ParameterSetName switch
        {
            IdSet => Id,
            ContainerSet => [.. Container.Select(container => container.ImageId)],
            _ => Name,
        };
        if (asked.Length == 0)
        {
            Write(TryRun(_ => Engine.Images.List(), out IReadOnlyList<ContainerImage>? all) ? all : []);
        }

        foreach (string name in asked)
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name))
            {
                Write(TryRun(_ => Find(name), out IReadOnlyList<ContainerImage>? found) ? found : []);
            }
            else
            {
                Write(TryRun(_ => ImagesMatching(name), out IEnumerable<ContainerImage>? matching) ? matching : []);
            }
        }
    }

    private IReadOnlyList<ContainerImage> Find(string name) => ParameterSetName == NameSet ? Engine.GetImages(name) : [Engine.Images.Get(name)];

    private IReadOnlyList<ContainerImage> ImagesMatching(string pattern)
    {
        WildcardPattern wildcard = WildcardPattern.Get(pattern, IgnoreCase);
        return Engine.GetImages(reference => FitsReference(wildcard, reference));
    }

    /// <remarks>An image that is not there is told before anything is written.</remarks>
    private void FindMoments()
    {
        _before = Before is null ? null : Engine.Images.Get(Before).Created;
        _since = Since is null ? null : Engine.Images.Get(Since).Created;
    }

    private void Write(IEnumerable<ContainerImage> images)
    {
        foreach (ContainerImage image in images.Where(IsWanted))
        {
            PSObject output = new(image);
            if (Digest)
            {
                output.TypeNames.Insert(0, DigestView);
            }

            WriteObject(output);
        }
    }

    private bool IsWanted(ContainerImage image) =>
        (!Dangling || image.References.Count == 0)
        && HasLabels(image.Labels, Label)
        && (_before is null || image.Created < _before)
        && (_since is null || image.Created > _since);
}
