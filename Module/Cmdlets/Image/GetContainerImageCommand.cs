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

    /// <summary>name[:tag], id or beginning of an id; wildcards match names with and without their tag.</summary>
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

    protected override void ProcessRecord()
    {
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
                Write(TryRun(_ => Engine.Images.Get(name), out ContainerImage? image) ? [image] : []);
            }
            else
            {
                Write(TryRun(_ => ImagesMatching(name), out IEnumerable<ContainerImage>? matching) ? matching : []);
            }
        }
    }

    private List<ContainerImage> ImagesMatching(string pattern)
    {
        WildcardPattern wildcard = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        return [.. Engine.Images.List().Where(image => image.References.Any(reference => Fits(wildcard, reference)))];
    }

    /// <summary>"busy*" and "busybox:*" both mean busybox:latest; the colon of a registry's port is no tag's.</summary>
    private static bool Fits(WildcardPattern pattern, string reference)
    {
        int colon = reference.LastIndexOf(':');
        string full = colon > reference.LastIndexOf('/') ? reference : reference + ":latest";
        return pattern.IsMatch(full) || pattern.IsMatch(full[..full.LastIndexOf(':')]);
    }

    private void Write(IEnumerable<ContainerImage> images)
    {
        foreach (ContainerImage image in images)
        {
            if ((!Dangling || image.References.Count == 0) && HasLabels(image.Labels, Label))
            {
                WriteObject(image);
            }
        }
    }
}
