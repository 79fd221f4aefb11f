using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Observing;

/// <summary>The log driver Journald with systemd's own journal, in a mount namespace where it is the host's.</summary>
public sealed class JournalTests(ContainerHostFixture host) : LifecycleTest(host)
{
    private const string Journal = "/lib/systemd/systemd-journald";

    // It ends with the session, whatever that ends by.
    private const string Prepare = $"""
        mount --make-rprivate /
        mount -t tmpfs none /run
        mkdir -p /run/systemd/journal /run/log/journal
        setpriv --pdeathsig KILL {Journal} 2>/dev/null &
        i=0; while [ ! -S /run/systemd/journal/socket ]; do i=$((i+1)); [ $i -lt 200 ]; sleep 0.05; done
        """;

    private string[] InJournal(string script)
    {
        Run("1");
        Skip.IfNot(File.Exists(Journal) && File.Exists("/usr/bin/journalctl") && File.Exists("/usr/bin/setpriv"), "systemd's journal is not installed");
        using OtherSession session = new(Host, script, Prepare);
        string[] lines = session.Finish(60);
        Assert.Equal("", session.Errors);
        return lines;
    }

    [SkippableFact]
    public void What_went_to_the_journal_is_read_back_whole()
    {
        string[] lines = InJournal("""
            $null = Invoke-ContainerImage busybox -Detach -Name j -LogDriver Journald -LogOption @{ tag = 'mine' } -Command sh, '-c',
                'echo out; sleep 0.1; echo err >&2; sleep 0.1; printf "%020000d\n" 7; printf "b\377d\n"; echo; printf rest'
            $null = Wait-Container j -Timeout 30
            Get-ContainerLog j | ForEach-Object { "$($_.Container) $($_.Stream) $($_.Line.Length) $($_.Line.TrimStart('0'))" }
            'tail ' + (Get-ContainerLog j -Tail 2 -Raw) -join ','
            'stderr ' + (Get-ContainerLog j -Stream Stderr -Raw)
            'since ' + @(Get-ContainerLog j -Since ([DateTimeOffset]::Now.AddSeconds(5))).Count
            'age ' + [int]([DateTimeOffset]::Now - (Get-ContainerLog j)[0].Time).TotalMinutes
            'tag ' + @(journalctl --quiet CONTAINER_TAG=mine -o cat).Count
            """);
        Assert.Equal(
            ["j Stdout 3 out", "j Stderr 3 err", "j Stdout 20000 7", "j Stdout 3 b\ufffdd", "j Stdout 0", "j Stdout 4 rest", "tail  rest", "stderr err", "since 0", "age 0"],
            lines[..^1]);
        Assert.StartsWith("tag ", lines[^1], StringComparison.Ordinal);
    }

    [SkippableFact]
    public void It_is_followed_to_the_end_beside_others_and_waited_for()
    {
        string[] lines = InJournal("""
            $null = Invoke-ContainerImage busybox -Detach -Name j -LogDriver Journald -Command sh, '-c', 'i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo j $i; [ $((i % 50)) -eq 0 ] && sleep 0.2; done'
            $null = Invoke-ContainerImage busybox -Detach -Name k -Command sh, '-c', 'for i in 1 2 3; do echo k $i; sleep 0.1; done'
            Get-ContainerLog j, k -Follow -Raw
            $null = Invoke-ContainerImage busybox -Detach -Name w -LogDriver Journald -Command sh, '-c', 'sleep 0.3; echo now ready; sleep 1000'
            (Wait-Container w -LogPattern 'ready' -Timeout 20).Name
            Remove-Container w -Force
            """);
        Assert.Equal(Enumerable.Range(1, 300).Select(i => $"j {i}"), lines.Where(line => line[0] == 'j'));
        Assert.Equal(["k 1", "k 2", "k 3"], lines.Where(line => line[0] == 'k'));
        Assert.Equal("w", lines[^1]);
    }

    [SkippableFact]
    public void What_others_say_is_a_container_is_not_believed()
    {
        Skip.IfNot(File.Exists("/usr/bin/logger"), "logger is not installed");
        string[] lines = InJournal("""
            $id = (Invoke-ContainerImage busybox -Detach -Name j -LogDriver Journald -Command echo, true).Id
            $null = Wait-Container j -Timeout 30
            "MESSAGE=forged`nCONTAINER_ID_FULL=$id`nPRIORITY=6" | setpriv --reuid 65534 --regid 65534 --clear-groups logger --journald
            journalctl --sync
            Get-ContainerLog j -Raw
            journalctl --quiet -o cat CONTAINER_ID_FULL=$id | Sort-Object
            """);
        Assert.Equal(["true", "forged", "true"], lines);
    }
}
