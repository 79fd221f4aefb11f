using System.Diagnostics;
using System.Management.Automation;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Processes;

/// <summary>Invoke-ContainerCommand: output, input, exit code, identity.</summary>
public class CommandTests(ContainerHostFixture host) : LifecycleTest(host)
{
    [SkippableFact]
    public void Stdout_goes_to_the_pipeline_stderr_to_the_information_stream_and_the_code_to_LASTEXITCODE()
    {
        Detach("web");
        ScriptResult result = Ok("Invoke-ContainerCommand web -InformationVariable told -Command sh, '-c', 'echo out; echo err >&2; echo more; exit 3'");
        Assert.Equal(["out", "more"], result.Lines);
        Assert.Equal(3, result.LastExitCode);
        Assert.Equal(["err"], Ok("$told | ForEach-Object { \"$_\" }").Lines);
    }

    [SkippableTheory]
    [InlineData("true", 0)]
    [InlineData("exit 255", 255)]
    [InlineData("kill -9 $$", 137)]
    [InlineData("kill -15 $$", 143)]
    public void The_exit_code_is_the_programs(string script, int code)
    {
        Detach("web");
        ScriptResult result = Ok("Invoke-ContainerCommand web -PassThru -Command sh, '-c', $args[0]", script);
        Assert.Equal(code, result.LastExitCode);
        Assert.Equal(code, Assert.Single(result.Output).Properties["ExitCode"].Value);
    }

    [SkippableFact]
    public void A_code_other_than_0_is_an_error_only_when_asked_for()
    {
        Detach("web");
        Ok("Invoke-ContainerCommand web false");
        ErrorRecord error = Fails("ContainerCommandExitedNonZero", "Invoke-ContainerCommand web -ErrorOnNonZeroExit false");
        Assert.Equal(ErrorCategory.InvalidOperation, error.CategoryInfo.Category);
    }

    [SkippableFact]
    public void Pipeline_input_is_stdin_and_its_end_is_the_end_of_the_file()
    {
        Detach("web");
        Assert.Equal(["b", "a"], Ok("'a', 'b' | Invoke-ContainerCommand web tac").Lines);
        Assert.Equal(["3"], Ok(", [byte[]](1, 2, 3) | Invoke-ContainerCommand web wc '-c'").Lines);
        Assert.Equal(["0"], Ok("@() | Invoke-ContainerCommand web wc '-c'").Lines);
        Assert.Equal(["none"], Ok("Invoke-ContainerCommand web sh '-c' 'read x || echo none'").Lines);
    }

    [SkippableFact]
    public void Much_goes_in_and_out_without_loss()
    {
        Detach("web");
        Assert.Equal(["100000", "1", "100000"], Ok(
            "$all = @(1..100000 | Invoke-ContainerCommand web cat); $all.Count; $all[0]; $all[-1]").Lines);
    }

    [SkippableFact]
    public void Bytes_go_in_and_come_out_as_they_are()
    {
        Detach("web");
        Assert.Equal(["65536", "True"], Ok(
            "$in = [byte[]]::new(65536); [Random]::new(7).NextBytes($in); "
            + "$out = [IO.MemoryStream]::new(); (, $in) | Invoke-ContainerCommand web cat -AsByteStream | ForEach-Object { $out.Write($_, 0, $_.Length) }; "
            + "$out.Length; [Linq.Enumerable]::SequenceEqual($in, $out.ToArray())").Lines);
        Assert.Equal(["3", "System.Byte[]"], Ok(
            "$b = Invoke-ContainerImage busybox -RemoveOnExit -AsByteStream -Command printf, '\\001\\000\\377'; $b.Length; $b.GetType().FullName").Lines);
    }

    [SkippableFact]
    public void It_runs_with_the_containers_rights_and_limits_and_in_its_namespaces()
    {
        const string Look = "grep -E '^(Uid|Gid|Groups|Umask|Cap|NoNewPrivs|Seccomp)' /proc/self/status; cat /proc/self/oom_score_adj /proc/self/limits /proc/self/cgroup; "
            + "for n in mnt uts ipc net cgroup pid time; do readlink /proc/self/ns/$n; done; hostname; env | sort; pwd";
        Detach(
            "web", $"{{ {Look}; }} > /tmp/first; exec sleep 1000",
            "-WorkingDirectory /tmp -User 7:8 -AdditionalGroup 9 -Umask 027 -OomScoreAdjustment 300 -Ulimit @{ nofile = '100:200' } -Environment @{ A = '1' } -Hostname me -AddCapability SYS_TIME -DropCapability CHOWN");
        Eventually(() => Ok("Invoke-ContainerCommand web tail '-n' 1 /tmp/first").Lines is ["/tmp"], () => "no /tmp/first");
        IReadOnlyList<string> first = Ok("Invoke-ContainerCommand web cat /tmp/first").Lines;
        IReadOnlyList<string> further = Ok("Invoke-ContainerCommand web sh '-c' $args[0]", Look).Lines;
        Assert.Equal(first.Where(line => !line.StartsWith("SHLVL", StringComparison.Ordinal)), further.Where(line => !line.StartsWith("SHLVL", StringComparison.Ordinal)));
    }

    [SkippableFact]
    public void User_directory_and_variables_can_be_its_own()
    {
        Detach("web", parameters: "-Environment @{ A = '1'; B = '1' }");
        Ok("Invoke-ContainerCommand web sh '-c' 'mkdir -p /etc; echo \"me:x:77:78::/home/me:/bin/sh\" >> /etc/passwd; echo \"team:x:79:me\" >> /etc/group'");
        Assert.Equal(
            ["77:78 78 79", "/tmp", "1 2", "/home/me"],
            Ok("Invoke-ContainerCommand web -User me -WorkingDirectory /tmp -Environment @{ B = '2' } -Command sh, '-c', 'echo $(id -u):$(id -g) $(id -G); pwd; echo $A $B; echo $HOME'").Lines);
        Assert.Equal(["5:6"], Ok("Invoke-ContainerCommand web -User 5:6 -Command sh, '-c', 'echo $(id -u):$(id -g)'").Lines);
    }

    [SkippableFact]
    public void Privileged_lifts_capabilities_and_nothing_else()
    {
        Detach("web");
        IReadOnlyList<string> lines = Ok("Invoke-ContainerCommand web -Privileged -Command sh, '-c', 'grep -E \"CapEff|Seccomp:\" /proc/self/status; mkdir -p /m; mount -t tmpfs none /m 2>/dev/null || echo refused'").Lines;
        Assert.Contains("Seccomp:\t2", lines); // As with docker: what the container's profile forbids stays forbidden.
        Assert.Contains("refused", lines);
        Assert.Equal(
            Ok("Invoke-ContainerImage busybox -RemoveOnExit -Privileged -Command grep, CapEff, /proc/self/status").Lines,
            lines.Where(line => line.StartsWith("CapEff", StringComparison.Ordinal)));
        Detach("open", parameters: "-SeccompProfile unconfined");
        Assert.Equal(["mounted"], Ok("Invoke-ContainerCommand open -Privileged -Command sh, '-c', 'mkdir -p /m; mount -t tmpfs none /m && echo mounted'").Lines);
        Assert.Equal(["no"], Ok("Invoke-ContainerCommand web -Command sh, '-c', 'mount -t tmpfs none /m 2>/dev/null || echo no'").Lines);
    }

    [SkippableFact]
    public void Several_containers_are_done_one_after_the_other()
    {
        Detach("web1");
        Detach("web2");
        Assert.Equal(["web1", "web2"], Ok("Get-Container web? | Sort-Object Name | Invoke-ContainerCommand -Command sh, '-c', 'echo $NAME' -Environment NAME=x | Out-Null; 'web1', 'web2' | ForEach-Object { Invoke-ContainerCommand $_ sh '-c' \"echo $_\" }").Lines);
        Assert.Equal(2, Ok("Invoke-ContainerCommand web? hostname").Lines.Distinct().Count());
        Fails("InputForSeveralContainers", "'x' | Invoke-ContainerCommand web? cat");
    }

    [SkippableTheory]
    [InlineData("CommandNotFound", "nosuchprogram")]
    [InlineData("CommandNotFound", "/bin/nosuchprogram")]
    [InlineData("CommandNotExecutable", "/etc/hostname")]
    [InlineData("CommandNotExecutable", "/bin")]
    [InlineData("UserNotFound", "true -User nosuchuser")]
    [InlineData("GroupNotFound", "true -User 0:nosuchgroup")]
    [InlineData("WorkingDirectoryNotUsable", "true -WorkingDirectory /nosuchdirectory")]
    [InlineData("InvalidWorkingDirectory", "true -WorkingDirectory tmp")]
    [InlineData("CommandEmpty", "''")]
    [InlineData("InvalidCharacter", "echo \"a`0b\"")]
    public void What_cannot_run_is_said_and_leaves_nothing(string errorId, string arguments)
    {
        Detach("web");
        Fails(errorId, "Invoke-ContainerCommand web " + arguments);
        string run = Path.Combine(Host.Shell.RunRoot, "containers", Get("web", "Id"), "exec");
        Assert.False(Directory.Exists(run) && Directory.EnumerateFileSystemEntries(run).Any(), "a record is left in " + run);
        Assert.Equal(["still"], Ok("Invoke-ContainerCommand web echo still").Lines);
    }

    [SkippableFact]
    public void A_container_that_does_not_run_is_refused()
    {
        Ok("$null = New-Container busybox -Name idle -Command sleep, 1000");
        Fails("ContainerNotRunning", "Invoke-ContainerCommand idle true");
        Fails("ContainerNotFound", "Invoke-ContainerCommand nosuch true");
        Detach("web");
        Ok("Suspend-Container web");
        Fails("ContainerPaused", "Invoke-ContainerCommand web true");
        Ok("Resume-Container web");
        Ok("Invoke-ContainerCommand web true");
        Detach("again", "exit 1", "-RestartPolicy Always");
        AwaitState("again", "Restarting");
        ScriptResult result = Run("Invoke-ContainerCommand again true");
        Assert.Contains(Assert.Single(result.Errors).FullyQualifiedErrorId.Split(',')[0], new[] { "ContainerRestarting", "ContainerNotRunning" });
    }

    [SkippableFact]
    public void A_pipeline_that_wants_no_more_ends_the_program()
    {
        Detach("web");
        Stopwatch time = Stopwatch.StartNew();
        Assert.Equal(["y"], Ok("Invoke-ContainerCommand web yes | Select-Object -First 1").Lines);
        Assert.Equal(["1"], Ok("Invoke-ContainerCommand web sh '-c' 'trap \"\" TERM PIPE; echo 1; while true; do sleep 0.1; done' | Select-Object -First 1").Lines);
        Assert.True(time.Elapsed.TotalSeconds < 4, $"It took {time.Elapsed}.");
        Eventually(() => Inside("web").All(line => !line.Contains("yes", StringComparison.Ordinal) && !line.Contains("trap", StringComparison.Ordinal)),
            () => string.Join('\n', Inside("web")), 3);
    }

    [SkippableFact]
    public void The_end_of_the_container_ends_the_program()
    {
        Detach("web", "sleep 1; exit 5");
        ScriptResult result = Ok("Invoke-ContainerCommand web sleep 1000");
        Assert.Equal(137, result.LastExitCode);
        AwaitState("web", "Exited");
    }

    [SkippableFact]
    public void What_a_program_leaves_in_the_background_does_not_hold_the_pipeline()
    {
        Detach("web");
        Stopwatch time = Stopwatch.StartNew();
        Assert.Equal(["done"], Ok("Invoke-ContainerCommand web sh '-c' 'sleep 1000 & echo done'").Lines);
        Assert.True(time.Elapsed.TotalSeconds < 5, $"It took {time.Elapsed}.");
    }

    private IReadOnlyList<string> Inside(string name) => Ok($"Invoke-ContainerCommand {name} ps '-o' 'pid,args'").Lines;
}
