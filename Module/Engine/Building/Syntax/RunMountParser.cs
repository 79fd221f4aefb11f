using System.Globalization;
using System.Text;

namespace Containers.Engine.Building.Syntax;

/// <summary>Reads what stands behind RUN --mount=: comma separated KEY=value, quoted as in CSV files.</summary>
internal static class RunMountParser
{
    private static readonly string[] s_keys =
    [
        "type", "from", "source", "src", "target", "dst", "destination", "readonly", "ro", "readwrite", "rw", "id", "sharing", "required",
        "size", "mode", "uid", "gid", "env",
    ];

    private static readonly string[] s_types = ["bind", "cache", "tmpfs", "secret", "ssh"];
    private static readonly string[] s_sharing = ["shared", "private", "locked"];

    /// <summary>
    /// What can be known without variables: the keys, and all of it where no value needs any. Other values are read by <see cref="Parse"/>.
    /// </summary>
    /// <exception cref="EngineException">InvalidDockerfile.</exception>
    internal static RunMount Check(Word written, char escape)
    {
        if (written.Text.AsSpan().IndexOfAny(['$', '\'', '"', escape]) < 0)
        {
            return Parse(written, null);
        }

        RunMount mount = new(written);
        foreach (Field field in Fields(written))
        {
            if (!s_keys.Contains(field.Key))
            {
                throw UnknownKey(field);
            }

            if (field.Key == "from" && field.Value is { } from)
            {
                int dollar = from.IndexOf('$', StringComparison.Ordinal);
                if (dollar >= 0 && dollar != from.Length - 1)
                {
                    throw SourceText.Invalid(
                        field.Range, "from= of a mount takes no variables", "Name a stage with FROM ${VARIABLE} AS name, and mount from that.");
                }

                mount = mount with { From = new Word(from, field.Range) };
            }
        }

        return mount;
    }

    /// <param name="expander">Null where nothing needs to be replaced.</param>
    /// <exception cref="EngineException">InvalidDockerfile, or what the expansion throws.</exception>
    internal static RunMount Parse(Word written, WordExpander? expander)
    {
        RunMount mount = new(written);
        bool? readOnly = null;
        bool sharing = false;
        foreach (Field field in Fields(written))
        {
            if (field.Value is null)
            {
                switch (field.Key)
                {
                    case "readonly" or "ro":
                        readOnly = true;
                        break;
                    case "readwrite" or "rw":
                        readOnly = false;
                        break;
                    case "required":
                        mount = mount with { Required = Allowed(field, mount, RunMountType.Secret, RunMountType.Ssh) };
                        break;
                    default:
                        throw s_keys.Contains(field.Key) ? SourceText.Invalid(field.Range, $"'{field.Key}' of a mount needs a value") : UnknownKey(field);
                }

                continue;
            }

            string value = expander?.Expand(field.Value, field.Range) ?? field.Value;
            switch (field.Key)
            {
                case "type":
                    mount = mount with { Type = (RunMountType)OneOf(s_types, value, field, "type of mount") };
                    break;
                case "from":
                    mount = mount with { From = value.Length == 0 ? null : new Word(value, field.Range) };
                    break;
                case "source" or "src":
                    mount = mount with { Source = value };
                    break;
                case "target" or "dst" or "destination":
                    mount = mount with { Target = value };
                    break;
                case "readonly" or "ro":
                    readOnly = Boolean(value, field);
                    break;
                case "readwrite" or "rw":
                    readOnly = !Boolean(value, field);
                    break;
                case "required":
                    mount = mount with { Required = Boolean(value, field) && Allowed(field, mount, RunMountType.Secret, RunMountType.Ssh) };
                    break;
                case "size":
                    Allowed(field, mount, RunMountType.Tmpfs);
                    mount = mount with { Size = Size(value, field) };
                    break;
                case "id":
                    mount = mount with { Id = value };
                    break;
                case "sharing":
                    mount = mount with { Sharing = (CacheSharing)OneOf(s_sharing, value, field, "way of sharing") };
                    sharing = true;
                    break;
                case "mode":
                    mount = mount with { Mode = Octal(value, field) };
                    break;
                case "uid":
                    mount = mount with { Uid = Number(value, field) };
                    break;
                case "gid":
                    mount = mount with { Gid = Number(value, field) };
                    break;
                case "env":
                    mount = mount with { Variable = value };
                    break;
                default:
                    throw UnknownKey(field);
            }
        }

        Check(mount, sharing);
        return mount with { ReadOnly = readOnly ?? mount.Type is not (RunMountType.Cache or RunMountType.Tmpfs) };
    }

    private static void Check(RunMount mount, bool sharing)
    {
        string? fault = mount switch
        {
            { Type: RunMountType.Bind or RunMountType.Tmpfs } when (mount.Mode ?? mount.Uid ?? mount.Gid) is not null =>
                "mode, uid and gid are for mounts of type cache, secret and ssh",
            { Type: not RunMountType.Cache } when sharing => "sharing is for mounts of type cache",
            { Type: RunMountType.Secret, From: not null } => "a secret comes from nowhere else: it takes no from",
            { Type: RunMountType.Secret, Source: "", Target: "", Id: "" } => "a secret needs an id",
            { Type: RunMountType.Secret, Source: not "", Id: not "" } => "a secret takes id or source, not both",
            { Type: RunMountType.Ssh, Source: not "" } => "a mount of type ssh takes no source",
            { Type: not (RunMountType.Secret or RunMountType.Ssh), Target: "" } => "the mount needs a target",
            _ => null,
        };
        if (fault is not null)
        {
            throw SourceText.Invalid(mount.Written.Range, fault);
        }

        if (IsRoot(mount.Target))
        {
            throw RootRefused(mount);
        }
    }

    /// <summary>The target is the root, which a working directory may make of a relative one.</summary>
    internal static EngineException RootRefused(RunMount mount) =>
        SourceText.Invalid(mount.Written.Range, $"the target '{mount.Target}' is the root, over which nothing can be mounted");

    private static bool IsRoot(string target)
    {
        int depth = 0;
        foreach (string part in target.Split('/').Where(part => part is not ("" or ".")))
        {
            depth = part == ".." ? Math.Max(0, depth - 1) : depth + 1;
        }

        return depth == 0 && target.StartsWith('/');
    }

    private static bool Allowed(Field field, RunMount mount, params ReadOnlySpan<RunMountType> types) => types.Contains(mount.Type)
        ? true
        : throw SourceText.Invalid(field.Range, $"a mount of type {mount.Type.ToString().ToLowerInvariant()} takes no {field.Key}");

    private static int OneOf(string[] values, string value, Field field, string what)
    {
        int index = Array.IndexOf(values, value.ToLowerInvariant());
        return index >= 0 ? index : throw SourceText.Invalid(
            field.Range, $"'{value}' is no {what}; there are {string.Join(", ", values)}{Suggestion.For(value, values)}");
    }

    private static bool Boolean(string value, Field field) => GoBoolean.TryParse(value, out bool result)
        ? result
        : throw SourceText.Invalid(field.Range, $"'{value}' is neither true nor false");

    private static uint Number(string value, Field field) =>
        uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
            ? number
            : throw SourceText.Invalid(field.Range, $"'{value}' is no number of a user or group");

    private static uint Octal(string value, Field field)
    {
        uint mode = 0;
        foreach (char c in value)
        {
            if (c is < '0' or > '7' || mode > 0x1FFFFFFF)
            {
                throw SourceText.Invalid(field.Range, $"'{value}' is no octal mode, such as 0400");
            }

            mode = (mode << 3) | (uint)(c - '0');
        }

        return value.Length > 0 && mode <= 0xFFF ? mode : throw SourceText.Invalid(field.Range, $"'{value}' is no octal mode, such as 0400");
    }

    /// <summary>Bytes, or k, m, g, t, p with or without b or ib, all of them powers of 1024.</summary>
    private static long Size(string value, Field field)
    {
        int end = value.AsSpan().LastIndexOfAnyInRange('0', '9') + 1;
        string unit = value[end..].Trim().ToLowerInvariant();
        int power = unit is "" or "b" ? 0 : 1 + "kmgtp".IndexOf(unit[0], StringComparison.Ordinal);
        return (power > 0 ? unit[1..] is "" or "b" or "ib" : unit is "" or "b")
            && decimal.TryParse(value.AsSpan(0, end), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            && number * (1L << (10 * power)) is var bytes and <= long.MaxValue
                ? (long)bytes
                : throw SourceText.Invalid(field.Range, $"'{value}' is no size, such as 64m");
    }

    private static EngineException UnknownKey(Field field) =>
        SourceText.Invalid(field.Range, $"'{field.Key}' is no option of a mount{Suggestion.For(field.Key, s_keys)}");

    /// <param name="Value">Null where there is no "=".</param>
    private sealed record Field(string Key, string? Value, SourceRange Range);

    private static List<Field> Fields(Word written)
    {
        List<Field> fields = [];
        string text = written.Text;
        StringBuilder field = new();
        for (int at = 0; at <= text.Length; at++)
        {
            int start = at;
            field.Clear();
            if (at < text.Length && text[at] == '"')
            {
                at++;
                while (true)
                {
                    int quote = text.IndexOf('"', at);
                    if (quote < 0)
                    {
                        throw SourceText.Invalid(written.Part(start, text.Length - start), "the double quote is not closed");
                    }

                    field.Append(text, at, quote - at);
                    at = quote + 1;
                    if (at == text.Length || text[at] != '"')
                    {
                        break;
                    }

                    field.Append('"');
                    at++;
                }

                if (at < text.Length && text[at] != ',')
                {
                    throw SourceText.Invalid(written.Part(start, at + 1 - start), "after a quoted option there must be a comma");
                }
            }
            else
            {
                int comma = text.IndexOf(',', at);
                at = comma < 0 ? text.Length : comma;
                field.Append(text, start, at - start);
                if (text.AsSpan(start, at - start).Contains('"'))
                {
                    throw SourceText.Invalid(written.Part(start, at - start), "a double quote must enclose the whole option: \"key=value\"");
                }
            }

            string all = field.ToString();
            int equals = all.IndexOf('=', StringComparison.Ordinal);
            fields.Add(new Field(
                (equals < 0 ? all : all[..equals]).ToLowerInvariant(), equals < 0 ? null : all[(equals + 1)..], written.Part(start, at - start)));
        }

        return fields;
    }
}
