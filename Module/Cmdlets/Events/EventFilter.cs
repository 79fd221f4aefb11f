using System.Collections;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Events;

namespace Containers.Cmdlets;

/// <summary>Which events a cmdlet was asked for; what is empty asks for nothing. Of each kind one must fit.</summary>
internal sealed class EventFilter
{
    private const WildcardOptions IgnoreCase = WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant;

    /// <summary>Shorter beginnings of ids are names.</summary>
    private const int ShortestId = 4;

    private readonly ContainerEventType[] _types;
    private readonly List<WildcardPattern> _actions;
    private readonly List<Predicate<ContainerEvent>> _containers = [];
    private readonly List<Predicate<ContainerEvent>> _images = [];
    private readonly IDictionary? _labels;

    /// <param name="asked">The parameters.</param>
    /// <param name="engine">Knows the ids of containers: their earlier and later names are looked for, too.</param>
    internal EventFilter(IEventSelection asked, ContainerEngine engine)
    {
        _types = asked.Type;
        _actions = [.. asked.Event.Select(action => WildcardPattern.Get(action, IgnoreCase))];
        _containers.AddRange(asked.Container.Select(name => OfContainer(name, engine)));
        _images.AddRange(asked.Image.Select(OfImage));
        _labels = asked.Label;
    }

    internal bool Fits(ContainerEvent one) =>
        (_types.Length == 0 || _types.Contains(one.Type))
        && (_actions.Count == 0 || _actions.Exists(action => action.IsMatch(one.Action)))
        && (_containers.Count == 0 || _containers.Exists(fits => fits(one)))
        && (_images.Count == 0 || _images.Exists(fits => fits(one)))
        && ContainersCmdlet.HasLabels(one.Attributes, _labels);

    /// <summary>Events of the container itself, and those of networks and volumes that are about it.</summary>
    private static Predicate<ContainerEvent> OfContainer(string name, ContainerEngine engine)
    {
        WildcardPattern pattern = WildcardPattern.Get(name, IgnoreCase);
        string? id = WildcardPattern.ContainsWildcardCharacters(name) ? null : IdOf(name, engine);
        bool IsId(string one) => one.Length > 0 && (one == id || (name.Length >= ShortestId && one.StartsWith(name, StringComparison.Ordinal)));
        return one => one.Type == ContainerEventType.Container
            ? pattern.IsMatch(one.Name) || IsId(one.Id)
            : one.Attributes.TryGetValue("container", out string? other)
                && (IsId(other) || (one.Attributes.TryGetValue("containerName", out string? otherName) && pattern.IsMatch(otherName)));
    }

    private static string? IdOf(string name, ContainerEngine engine)
    {
        try
        {
            return engine.Get(name).Id;
        }
        catch (EngineException e) when (e.ErrorId is "ContainerNotFound" or "AmbiguousContainerId")
        {
            return null; // It is gone, or will come: its name is all that is known.
        }
    }

    /// <summary>Events of the image, and of containers made from it. A name without a tag means latest.</summary>
    private static Predicate<ContainerEvent> OfImage(string image)
    {
        WildcardPattern[] patterns = [WildcardPattern.Get(image, IgnoreCase), WildcardPattern.Get(image + ":latest", IgnoreCase)];
        bool IsNamed(string name) => Array.Exists(patterns, pattern => pattern.IsMatch(name)) || patterns[0].IsMatch(name + ":latest");
        string digits = image.StartsWith("sha256:", StringComparison.Ordinal) ? image["sha256:".Length..] : image;
        return one => one.Type == ContainerEventType.Image
            ? IsNamed(one.Name) || (digits.Length >= ShortestId && one.Id.StartsWith("sha256:" + digits, StringComparison.Ordinal))
            : one.Attributes.TryGetValue("image", out string? name) && IsNamed(name);
    }
}

/// <summary>The parameters that choose events.</summary>
internal interface IEventSelection
{
    public ContainerEventType[] Type { get; }

    public string[] Event { get; }

    public string[] Container { get; }

    public string[] Image { get; }

    public IDictionary? Label { get; }
}
