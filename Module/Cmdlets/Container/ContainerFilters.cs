using System.Buffers;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>The filters of Get-Container: all that are given must fit.</summary>
internal static class ContainerFilters
{
    private static readonly SearchValues<char> s_hexadecimal = SearchValues.Create("0123456789abcdef");

    private const WildcardOptions IgnoreCase = WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant;

    /// <exception cref="EngineException">-Before or -Since names neither a container nor a time, or -PublishedPort no port.</exception>
    internal static List<Predicate<Container>> From(GetContainerCommand asked, ContainerEngine engine)
    {
        List<Predicate<Container>> filters = [];
        if (asked.Running)
        {
            filters.Add(container => container.IsRunning);
        }

        if (asked.Stopped)
        {
            filters.Add(container => !container.IsRunning && container.State != ContainerState.Restarting);
        }

        if (asked.State.Length > 0)
        {
            filters.Add(container => asked.State.Contains(container.State));
        }

        if (asked.ExitCode.Length > 0)
        {
            filters.Add(container => container.ExitCode is { } code && asked.ExitCode.Contains(code));
        }

        if (asked.Image.Length > 0)
        {
            List<Predicate<Container>> images = [.. asked.Image.Select(OfImage)];
            filters.Add(container => images.Exists(fits => fits(container)));
        }

        foreach ((string key, string? value) in asked.Label as Dictionary<string, string?> ?? [])
        {
            WildcardPattern? pattern = value is null ? null : WildcardPattern.Get(value, WildcardOptions.CultureInvariant);
            filters.Add(container => container.Labels.TryGetValue(key, out string? has) && (pattern is null || pattern.IsMatch(has)));
        }

        if (asked.Network.Length > 0)
        {
            WildcardPattern[] networks = [.. asked.Network.Select(name => WildcardPattern.Get(name, IgnoreCase))];
            filters.Add(container => networks.Any(network =>
                network.IsMatch(container.Network) || container.Networks.Any(network.IsMatch)));
        }

        if (asked.Volume.Length > 0)
        {
            WildcardPattern[] volumes = [.. asked.Volume.Select(name => WildcardPattern.Get(name, WildcardOptions.CultureInvariant))];
            filters.Add(container => container.Mounts.Any(mount =>
                volumes.Any(volume => volume.IsMatch(mount.Target) || (mount.Source.Length > 0 && volume.IsMatch(mount.Source)))));
        }

        if (asked.PublishedPort.Length > 0)
        {
            List<ContainerPort> ports = [.. asked.PublishedPort.SelectMany(PortSelection.Parse)];
            filters.Add(container => container.Ports.Any(mapping => mapping.HostPort is { } number
                && ports.Exists(port => PortSelection.IsSame(port, number, mapping.Protocol))));
        }

        if (asked.Before is { } before)
        {
            DateTimeOffset limit = MomentOf(before, engine);
            filters.Add(container => container.Created < limit);
        }

        if (asked.Since is { } since)
        {
            DateTimeOffset limit = MomentOf(since, engine);
            filters.Add(container => container.Created > limit);
        }

        return filters;
    }

    /// <summary>A name without a tag means latest, as it does when a container is made; an id may be shortened.</summary>
    private static Predicate<Container> OfImage(string image)
    {
        WildcardPattern pattern = WildcardPattern.Get(image, IgnoreCase);
        WildcardPattern latest = WildcardPattern.Get(image + ":latest", IgnoreCase);
        string digits = image.StartsWith("sha256:", StringComparison.Ordinal) ? image["sha256:".Length..] : image;
        bool id = digits.Length >= 4 && !digits.AsSpan().ContainsAnyExcept(s_hexadecimal);
        return container => pattern.IsMatch(container.Image) || latest.IsMatch(container.Image)
            || pattern.IsMatch(container.Image + ":latest")
            || (id && container.ImageId.Replace("sha256:", "", StringComparison.Ordinal).StartsWith(digits, StringComparison.Ordinal));
    }

    /// <summary>When a container was made, or a time. A container's name wins over a text that also reads as a time.</summary>
    private static DateTimeOffset MomentOf(object given, ContainerEngine engine)
    {
        object value = Conversions.Unwrap(given) ?? "";
        if (value is Container container)
        {
            return container.Created;
        }

        if (value is string name)
        {
            try
            {
                return engine.Get(name).Created;
            }
            catch (EngineException) when (MomentTransformationAttribute.TryConvert(given, value, out DateTimeOffset time))
            {
                return time;
            }
        }

        return MomentTransformationAttribute.TryConvert(given, value, out DateTimeOffset moment)
            ? moment
            : throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidTime", $"\"{Conversions.Text(given)}\" is no time.", given,
                "Give a container, a date, or how long ago, such as '10m'.");
    }
}
