using Containers.Engine.Linux;

namespace Containers.Engine.Building.Context;

/// <summary>A repository's files that were fetched.</summary>
/// <param name="Path">The directory that was asked for is below it.</param>
/// <param name="Commit">What it turned out to be.</param>
internal sealed record GitCheckout(string Path, string Commit)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(30);

    private const string Branches = "refs/heads/";

    /// <summary>What the server's HEAD is fetched to.</summary>
    private const string DefaultBranch = "refs/remotes/origin/HEAD";

    private static readonly string[] s_programs = ["/usr/bin/git", "/usr/local/bin/git", "/bin/git"];

    /// <summary>Variables of the caller that git needs to get out; all others, GIT_ ones above all, stay behind.</summary>
    private static readonly string[] s_kept =
        ["http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
            "SSH_AUTH_SOCK"];

    /// <summary>
    /// In front of every call: no hooks, no programs named by the repository, no protocols that run programs or read this host's files
    /// (CVE-2017-1000117, CVE-2022-39253, CVE-2024-32002).
    /// </summary>
    private static readonly string[] s_settings =
    [
        "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.symlinks=true", "-c", "protocol.allow=never",
        "-c", "protocol.https.allow=always", "-c", "protocol.http.allow=always", "-c", "protocol.git.allow=always", "-c", "protocol.ssh.allow=always",
        "-c", "submodule.recurse=false", "-c", "gc.auto=0",
    ];

    private static readonly string[] s_errors = ["fatal:", "error:", "ssh:"];
    private static readonly string[] s_remarks = ["warning:", "hint:"];

    /// <summary>Fetches one commit with its files, as little as the server allows.</summary>
    /// <param name="checksum">The commit that it must be, or its beginning; null for any.</param>
    /// <param name="keepGitDirectory">.git stays.</param>
    /// <param name="folder">An empty directory of ours.</param>
    /// <exception cref="EngineException">GitNotInstalled, GitFailed, ChecksumMismatch.</exception>
    internal static GitCheckout Fetch(GitReference reference, string? checksum, bool keepGitDirectory, string folder, CancellationToken cancel)
    {
        string program = Array.Find(s_programs, File.Exists) ?? throw new EngineException(
            EngineErrorKind.NotInstalled, "GitNotInstalled", "git is not installed, and is needed to fetch repositories.", "git", "Install the git package.");
        Begin();
        string wanted = reference.Reference ?? "HEAD";
        if (!TryRun(["fetch", "-q", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", reference.Remote, wanted], folder, out ChildResult shallow))
        {
            // A commit that is not the end of a branch, or a server that gives no parts: everything, then.
            List<string> everything = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"];
            if (reference.Reference is null)
            {
                everything.Add("+HEAD:" + DefaultBranch);
            }

            string[] fetch = ["fetch", "-q", "--no-recurse-submodules", "--", reference.Remote, .. everything];

            // Twice, because a server that gives files alone is asked for each object by itself: of many requests one may fail. From the beginning, because
            // git goes on with half an object where it was cut, and a server that knows no ranges then gives it the whole behind the half.
            if (!TryRun(fetch, folder, out _))
            {
                FileTree.Remove(System.IO.Path.Join(folder, ".git"));
                Begin();
                if (!TryRun(fetch, folder, out ChildResult all))
                {
                    throw Failed(all.ErrorText.Length > 0 ? all : shallow);
                }
            }

            string[] names = reference.Reference is null ? [DefaultBranch]
                : [wanted, "refs/tags/" + wanted, "refs/remotes/origin/" + wanted, .. RemoteBranch(wanted)];
            wanted = Array.Find(names, name => TryRun(["rev-parse", "-q", "--verify", "--end-of-options", name + "^{commit}"], folder, out _))
                ?? throw Failure("it has no such branch, tag or commit");
        }
        else
        {
            wanted = "FETCH_HEAD";
        }

        Run(["checkout", "-q", "--detach", "-f", wanted + "^{commit}", "--"], folder);
        string commit = Run(["rev-parse", "HEAD"], folder).OutputText.Trim();
        if ((checksum ?? reference.Commit) is { } must && !commit.StartsWith(must, StringComparison.Ordinal))
        {
            throw new EngineException(
                EngineErrorKind.InvalidData, "ChecksumMismatch", $"'{reference.Shown}' gave the commit {commit}, and {must} was wanted.", reference.Shown,
                "Do not use it unless you know why it has changed.");
        }

        if (reference.Submodules && File.Exists(System.IO.Path.Join(folder, ".gitmodules")))
        {
            Run(["submodule", "update", "-q", "--init", "--recursive", "--depth=1"], folder);
        }

        if (!keepGitDirectory)
        {
            FileTree.Remove(System.IO.Path.Join(folder, ".git"));
        }

        return new GitCheckout(folder, commit);

        void Begin() => Run(["init", "-q", "--template=", "--", folder], null);

        ChildResult Run(string[] arguments, string? directory) => TryRun(arguments, directory, out ChildResult result) ? result : throw Failed(result);

        bool TryRun(string[] arguments, string? directory, out ChildResult result)
        {
            string[] place = directory is null ? [] : ["-C", directory];
            try
            {
                // The modes of what is checked out are the image's: they may not depend on the caller's umask.
                result = ChildProcess.Run(
                    "/bin/sh", ["-c", "umask 022; exec \"$0\" \"$@\"", program, .. place, .. s_settings, .. arguments], default, s_patience, cancel, 64 * 1024,
                    Environment(folder));
            }
            catch (TimeoutException e)
            {
                throw new EngineException(
                    EngineErrorKind.OperationTimeout, "GitFailed", $"Fetching '{reference.Shown}' has taken half an hour.", reference.Shown, "Try again.", e);
            }

            return result.ExitCode == 0;
        }

        EngineException Failed(ChildResult result) => Failure(Syntax.SourceText.Printable(Reason(result.ErrorText)));

        EngineException Failure(string why) => new(
            EngineErrorKind.ConnectionError, "GitFailed",
            $"'{reference.Shown}'{(reference.Reference is null ? "" : $" at '{reference.Reference}'")} could not be fetched: {why}",
            reference.Shown, "Check the address, the branch and the rights.");
    }

    /// <summary>What git and ssh say went wrong: up to the last line that names an error, without the advice that follows it.</summary>
    internal static string Reason(string errors)
    {
        string[] lines = [.. errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        int last = Array.FindLastIndex(lines, line => Begins(line, s_errors));
        string[] telling = [.. lines.Take(last + 1).Where(line => !Begins(line, s_remarks)).Distinct().TakeLast(3)];
        return telling.Length > 0 ? string.Join("; ", telling) : lines.LastOrDefault() ?? "git does not say why";

        static bool Begins(string line, string[] starts) => Array.Exists(starts, start => line.StartsWith(start, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>refs/heads/NAME of the server is ours under another name.</summary>
    private static IEnumerable<string> RemoteBranch(string reference) =>
        reference.StartsWith(Branches, StringComparison.Ordinal) ? ["refs/remotes/origin/" + reference[Branches.Length..]] : [];

    private static string[] Environment(string folder) =>
    [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=" + folder, "XDG_CONFIG_HOME=" + folder + "/.none",
        "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=/bin/false", "GIT_PROTOCOL_FROM_USER=0",
        "GIT_SSH_COMMAND=ssh -oBatchMode=yes", "GIT_ATTR_NOSYSTEM=1",
        .. s_kept.Where(name => System.Environment.GetEnvironmentVariable(name) is { Length: > 0 })
            .Select(name => name + "=" + System.Environment.GetEnvironmentVariable(name)),
    ];
}
