using System.Management.Automation;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>Takes image objects where names are wanted: an id says exactly which, but a name is what people want to see later.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ImageNameTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>All names of an image, not only its first.</summary>
    public bool All { get; set; }

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = Conversions.Unwrap(inputData);
        if (value is null or string)
        {
            return inputData;
        }

        object?[] elements = [.. Conversions.Elements(value).SelectMany(Names)];
        return elements.Length == 1 ? elements[0]! : elements;
    }

    private IEnumerable<object?> Names(object? element) => element switch
    {
        ContainerImage { References.Count: 0 } image => [image.Id],
        ContainerImage image => All ? image.References : image.References.Take(1),
        _ => [element],
    };
}
