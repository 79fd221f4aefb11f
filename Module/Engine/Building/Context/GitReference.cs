using System.Diagnostics.CodeAnalysis;

namespace Containers.Engine.Building.Context;

/// <summary>
/// A repository and what of it: <c>https://host/repo.git#ref:directory</c>, <c>git@host:repo.git</c>, <c>git://</c>, <c>ssh://</c>, or the query
/// <c>?branch= ?tag= ?ref= ?subdir= ?commit=</c>. The grammar is narrow: nothing that git could take for an option (CVE-2019-13139) or for a
/// helper program ("ext::sh -c ..."), and no way out of the repository.
/// </summary>
/// <param name="Remote">What git is given, without reference and directory.</param>
/// <param name="Reference">Branch, tag or commit; null for the default branch.</param>
/// <param name="Directory">In the repository; empty for all of it.</param>
/// <param name="Commit">What it must turn out to be; null for anything.</param>
/// <param name="KeepGitDirectory">keep-git-dir of the query; null where it says nothing.</param>
/// <param name="Submodules">False where the query says so.</param>
internal sealed record GitReference(string Remote, string? Reference, string Directory, string? Commit, bool? KeepGitDirectory, bool Submodules)
{
    private const int MaxLength = 2048;

    /// <summary>The address for messages: without a password.</summary>
    internal string Shown => RemoteSource.Shown(Remote);

    /// <summary>False where the text is no repository. A repository that is written wrongly is one, with a fault.</summary>
    internal static bool TryParse(string text, [NotNullWhen(true)] out GitReference? reference, out string? fault)
    {
        reference = null;
        fault = null;
        bool isWeb = RemoteSource.HasScheme(text, "http") || RemoteSource.HasScheme(text, "https");
        bool isOther = RemoteSource.HasScheme(text, "git") || RemoteSource.HasScheme(text, "ssh");
        if (text.Length > MaxLength || (!isWeb && !isOther && !IsShortForm(text)))
        {
            return false;
        }

        string rest = text;
        string fragment = Cut(ref rest, '#');
        string query = Cut(ref rest, '?');
        if (isWeb && !rest.EndsWith(".git", StringComparison.Ordinal))
        {
            return false;
        }

        string[] parts = fragment.Split(':', 2);
        reference = new GitReference(rest, Empty(parts[0]), parts.Length > 1 ? parts[1] : "", null, null, true);
        fault = reference.Take(query, out reference) ?? reference.Fault();
        return true;
    }

    /// <summary>A name that git can only take for a reference: git-check-ref-format(1), and no dash in front.</summary>
    internal static bool IsReference(string text) => text.Length is > 0 and <= 255
        && text[0] is not ('-' or '/' or '.') && text[^1] is not ('/' or '.')
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '/' or '-' or '+' or '@' or '#' or '=' or ',' or '%')
        && !text.Contains("..", StringComparison.Ordinal) && !text.Contains("//", StringComparison.Ordinal)
        && !text.Contains("/.", StringComparison.Ordinal) && !text.Contains(".lock/", StringComparison.Ordinal)
        && !text.EndsWith(".lock", StringComparison.Ordinal) && text != "@";

    /// <summary>40 or 64 hexadecimal digits, or the beginning of one.</summary>
    internal static bool IsCommit(string text) => text.Length is >= 7 and <= 64 && text.All(char.IsAsciiHexDigitLower);

    /// <summary>user@host:path, as scp(1) writes it.</summary>
    private static bool IsShortForm(string text)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return at > 0 && colon > at + 1 && colon + 1 < text.Length && !text.Contains("://", StringComparison.Ordinal)
            && text[..at].All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && text[0] != '-'
            && text[(at + 1)..colon].All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.') && text[at + 1] != '-';
    }

    private string? Take(string query, out GitReference taken)
    {
        taken = this;
        foreach (string pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string name = pair.Split('=', 2)[0];
            string? value = pair.Contains('=', StringComparison.Ordinal) ? Uri.UnescapeDataString(pair[(name.Length + 1)..]) : null;
            switch (name)
            {
                case "ref" or "branch" or "tag" when value is { Length: > 0 }:
                    string wanted = name switch { "branch" => "refs/heads/" + value, "tag" => "refs/tags/" + value, _ => value };
                    if (taken.Reference is not null && taken.Reference != wanted)
                    {
                        return "it names two references";
                    }

                    taken = taken with { Reference = wanted };
                    break;
                case "subdir" when value is { Length: > 0 }:
                    if (taken.Directory.Length > 0 && taken.Directory != value)
                    {
                        return "it names two directories";
                    }

                    taken = taken with { Directory = value };
                    break;
                case "commit" or "checksum" when value is { Length: > 0 }:
                    taken = taken with { Commit = value };
                    break;
                case "keep-git-dir" when Syntax.GoBoolean.TryParse(value ?? "true", out bool keep):
                    taken = taken with { KeepGitDirectory = keep };
                    break;
                case "submodules" when Syntax.GoBoolean.TryParse(value ?? "true", out bool submodules):
                    taken = taken with { Submodules = submodules };
                    break;
                default:
                    return $"'{pair}' is no option of a repository";
            }
        }

        return null;
    }

    private string? Fault() => this switch
    {
        _ when !IsAddress(Remote) => "the address is malformed",
        { Reference: { } name } when !IsReference(name) => $"'{name}' is no branch, tag or commit",
        { Commit: { } commit } when !IsCommit(commit) => $"'{commit}' is no commit",
        _ when Directory.Split('/').Contains("..") || Directory.AsSpan().ContainsAnyInRange('\0', '\x1F') => "the directory leads out of the repository",
        _ => null,
    };

    private static bool IsAddress(string remote)
    {
        if (remote.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '\\'))
        {
            return false;
        }

        if (!remote.Contains("://", StringComparison.Ordinal))
        {
            return true;
        }

        // ssh://-oProxyCommand=... : a host is no option (CVE-2017-1000117).
        return Uri.TryCreate(remote, UriKind.Absolute, out Uri? uri) && uri.Host.Length > 0 && uri.Host[0] != '-' && uri.UserInfo is not ['-', ..];
    }

    private static string Cut(ref string text, char at)
    {
        int index = text.IndexOf(at, StringComparison.Ordinal);
        string rest = index < 0 ? "" : text[(index + 1)..];
        text = index < 0 ? text : text[..index];
        return rest;
    }

    private static string? Empty(string text) => text.Length == 0 ? null : text;
}
