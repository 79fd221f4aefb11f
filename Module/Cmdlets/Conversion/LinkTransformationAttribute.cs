using System.Collections;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Takes links as 'db:alias', 'db' (found as db), @{ db = 'alias' }, containers, and objects of Get-ContainerLink.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class LinkTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = Conversions.Unwrap(inputData);
        if (value is null)
        {
            return null!;
        }

        try
        {
            return Conversions.Elements(value).SelectMany(From).ToArray();
        }
        catch (EngineException e)
        {
            throw Conversions.Refuse(e);
        }
    }

    private static IEnumerable<LinkSpec> From(object? element) => element switch
    {
        LinkSpec link => [link],
        ContainerLink link => [new LinkSpec(link.TargetId, link.Alias)],
        Container container => [new LinkSpec(container.Id, container.Name)],
        IDictionary table => table.Cast<DictionaryEntry>().Select(pair =>
            Make(Conversions.Text(pair.Key), Conversions.Text(pair.Value), $"{Conversions.Text(pair.Key)}:{Conversions.Text(pair.Value)}")),
        _ => [Parse(Conversions.Text(element))],
    };

    private static LinkSpec Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? Make(text, text.TrimStart('/'), text) : Make(text[..colon], text[(colon + 1)..], text);
    }

    /// <summary>Docker shows names with a slash in front, and takes them so.</summary>
    private static LinkSpec Make(string container, string alias, string text)
    {
        string name = container.Trim().TrimStart('/');
        return name.Length > 0 && alias.Trim().Length > 0
            ? new LinkSpec(name, alias.Trim())
            : throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidLink", $"\"{text}\" is no link.", text,
                "Give 'container:alias', 'container', or @{ container = 'alias' }.");
    }
}
