using System.Net;
using System.Text;

namespace Containers.Engine.Networking.Names;

/// <summary>A line of a hosts file.</summary>
internal sealed record HostsLine(IPAddress Address, IReadOnlyList<string> Names);

/// <summary>
/// The text of /etc/hosts (hosts(5)): made, read and edited. A container may have written anything into its own, so an edit keeps every
/// byte of the lines that it is not about. Pure: content in, content out.
/// </summary>
internal static class HostsFile
{
    // The lines and their order are those of docker since 2013; programs have been seen to count on ip6-localnet.
    private static readonly string[] s_localLines =
    [
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "fe00::0\tip6-localnet",
        "ff00::0\tip6-mcastprefix",
        "ff02::1\tip6-allnodes",
        "ff02::2\tip6-allrouters",
    ];

    /// <summary>The file a container starts with: its own lines, the fixed ones, then the others.</summary>
    /// <param name="own">The container's addresses; none for a container without a network, 127.0.1.1 where networking is off.</param>
    /// <param name="hostName">May have its domain in it already: web.example.com.</param>
    /// <param name="others">Aliases of links, then the entries the user asked for.</param>
    internal static byte[] Build(IReadOnlyList<IPAddress> own, string hostName, string? domain, IEnumerable<HostsLine> others)
    {
        string full = string.IsNullOrEmpty(domain) ? hostName : $"{hostName}.{domain}";
        int dot = full.IndexOf('.', StringComparison.Ordinal);
        string names = dot < 0 ? full : $"{full} {full[..dot]}";
        StringBuilder text = new();
        foreach (IPAddress address in own)
        {
            text.Append(address).Append('\t').Append(names).Append('\n');
        }

        foreach (string line in s_localLines)
        {
            text.Append(line).Append('\n');
        }

        foreach (HostsLine line in others)
        {
            text.Append(Line(line.Address, line.Names));
        }

        return Encoding.Latin1.GetBytes(text.ToString());
    }

    /// <summary>The lines that are an address with names; others and comments are left out.</summary>
    internal static IReadOnlyList<HostsLine> Entries(ReadOnlySpan<byte> content)
    {
        List<HostsLine> entries = [];
        foreach (string line in Lines(content))
        {
            if (Parse(line) is { } entry)
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    /// <summary>Adds a line at the end for those of the names that the address does not have yet.</summary>
    internal static byte[] Add(ReadOnlySpan<byte> content, IPAddress address, IReadOnlyList<string> names)
    {
        if (names.FirstOrDefault(name => !HostNames.IsValid(name)) is { } wrong)
        {
            throw new ArgumentException($"\"{wrong}\" is no host name.", nameof(names));
        }

        // Where the address does not occur at all there is nothing to be read: with a hundred neighbours that is a hundred files.
        HashSet<string> known = new(StringComparer.OrdinalIgnoreCase);
        bool occurs = content.IndexOf(Encoding.Latin1.GetBytes(address.ToString())) >= 0;
        foreach (HostsLine entry in occurs ? Entries(content) : [])
        {
            if (entry.Address.Equals(address))
            {
                known.UnionWith(entry.Names);
            }
        }

        string[] missing = [.. names.Where(known.Add)];
        if (missing.Length == 0)
        {
            return content.ToArray();
        }

        bool openLine = content.Length > 0 && content[^1] != (byte)'\n';
        return [.. content, .. openLine ? "\n"u8 : [], .. Encoding.Latin1.GetBytes(Line(address, missing))];
    }

    /// <summary>Takes a name away from its lines; a line without a name left goes as a whole.</summary>
    /// <param name="address">Only from the lines of this address; null for all.</param>
    internal static byte[] Remove(ReadOnlySpan<byte> content, IPAddress? address, string name)
    {
        StringBuilder text = new(content.Length);
        foreach (string line in Lines(content))
        {
            HostsLine? entry = Parse(line);
            bool hit = entry is not null && (address is null || entry.Address.Equals(address))
                && entry.Names.Contains(name, StringComparer.OrdinalIgnoreCase);
            if (!hit)
            {
                text.Append(line);
            }
            else if (entry!.Names.Any(other => !other.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                text.Append(Without(line, name));
            }
        }

        return Encoding.Latin1.GetBytes(text.ToString());
    }

    /// <summary>Takes all names of a line away: at once where it stands as <see cref="Add"/> wrote it, else one by one.</summary>
    internal static byte[] Remove(byte[] content, HostsLine line)
    {
        byte[] whole = Encoding.Latin1.GetBytes(Line(line.Address, line.Names));
        int at = content.AsSpan().IndexOf(whole);
        return at == 0 || (at > 0 && content[at - 1] == (byte)'\n')
            ? [.. content.AsSpan(0, at), .. content.AsSpan(at + whole.Length)]
            : line.Names.Aggregate(content, (rest, name) => Remove(rest, line.Address, name));
    }

    private static string Line(IPAddress address, IReadOnlyList<string> names) => $"{address}\t{string.Join(' ', names)}\n";

    /// <summary>Latin-1 makes a character of each byte and the same byte of each character. The lines keep their ends.</summary>
    private static List<string> Lines(ReadOnlySpan<byte> content)
    {
        List<string> lines = [];
        while (!content.IsEmpty)
        {
            int end = content.IndexOf((byte)'\n');
            int length = end < 0 ? content.Length : end + 1;
            lines.Add(Encoding.Latin1.GetString(content[..length]));
            content = content[length..];
        }

        return lines;
    }

    private static HostsLine? Parse(string line)
    {
        int comment = line.IndexOf('#', StringComparison.Ordinal);
        string[] fields = (comment < 0 ? line : line[..comment]).Split(s_blanks, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 1 && InterfaceAddress.TryParseAddress(fields[0], out IPAddress? address)
            ? new HostsLine(address!, fields[1..])
            : null;
    }

    private static readonly char[] s_blanks = [' ', '\t', '\r', '\n', '\v', '\f'];

    private static string Without(string line, string name)
    {
        int comment = line.IndexOf('#', StringComparison.Ordinal);
        int limit = comment < 0 ? line.Length : comment;
        StringBuilder kept = new();
        int at = 0;
        bool first = true;
        while (at < limit)
        {
            int word = at;
            while (word < limit && s_blanks.Contains(line[word]))
            {
                word++;
            }

            int end = word;
            while (end < limit && !s_blanks.Contains(line[end]))
            {
                end++;
            }

            // The blanks before a name go with it; the first word is the address.
            if (first || end == word || !line.AsSpan(word, end - word).Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                kept.Append(line, at, end - at);
            }

            first = first && end == word;
            at = end;
        }

        return kept.Append(line, limit, line.Length - limit).ToString();
    }
}
