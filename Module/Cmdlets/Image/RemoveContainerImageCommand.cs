using System.Management.Automation;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Removes images: a name, and with the last name the image and the layers that no other image uses.</summary>
[Cmdlet(VerbsCommon.Remove, "ContainerImage", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(RemovedImage))]
public sealed class RemoveContainerImageCommand : ContainersCmdlet
{
    private const string NameSet = "Name";

    private const string ObjectSet = "Object";

    private List<Container>? _containers;

    /// <summary>name[:tag], id or beginning of an id; wildcards match names with their tag.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Reference", "Id", "ImageName", "ImageId", "ImageIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>An image from Get-ContainerImage; it goes with all its names.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [Alias("Image")]
    public ContainerImage[] InputObject { get; set; } = [];

    /// <summary>Also an image that has several names or that a container uses; one that a running container uses stays.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        // An object with one name is meant by that name, so that only the last of two names takes the files along.
        foreach (ContainerImage image in InputObject)
        {
            string names = image.References.Count > 1 ? " with its names " + string.Join(", ", image.References.Order(StringComparer.Ordinal)) : "";
            Remove(image.References.Count == 1 ? image.References[0] : image.Id, $"\"{(image.References.Count == 1 ? image.References[0] : image.ShortId)}\"{names}");
        }

        foreach (string name in Name)
        {
            foreach (string each in TryRun(_ => Expand(name), out IReadOnlyList<string>? names) ? names : [])
            {
                Remove(each, $"\"{each}\"");
            }
        }
    }

    private void Remove(string reference, string shown)
    {
        // What would be refused is refused before anybody is asked, and told by -WhatIf.
        if (TryRun(_ => Engine.Images.CheckRemoval(reference, Force, UserOf))
            && ShouldDo($"Remove image {shown}")
            && TryRun(_ => Engine.RemoveImage(reference, Force, UserOf), out IReadOnlyList<RemovedImage>? removed))
        {
            WriteObject(removed, enumerateCollection: true);
        }
    }

    /// <summary>No name has a wildcard in it, so there is no literal meaning to be tried first.</summary>
    private IReadOnlyList<string> Expand(string name)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(name))
        {
            return [name];
        }

        WildcardPattern wildcard = WildcardPattern.Get(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        return [.. Engine.Images.List().SelectMany(image => image.References).Where(reference => wildcard.IsMatch(reference))];
    }

    /// <summary>Those that run first: the engine names the one that stands in the way.</summary>
    private string? UserOf(string imageId)
    {
        _containers ??= [.. Engine.List().OrderByDescending(container => container.IsRunning)];
        return _containers.Find(container => container.ImageId == imageId
            || container.Mounts.Any(mount => mount.Type == MountType.Image && mount.Source == imageId))?.Name;
    }
}
