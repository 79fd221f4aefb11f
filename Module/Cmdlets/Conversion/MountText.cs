using System.Collections;
using System.Globalization;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Volumes;

namespace Containers.Cmdlets;

/// <summary>
/// Reads mounts: docker's <c>source:target:options</c> of -Volume, and for -Mount hashtables, <c>type=bind,src=..,dst=..</c>, and objects.
/// Paths of the host may be relative to PowerShell's location.
/// </summary>
/// <param name="resolve">Makes such a path absolute.</param>
internal sealed class MountText(Func<string, string> resolve)
{
    private const string VolumeForm = "Give 'name:/target', '/host/path:/target', './path:/target:ro', or '/target' alone for an anonymous volume.";

    private const string MountForm =
        "Give @{ Source = $PWD; Target = '/app' }, @{ Source = 'name'; Target = '/data'; ReadOnly = $true }, or 'type=bind,source=/srv,target=/srv,readonly'.";

    /// <summary>One of -Volume. A missing source of the host is made, as docker does.</summary>
    /// <param name="labels">Whether labels of SELinux were asked for, which this host has not.</param>
    /// <exception cref="EngineException">InvalidMount.</exception>
    internal MountSpec Volume(string text, out bool labels)
    {
        string[] parts = text.Split(':');
        labels = false;
        if (parts.Length > 3 || parts.Any(part => part.Length == 0))
        {
            throw Invalid($"\"{text}\" is no volume.", text, VolumeForm);
        }

        if (parts.Length == 1)
        {
            return new MountSpec { Type = MountType.Volume, Target = parts[0] };
        }

        MountSpec mount = IsPath(parts[0])
            ? MountSpec.Bind(resolve(parts[0]), parts[1]) with { CreateSource = true }
            : new MountSpec { Type = MountType.Volume, Source = parts[0], Target = parts[1] };
        foreach (string option in parts.Length < 3 ? [] : parts[2].Split(','))
        {
            labels |= option is "z" or "Z";
            mount = Option(mount, option, text);
        }

        return mount;
    }

    /// <summary>One of -Mount. A source of the host must exist.</summary>
    /// <exception cref="EngineException">InvalidMount.</exception>
    internal MountSpec Mount(object? element)
    {
        switch (element)
        {
            case MountSpec spec:
                return spec;
            case IDictionary table:
                return From(table.Cast<DictionaryEntry>().Select(entry => (Conversions.Text(entry.Key), Conversions.Unwrap(entry.Value))), table);
            case string text when text.Contains('=', StringComparison.Ordinal):
                return From(text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Pair), text);
            default:
                throw Invalid($"\"{Conversions.Text(element)}\" is no mount.", element, MountForm);
        }
    }

    private static (string Key, object? Value) Pair(string option)
    {
        int equals = option.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (option, true) : (option[..equals], option[(equals + 1)..]);
    }

    /// <summary>What has a slash, or begins with a dot or "~", is a path; anything else is the name of a volume.</summary>
    private static bool IsPath(string source) => source.Contains('/', StringComparison.Ordinal) || source[0] is '.' or '~';

    private static MountSpec Option(MountSpec mount, string option, string text) => option switch
    {
        "ro" => mount with { ReadOnly = true },
        "rw" or "z" or "Z" or "cached" or "delegated" or "consistent" or "exec" or "suid" or "dev" or "rbind" => mount,
        "bind" => mount with { NonRecursive = true },
        "nocopy" => mount with { NoCopy = true },
        "copy" => mount with { NoCopy = false },
        "U" => mount with { ChangeOwner = true },
        "noexec" => mount with { NoExec = true },
        "nosuid" => mount with { NoSuid = true },
        "nodev" => mount with { NoDev = true },
        _ when TryPropagation(option, out MountPropagation propagation) => mount with { Propagation = propagation },
        _ => throw Invalid($"\"{option}\" in \"{text}\" is no option of a volume.", option, "Use ro, rw, U, nocopy, z, Z, noexec, nosuid, nodev, rslave, rshared and their like."),
    };

    private MountSpec From(IEnumerable<(string Key, object? Value)> entries, object given)
    {
        MountType? type = null;
        object? source = null;
        MountSpec mount = new() { Type = MountType.Volume, Target = "" };
        bool executable = false;
        foreach ((string key, object? value) in entries)
        {
            switch (Key(key))
            {
                case "type":
                    type = Type(Conversions.Text(value), given);
                    break;
                case "source" or "src" or "name" or "volume":
                    source = value;
                    break;
                case "target" or "destination" or "dst":
                    mount = mount with { Target = Conversions.Text(value) };
                    break;
                case "exec" or "executable":
                    executable = IsTrue(value);
                    break;
                default:
                    mount = Set(mount, Key(key), value, given);
                    break;
            }
        }

        if (mount.Target.Length == 0)
        {
            throw Invalid("A mount needs a Target.", given, MountForm);
        }

        return WithSource(mount, type, source, executable);
    }

    private MountSpec WithSource(MountSpec mount, MountType? type, object? source, bool executable)
    {
        switch (source)
        {
            case ContainerVolume volume when type is null or MountType.Volume:
                return mount with { Source = volume.Name };
            case ContainerImage image when type is null or MountType.Image:
                return mount with { Type = MountType.Image, Source = image.Id };
            case PathInfo or FileSystemInfo when type is null:
                type = MountType.Bind;
                break;
            default:
                break;
        }

        string text = source switch
        {
            null => "",
            PathInfo path => path.ProviderPath,
            FileSystemInfo file => file.FullName,
            _ => Conversions.Text(source),
        };
        return (type ?? (text.Length > 0 && IsPath(text) ? MountType.Bind : MountType.Volume)) switch
        {
            MountType.Bind => mount with { Type = MountType.Bind, Source = text.Length > 0 ? resolve(text) : text },
            MountType.Tmpfs => mount with { Type = MountType.Tmpfs, Source = text, NoSuid = true, NoDev = true, NoExec = !executable },
            MountType other => mount with { Type = other, Source = text },
        };
    }

    private static MountSpec Set(MountSpec mount, string key, object? value, object given) => key switch
    {
        "readonly" or "ro" => mount with { ReadOnly = IsTrue(value) },
        "rw" or "readwrite" => mount with { ReadOnly = !IsTrue(value) },
        "propagation" or "bindpropagation" => TryPropagation(Conversions.Text(value), out MountPropagation propagation)
            ? mount with { Propagation = propagation }
            : throw Invalid($"\"{Conversions.Text(value)}\" is no propagation.", value, "Use rprivate, private, rslave, slave, rshared or shared."),
        "subpath" or "volumesubpath" or "imagesubpath" => mount with { SubPath = Conversions.Text(value) },
        "nocopy" or "volumenocopy" => mount with { NoCopy = IsTrue(value) },
        "nonrecursive" or "bindnonrecursive" => mount with { NonRecursive = IsTrue(value) },
        "recursive" => mount with { NonRecursive = !IsTrue(value) },
        "bindrecursive" => mount with { NonRecursive = Conversions.Text(value) == "disabled" },
        "createsource" or "bindcreatesrc" => mount with { CreateSource = IsTrue(value) },
        "changeowner" or "u" or "chown" => mount with { ChangeOwner = IsTrue(value) },
        "noexec" => mount with { NoExec = IsTrue(value) },
        "nosuid" => mount with { NoSuid = IsTrue(value) },
        "nodev" => mount with { NoDev = IsTrue(value) },
        "size" or "tmpfssize" => mount with { Size = ByteSize.From(value ?? "") },
        "mode" or "tmpfsmode" => mount with { Mode = Octal(Conversions.Text(value)) },
        "idmap" => mount with { IdMap = Map(mount.IdMap, value, users: true, groups: true) },
        "uidmap" => mount with { IdMap = Map(mount.IdMap, value, users: true, groups: false) },
        "gidmap" => mount with { IdMap = Map(mount.IdMap, value, users: false, groups: true) },
        "consistency" or "z" => mount,
        _ => throw Invalid($"\"{key}\" is no part of a mount.", given, MountForm),
    };

    /// <summary>'1000:0:1', or several: what is stored, what is seen, how many.</summary>
    private static IdMapSpec Map(IdMapSpec? known, object? value, bool users, bool groups)
    {
        List<IdRange> ranges = [];
        foreach (object? one in Conversions.Elements(value ?? ""))
        {
            foreach (string range in Conversions.Text(one).Split(['#', ' '], StringSplitOptions.RemoveEmptyEntries))
            {
                string[] parts = range.Split(':', '-');
                uint[] numbers = [.. parts.Select(part => uint.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : uint.MaxValue)];
                ranges.Add(numbers is [not uint.MaxValue, not uint.MaxValue, not uint.MaxValue]
                    ? new IdRange(numbers[0], numbers[1], numbers[2])
                    : throw Invalid($"\"{range}\" is no range of owners.", range, "Give stored:seen:count, for example '1000:0:1'."));
            }
        }

        IdMapSpec map = known ?? new IdMapSpec([], []);
        return new IdMapSpec(users ? ranges : map.Users, groups ? ranges : map.Groups);
    }

    private static uint Octal(string digits) => digits.Length is 0 or > 5 || digits.AsSpan().ContainsAnyExceptInRange('0', '7')
        ? throw Invalid($"\"{digits}\" is no mode.", digits, "Give octal digits such as 1777.")
        : Convert.ToUInt32(digits, 8);

    private static MountType Type(string text, object given) => text.ToLowerInvariant() switch
    {
        "bind" => MountType.Bind,
        "volume" => MountType.Volume,
        "tmpfs" => MountType.Tmpfs,
        "image" => MountType.Image,
        _ => throw Invalid($"\"{text}\" is no type of mount.", given, "Use bind, volume, tmpfs or image."),
    };

    /// <summary>Enum.TryParse alone would take numbers.</summary>
    private static bool TryPropagation(string text, out MountPropagation propagation) =>
        Enum.TryParse(text, ignoreCase: true, out propagation) && Enum.GetName(propagation) is { } name && name.Equals(text, StringComparison.OrdinalIgnoreCase);

    private static string Key(string key) => key.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>A text is what it says: readonly=false is false, though a text is true to PowerShell.</summary>
    private static bool IsTrue(object? value) => value is string text
        ? text.ToLowerInvariant() switch
        {
            "" or "true" or "1" or "yes" => true,
            "false" or "0" or "no" => false,
            _ => throw Invalid($"\"{text}\" is neither true nor false.", text, MountForm),
        }
        : LanguagePrimitives.IsTrue(value);

    private static EngineException Invalid(string message, object? target, string action) =>
        new(EngineErrorKind.InvalidArgument, "InvalidMount", message, target, action);
}
