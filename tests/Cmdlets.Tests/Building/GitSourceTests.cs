using System.Diagnostics;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>ADD of repositories, from a web server that gives files and knows no git: it can give no parts, so that everything is fetched.</summary>
public sealed class GitSourceTests : BuildTest
{
    private const string Git =
        "export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b;";

    private readonly TemporaryFolder _folder = new();

    public GitSourceTests(ContainerHostFixture host)
        : base(host)
    {
    }

    [SkippableFact]
    public void AddTakesBranchesTagsCommitsAndDirectories()
    {
        using FileSite site = Serve();
        string repository = site.Address + "repo.git";
        string first = Sh("git -C work rev-parse v1");
        string second = Sh("git -C work rev-parse feature/x");
        Dockerfile(
            "FROM busybox", $"ADD --checksum={first} --chown=7:8 {repository} /default", $"ADD {repository}#{second} /commit", $"ADD {repository}#v1:sub /sub/",
            $"ADD --keep-git-dir=false {repository}?keep-git-dir=1&branch=feature/x /branch",
            "RUN for d in default commit branch; do cat /$d/f; test -e /$d/.git && echo with .git; done > /seen; ls -A /sub >> /seen");
        Build("-Tag git");
        Assert.Equal(
            ["main", "feature", "feature", "s", "755 0:0 run", "644 0:0 f", "link -> f", "644 7:8 /default/f"],
            InImage("git", "cat /seen; cd /branch; stat -c '%a %u:%g %n' run f; echo link -\\> $(readlink link); stat -c '%a %u:%g %n' /default/f"));

        // What a branch has become is another step, and what has not changed is none.
        Sh("cd work && git checkout -q feature/x && echo more > f && git commit -qam three"
            + " && git push -q ../repo.git feature/x && git -C ../repo.git update-server-info");
        Assert.Equal(
            ["cached", "cached", "cached", "cached", "done", "done"], Steps("-Tag git")[..6].Select(step => step[(step.LastIndexOf(' ') + 1)..]));
        Assert.Equal(["main", "feature", "more"], InImage("git", "head -n 3 /seen"));

        Dockerfile("FROM busybox", $"ADD --checksum={second} {repository}#v1 /x");
        Assert.Contains("Dockerfile:2:", FailsToBuild("ChecksumMismatch"), StringComparison.Ordinal);
        Dockerfile("FROM busybox", $"ADD {repository}#none /x");
        Assert.Contains("at 'none' could not be fetched: it has no such branch, tag or commit", FailsToBuild("GitFailed"), StringComparison.Ordinal);
        Dockerfile("FROM busybox", $"ADD {repository}#main:out/etc /x");
        FailsToBuild("BuildContextNotFound");
    }

    [SkippableFact]
    public void KeptGitDirectoriesAreRepositoriesAndOneStep()
    {
        using FileSite site = Serve();
        Dockerfile("FROM busybox", $"ADD --keep-git-dir=true {site.Address}repo.git#v1 /kept", $"ADD {site.Address}repo.git?keep-git-dir=1#feature/x /query");
        Build("-Tag kept");
        Ok("$null = Invoke-ContainerImage kept -Name kept -Network none -Command true;"
            + " Copy-ContainerFile kept:/kept $args[0]; Copy-ContainerFile kept:/query $args[0]", _folder.Path);
        foreach ((string copy, string reference) in new[] { ("kept", "v1"), ("query", "feature/x") })
        {
            string git = $"git -c safe.directory='*' -C {copy}";
            Assert.Equal(Sh($"git -C work rev-parse {reference}"), Sh($"{git} fsck --no-progress 1>&2; {git} rev-parse HEAD; {git} status --porcelain"));
        }

        Assert.All(Steps("-Tag kept")[..3], step => Assert.EndsWith(": cached", step, StringComparison.Ordinal));
    }

    [SkippableFact]
    public void AServerThatCutsAnObjectOnceIsAskedAgainFromTheBeginning()
    {
        using FileSite site = Serve();
        Sh("cd work && head -c 100000 /dev/urandom > f && git commit -qam big && git push -q ../repo.git main && git -C ../repo.git update-server-info");
        string blob = Sh("git -C work rev-parse main:f");
        site.CutsOnce = path => path.EndsWith($"objects/{blob[..2]}/{blob[2..]}", StringComparison.Ordinal);
        Dockerfile("FROM busybox", $"ADD {site.Address}repo.git#main /x");
        Build("-Tag again");
        Assert.Null(site.CutsOnce);
        Assert.Equal(Sh("sha256sum work/f | cut -c1-64"), InImage("again", "sha256sum /x/f | cut -c1-64").Single());
    }

    protected override void Clean()
    {
        base.Clean();
        _folder.Dispose();
    }

    private FileSite Serve()
    {
        Skip.If(Host.Missing is not null, Host.Missing);
        Skip.IfNot(File.Exists("/usr/bin/git"), "git is not installed");
        Sh("git init -q -b main work && cd work && mkdir sub && echo main > f && echo s > sub/s && ln -s f link && ln -s / out"
            + " && echo run > run && chmod 755 run"
            + " && git add -A && git commit -qm one && git tag v1 && git checkout -qb feature/x"
            + " && echo feature > f && git commit -qam two && git checkout -q main"
            + " && git clone -q --bare . ../repo.git && cd ../repo.git && git repack -adq && git update-server-info");
        return new FileSite(_folder.Path);
    }

    private string Sh(string script)
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-ec", Git + script])
        {
            WorkingDirectory = _folder.Path, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, script + ": " + errors.Result);
        return output;
    }
}
