using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Takes a container object where its name is wanted: the id, because the name may be another's by now.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ContainerNameTransformationAttribute : ArgumentTransformationAttribute
{
    private const int IdLength = 64;

    private const int ShortLength = 12;

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = Conversions.Unwrap(inputData);
        if (value is null or string)
        {
            return inputData;
        }

        object?[] elements = [.. Conversions.Elements(value).Select(element => element is Container container ? container.Id : element)];
        return elements.Length == 1 ? elements[0]! : elements;
    }

    /// <summary>What a question shows of it: nobody reads 64 digits.</summary>
    internal static string Shown(string nameOrId) => nameOrId.Length == IdLength ? nameOrId[..ShortLength] : nameOrId;
}
