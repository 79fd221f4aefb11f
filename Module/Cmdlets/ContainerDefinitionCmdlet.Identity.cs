using System.Collections;
using System.Management.Automation;

namespace Containers.Cmdlets;

/// <summary>Image, name, labels, and how long it exists.</summary>
public abstract partial class ContainerDefinitionCmdlet
{
    /// <summary>Reference, id or beginning of an id; or an image object.</summary>
    [Parameter(ParameterSetName = DefinitionSet, Mandatory = true, Position = 0)]
    [Alias("ImageName", "ImageId", "ImageIdOrName")]
    [ValidateNotNullOrEmpty]
    [ImageNameTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string Image { get; set; } = "";

    /// <summary>The program and its arguments, instead of the image's command.</summary>
    [Parameter(ParameterSetName = DefinitionSet, Position = 1, ValueFromRemainingArguments = true)]
    [AllowEmptyString]
    public string[]? Command { get; set; }

    /// <summary>The container's name; a random one without it.</summary>
    [Parameter]
    [Alias("ContainerName")]
    [ValidateNotNullOrEmpty]
    public virtual string? Name { get; set; }

    /// <summary>Labels, as a hashtable or as 'key=value'.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Empty)]
    public IDictionary? Label { get; set; }

    /// <summary>Files with a label on each line.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] LabelFile { get; set; } = [];

    /// <summary>Annotations, as a hashtable or as 'key=value'.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Empty)]
    public IDictionary? Annotation { get; set; }

    /// <summary>A file to write the id to; it must not exist.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? CidFile { get; set; }

    /// <summary>Removes a container of the same name first, also a running one.</summary>
    [Parameter]
    public SwitchParameter Replace { get; set; }

    /// <summary>The container is removed when it ends.</summary>
    [Parameter]
    [Alias("Rm", "RemoveAutomatically")]
    public SwitchParameter RemoveOnExit { get; set; }

    private Dictionary<string, string> BuildLabels()
    {
        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        foreach (string file in LabelFile)
        {
            foreach ((string key, string? value) in VariableFile.Parse(ReadUserFile(file), file))
            {
                labels[key] = value ?? "";
            }
        }

        foreach ((string key, string value) in Map(Label))
        {
            labels[key] = value;
        }

        return labels;
    }
}
