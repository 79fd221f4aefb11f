using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>RUN --mount=type=ssh with the program of OpenSSH that asks agents, which is copied from this host.</summary>
public sealed class SshMountTests(ContainerHostFixture host) : BuildTest(host)
{
    [SkippableFact]
    public void AnswersOfAgentsReachTheStepAndTheirSocketsAreNotInTheLayer()
    {
        Skip.If(Host.Missing is not null, Host.Missing);
        Skip.IfNot(File.Exists("/usr/bin/ssh-add"), "ssh-add is not installed");
        string socket = Path.Combine(Context, "agent");
        string other = Path.Combine(Context, "other");
        using FakeSshAgent agent = new(socket, "key-of-the-agent");
        using FakeSshAgent second = new(other, "key-of-another");
        Ok("$null = New-ContainerImage asking -Program busybox, ssh-add -Command sh");
        Dockerfile(
            "FROM asking", "RUN echo me:x:7:8::/:/bin/sh >> /etc/passwd",
            "RUN --mount=type=ssh,required=true --mount=type=ssh,id=two,target=/tmp/two,mode=0660,uid=7,gid=8 \\",
            "  ssh-add -l > /one && SSH_AUTH_SOCK=/tmp/two ssh-add -l > /two && stat -c '%n %a %u:%g %F' $SSH_AUTH_SOCK /tmp/two > /sockets",
            "USER me", "RUN --mount=type=ssh,required=true,uid=7 ssh-add -l > /tmp/mine",
            "RUN --mount=type=ssh,required=true ssh-add -l 2> /tmp/refused || true", "RUN echo \"socket:$SSH_AUTH_SOCK\" > /tmp/none");
        string agents = "-Ssh @{ default = $args[1]; two = $args[2] }";
        Ok($"Build-ContainerImage $args[0] -Network none -Tag asked {agents}", Context, socket, other);
        string[] lines = [.. InImage("asked", "cat /one /two /tmp/mine")];
        Assert.Equal(["key-of-the-agent", "key-of-another", "key-of-the-agent"], lines.Select(line => line.Split(' ')[2]));
        Assert.All(lines, line => Assert.Matches("^256 SHA256:[A-Za-z0-9+/]{43} [a-z-]+ \\(ED25519\\)$", line));
        Assert.Equal(["/run/buildkit/ssh_agent.0 600 0:0 socket", "/tmp/two 660 7:8 socket"], InImage("asked", "cat /sockets"));
        Assert.Equal(["Error connecting to agent: Permission denied", "socket:"], InImage("asked", "cat /tmp/refused /tmp/none"));
        Assert.Equal([11, 11], agent.Requests.ToArray());
        Assert.Equal([11], second.Requests.ToArray());

        // Neither the sockets nor where they were, and no variable that says so.
        Assert.Equal(
            ["/etc/passwd", "/one", "/sockets", "/tmp/mine", "/tmp/none", "/tmp/refused", "/two"],
            Ok("Compare-ContainerImage asking asked | Where-Object { $_.Path -notin '/etc', '/tmp' } | ForEach-Object Path | Sort-Object").Lines);
        Assert.DoesNotContain("SSH_AUTH_SOCK", Config("asked", "$c.Config.Env"), StringComparison.Ordinal);

        // Who answers does not matter to the cache, and without an agent nothing is done that needs one.
        Assert.All(
            Ok(
                $"Build-ContainerImage $args[0] -Network none -PassThru {agents} | Where-Object Instruction -like RUN* | ForEach-Object Cached",
                Context, other, socket).Lines,
            cached => Assert.Equal("True", cached));
        FailsToBuild("SshAgentNotFound", "-NoCache");
        Ok("Remove-ContainerImage asked, asking > $null");
    }
}
