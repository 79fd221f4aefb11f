using System.Globalization;
using System.Text;
using Containers.Engine.Events;
using Containers.Engine.Images;
using Containers.Engine.Lifecycle;
using Containers.Engine.Storage;

namespace Containers.Cmdlets;

/// <summary>
/// What the format views of this module show. Names, labels and output come from images and containers: whatever could steer a
/// terminal is left out here (security.md S55); the objects' properties have it unchanged.
/// </summary>
public static class ContainerDisplay
{
    private const char Ellipsis = '…';

    /// <summary>The text without control characters (C0, DEL, C1) and without those that turn the direction of writing.</summary>
    public static string Plain(string? text)
    {
        if (string.IsNullOrEmpty(text) || !text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text ?? "";
        }

        StringBuilder plain = new(text.Length);
        foreach (char c in text)
        {
            if (c is '\t')
            {
                plain.Append(' ');
            }
            else if (!char.IsControl(c) && c is not (>= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069' or '\u200e' or '\u200f'))
            {
                plain.Append(c);
            }
        }

        return plain.ToString();
    }

    /// <summary>Plain text of at most so many characters.</summary>
    public static string Short(string? text, int length)
    {
        string plain = Plain(text);
        if (plain.Length <= length)
        {
            return plain;
        }

        // Not through the middle of a pair: half of one is no character.
        int end = char.IsHighSurrogate(plain[length - 2]) ? length - 2 : length - 1;
        return plain[..end] + Ellipsis;
    }

    /// <summary>A reference of at most so many characters: its end says more than its registry. Of an id the digits that are shown elsewhere.</summary>
    public static string ImageName(string? reference, int length)
    {
        string plain = Plain(reference);
        return plain.StartsWith("sha256:", StringComparison.Ordinal) ? Digits(plain) : plain.Length <= length ? plain : Ellipsis + plain[^(length - 1)..];
    }

    /// <summary>A command line in one piece: arguments that have a space in single quotes.</summary>
    public static string Command(IEnumerable<string>? arguments, int length) =>
        Short(string.Join(' ', (arguments ?? []).Select(Quote)), length);

    /// <summary>"3 minutes ago"; nothing for a time that is not known.</summary>
    public static string Ago(DateTimeOffset? time) =>
        time is not { } known || known.Year < 1971 ? "" : ContainerStatusText.Duration(DateTimeOffset.UtcNow - known) + " ago";

    /// <summary>Local time to the second; nothing for a time that is not known.</summary>
    public static string Time(DateTimeOffset? time) =>
        time is { } known ? known.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture) : "";

    /// <summary>Keys and values, sorted.</summary>
    public static string Map(IEnumerable<KeyValuePair<string, string>>? map) =>
        Plain(string.Join(", ", (map ?? []).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Key + "=" + pair.Value)));

    public static string List(IEnumerable<string>? items) => Plain(string.Join(", ", items ?? []));

    /// <summary>The tag of the first reference, and how many other references the image has.</summary>
    public static string Tag(ContainerImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        int others = image.References.Count - 1;
        return Short(image.Tag, 30) + (others > 0 ? " (+" + others.ToString(CultureInfo.InvariantCulture) + ")" : "");
    }

    /// <summary>One line of a log: time, container, stream, text.</summary>
    public static string LogLine(ContainerLogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        string time = entry.Time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
        string stream = entry.Stream == LogStream.Stderr ? "stderr" : "stdout";
        return $"{time} {Plain(entry.Container)} {stream} {Plain(entry.Line)}";
    }

    /// <summary>One event: time, kind, action, name, what else there is to say.</summary>
    public static string EventLine(ContainerEvent one)
    {
        ArgumentNullException.ThrowIfNull(one);
        string time = one.Time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
        string attributes = Short(Map(one.Attributes), 120);
        return $"{time} {one.Type} {Plain(one.Action)} {Plain(one.Name.Length > 0 ? one.Name : one.ShortId)}" + (attributes.Length > 0 ? $" ({attributes})" : "");
    }

    /// <summary>'image "web:1"': what is to be cleared, for a question.</summary>
    public static string Item(ReclaimedItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        string type = string.Concat(Plain(item.Type).Select((c, i) => (i > 0 && char.IsUpper(c) ? " " : "") + char.ToLowerInvariant(c)));
        return $"{type} \"{Plain(item.Name.Length > 0 ? item.Name : item.Id)}\"";
    }

    /// <summary>The first 12 digits of a digest or id; other text as it is.</summary>
    public static string Digits(string? digest)
    {
        string plain = Plain(digest);
        plain = plain[(plain.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return plain.Length > 12 && plain.All(char.IsAsciiHexDigit) ? plain[..12] : plain;
    }

    /// <summary>"12.3 MB (40%)": a part of a whole.</summary>
    public static string Share(long part, long whole) =>
        ByteSize.Format(part) + (whole > 0 ? $" ({part * 100.0 / whole:0}%)" : "");

    private static string Quote(string argument) =>
        argument.Length > 0 && !argument.Contains(' ', StringComparison.Ordinal) ? argument : "'" + argument + "'";
}
