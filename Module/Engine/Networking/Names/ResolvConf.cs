using System.Net;
using System.Net.Sockets;
using System.Text;
using Containers.Engine.Launch;

namespace Containers.Engine.Networking.Names;

/// <summary>The content of a container's /etc/resolv.conf (resolv.conf(5)). Pure: the host's files are given.</summary>
internal static class ResolvConf
{
    /// <summary>What systemd-resolved writes of the servers behind its own one at 127.0.0.53.</summary>
    internal const string ResolvedPath = "/run/systemd/resolve/resolv.conf";

    private const string NoWayOut = "# The networks of this container have no way out, and so it has no name servers.\n";

    private static readonly string[] s_publicServers = ["8.8.8.8", "8.8.4.4"];
    private static readonly char[] s_blanks = [' ', '\t', '\r'];

    /// <param name="host">/etc/resolv.conf of the host; null where there is none.</param>
    /// <param name="resolved"><see cref="ResolvedPath"/>; null where there is none.</param>
    /// <param name="hasEgress">False for a container whose networks are all internal: it gets no servers but those it asked for itself.</param>
    /// <param name="hasIPv6">Whether it has an IPv6 address; otherwise it cannot reach servers that have only one.</param>
    internal static byte[] Build(NetworkSpec spec, NetworkSettings settings, byte[]? host, byte[]? resolved, bool hasEgress, bool hasIPv6)
    {
        host ??= [];
        if (spec.Mode == NetworkSpec.Host)
        {
            return host;
        }

        byte[] source = HasServer(host, hasIPv6) || resolved is null || !HasServer(resolved, hasIPv6) ? host : resolved;
        IReadOnlyList<string> dns = Choose(spec.Dns, hasEgress ? settings.Dns : []);
        IReadOnlyList<string> search = Choose(spec.DnsSearch, settings.DnsSearch);
        IReadOnlyList<string> options = Choose(spec.DnsOptions, settings.DnsOptions);
        bool given = dns.Count + search.Count + options.Count > 0;
        if (!given && hasEgress && Lines(source).Select(Server).OfType<string>().All(text => IsReachable(text, hasIPv6))
            && HasServer(source, hasIPv6))
        {
            return source;
        }

        StringBuilder text = new();
        if (dns.Count == 0 && hasEgress)
        {
            string[] own = [.. Lines(source).Select(Server).OfType<string>().Where(server => IsReachable(server, hasIPv6))];
            dns = own.Length > 0 ? own : s_publicServers;
        }
        else if (dns.Count == 0)
        {
            text.Append(NoWayOut);
        }

        foreach (string server in dns)
        {
            text.Append("nameserver ").Append(server).Append('\n');
        }

        string[] domains = search.Count > 0 ? [.. search.Where(domain => domain != ".")] : Search(source);
        Append(text, "search", domains);
        Append(text, "options", options.Count > 0 ? options : Options(source));
        return Encoding.Latin1.GetBytes(text.ToString());
    }

    /// <summary>The addresses of a resolv.conf's servers, loopback ones included.</summary>
    internal static IReadOnlyList<IPAddress> NameServers(byte[] content)
    {
        List<IPAddress> servers = [];
        foreach (string text in Lines(content).Select(Server).OfType<string>())
        {
            if (InterfaceAddress.TryParseAddress(text, out IPAddress? address))
            {
                servers.Add(address!);
            }
        }

        return servers;
    }

    /// <summary>Checks a name server and gives its canonical form.</summary>
    /// <exception cref="EngineException">InvalidDnsServer.</exception>
    internal static string ValidateServer(string text) =>
        InterfaceAddress.TryParseAddress(text, out IPAddress? address) && !address!.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
            ? address.ToString()
            : throw Invalid("InvalidDnsServer", $"\"{text}\" is no address of a name server.", text, "Give an IP address, for example 10.0.0.2.");

    /// <summary>Checks a search domain; "." stands for none.</summary>
    /// <exception cref="EngineException">InvalidDnsSearch.</exception>
    internal static string ValidateSearch(string text)
    {
        string name = text is [.. var front, '.'] ? front : text;
        return text == "." || (HostNames.IsValid(name) && name.Any(char.IsAsciiLetter))
            ? text
            : throw Invalid(
                "InvalidDnsSearch", $"\"{text}\" is no search domain.", text,
                "Give a domain with a letter in it, for example example.com, or a single dot for none.");
    }

    /// <summary>Checks an option: a word, or a word and a number.</summary>
    /// <exception cref="EngineException">InvalidDnsOption.</exception>
    internal static string ValidateOption(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? text : text[..colon];
        string number = colon < 0 ? "0" : text[(colon + 1)..];
        return name.Length is > 0 and <= 64 && char.IsAsciiLetter(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            && number.Length is > 0 and <= 5 && number.All(char.IsAsciiDigit)
                ? text
                : throw Invalid("InvalidDnsOption", $"\"{text}\" is no resolver option.", text, "Write it as in resolv.conf(5), for example ndots:2 or rotate.");
    }

    private static IReadOnlyList<string> Choose(IReadOnlyList<string> own, IReadOnlyList<string> settings) => own.Count > 0 ? own : settings;

    private static bool HasServer(byte[] content, bool hasIPv6) =>
        Lines(content).Select(Server).OfType<string>().Any(text => IsReachable(text, hasIPv6));

    /// <summary>
    /// Whether a server of the host's can be reached from a container: not on the host's loopback (0.0.0.0 is that too), and not through an
    /// interface of the host (fe80::1%eth0).
    /// </summary>
    private static bool IsReachable(string text, bool hasIPv6) =>
        InterfaceAddress.TryParseAddress(text, out IPAddress? address)
        && !IPAddress.IsLoopback(address!)
        && !address!.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
        && (address.AddressFamily == AddressFamily.InterNetwork || (hasIPv6 && !address.IsIPv6LinkLocal));

    private static string? Server(string[] fields) => fields is ["nameserver", var address, ..] ? address : null;

    // resolver(5): of several lines the last counts, and "domain" is the older name.
    private static string[] Search(byte[] content) =>
        Lines(content).LastOrDefault(fields => fields is ["search" or "domain", _, ..])?[1..].Where(domain => domain != ".").ToArray() ?? [];

    private static string[] Options(byte[] content) => [.. Lines(content).Where(fields => fields[0] == "options").SelectMany(fields => fields[1..])];

    private static IEnumerable<string[]> Lines(byte[] content) =>
        Encoding.Latin1.GetString(content).Split('\n')
            .Select(line => line.Split(s_blanks, StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 0 && fields[0][0] is not '#' and not ';');

    private static void Append(StringBuilder text, string word, IReadOnlyList<string> values)
    {
        if (values.Count > 0)
        {
            text.Append(word).Append(' ').AppendJoin(' ', values).Append('\n');
        }
    }

    private static EngineException Invalid(string errorId, string message, string target, string action) =>
        new(EngineErrorKind.InvalidArgument, errorId, message, target, action);
}
